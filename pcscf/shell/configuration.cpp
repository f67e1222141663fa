#include "pcscf/shell/configuration.hpp"

#include "common/sip/message/uri.hpp"

#include <algorithm>

namespace ims::pcscf {

namespace {

void check_sip_uri(const runtime::Section& own, std::string_view key, const std::string& text) {
    const auto parsed = sip::Uri::parse(text);
    if (!parsed || !parsed->is_sip())
        own.error(key, "must be a SIP URI such as sip:icscf.ims.example:4060, not '" + text + "'");
}

const std::initializer_list<std::pair<std::string_view, Security>> security_words{
    {"required", Security::Required}, {"preferred", Security::Preferred}, {"off", Security::Off}};

IpsecConfig read_ipsec(const runtime::Section& ipsec) {
    IpsecConfig c;
    if (!ipsec.present()) return c;
    c.server_port = ipsec.get_between<std::uint16_t>("server_port", 5063, 1024, 65535);
    c.client_ports = ipsec.list<std::uint16_t>("client_ports");
    if (!ipsec.has("client_ports")) c.client_ports = {5064, 5065, 5066, 5067};
    if (c.client_ports.size() < 3)
        ipsec.error("client_ports", "three at least: a UE's registrations take turns, and two overlap");
    for (const auto port : c.client_ports)
        if (port == c.server_port || port == 5060 || port == 5061 || port < 1024)
            ipsec.error("client_ports", "must be ports of their own from 1024 on, not 5060 and 5061");
    if (!ipsec.has("transforms")) c.transforms = ipsec::all_transforms();
    for (const auto& name : ipsec.list<std::string>("transforms")) {
        const auto transform = ipsec::parse_transform(name);
        if (transform &&
            std::find(c.transforms.begin(), c.transforms.end(), *transform) != c.transforms.end())
            ipsec.error("transforms", "'" + name + "' stands there twice");
        else if (transform && transform->valid())
            c.transforms.push_back(*transform);
        else
            ipsec.error("transforms",
                        "'" + name + "' is no pair of TS 33.203 annex H, such as hmac-sha-1-96/aes-cbc");
    }
    if (c.transforms.empty()) ipsec.error("transforms", "none is left");
    c.waiting_per_address =
        ipsec.get_between<std::size_t>("waiting_per_address", c.waiting_per_address, 1, 1'000'000);
    c.largest_datagram = ipsec.get_between<std::size_t>("largest_datagram", c.largest_datagram, 500, 65000);
    c.udp_encapsulation = ipsec.get<bool>("udp_encapsulation", true);
    c.max_sets = ipsec.get_between<std::size_t>("max_sets", c.max_sets, 1, 10'000'000);
    return c;
}

UserPolicy read_policy(const runtime::Section& own) {
    using Private = UserPolicy::PrivateNetwork;
    UserPolicy p;
    p.privileged_sender = own.get<bool>("privileged_sender", false);
    p.private_network =
        own.choice("private_network", Private::None,
                   {{"none", Private::None}, {"forward", Private::Forward}, {"insert", Private::Insert}});
    p.private_domain = own.get<std::string>("private_domain", {});
    p.privileged_in_private = own.get<bool>("privileged_in_private", false);
    for (const auto& priority : own.list<std::string>("resource_priorities")) {
        // RFC 4412 3.1: namespace "." r-priority, both without a dot.
        const auto dot = priority.find('.');
        if (dot == 0 || dot == std::string::npos || dot + 1 == priority.size() ||
            priority.find('.', dot + 1) != std::string::npos)
            own.error("resource_priorities",
                      priority + " is not a namespace, a dot and a priority, as wps.1 is");
        p.resource_priorities.push_back(to_lower(priority));
    }
    if ((p.private_network == Private::None) != p.private_domain.empty())
        own.error("private_domain", "goes with private_network: forward or insert, and they with it");
    return p;
}

}  // namespace

Config read_config(const runtime::Section& own, const runtime::CscfCommon& common) {
    Config c;
    c.uri = own.get<std::string>("uri", {});
    if (!c.uri.empty()) check_sip_uri(own, "uri", c.uri);
    c.visited_network = own.require<std::string>("visited_network");
    c.ioi = own.get<std::string>("ioi", c.visited_network);
    c.entry_points = own.list<std::string>("entry_points");
    for (const auto& uri : c.entry_points) check_sip_uri(own, "entry_points", uri);
    if (own.has("trusted_peers")) c.trusted_peers = own.list<AddressRange>("trusted_peers");
    c.security = own.choice("security", c.security, security_words);
    for (const auto& policy : own.sections("access_policies"))
        c.access_policies.push_back(
            {policy.require<AddressRange>("from"), policy.choice("security", c.security, security_words)});
    c.ipsec = read_ipsec(own.section("ipsec"));
    const bool all_loopback =
        std::all_of(common.element.listen.begin(), common.element.listen.end(),
                    [](const auto& point) { return point.endpoint.address.is_loopback(); });
    if (c.security != Security::Required && !all_loopback &&
        !own.get<bool>("security_off_beyond_loopback", false))
        own.error("security",
                  "is not required and a listening address is no loopback: anybody could speak for any UE; "
                  "if that is meant, say security_off_beyond_loopback: true");
    else
        (void)own.get<bool>("security_off_beyond_loopback", false);
    c.sigcomp = own.get<bool>("sigcomp", c.sigcomp);
    c.route_mismatch = own.choice("route_mismatch", c.route_mismatch,
                                  {{"replace", RouteMismatch::Replace}, {"refuse", RouteMismatch::Refuse}});
    c.unregistered = own.choice("unregistered", c.unregistered,
                                {{"discard", Unregistered::Discard}, {"refuse", Unregistered::Refuse}});
    c.scscf_restoration = own.get<bool>("scscf_restoration", c.scscf_restoration);
    c.accept_registrations = own.get<bool>("accept_registrations", c.accept_registrations);
    c.early_media = own.get<bool>("early_media", c.early_media);
    c.subscribe_to_reg_event = own.get<bool>("subscribe_to_reg_event", c.subscribe_to_reg_event);
    c.forward_only_default_impu = own.get<bool>("forward_only_default_impu", c.forward_only_default_impu);
    if (own.has("emergency_numbers")) c.emergency_numbers = own.list<std::string>("emergency_numbers");
    for (const auto& policy : own.sections("policies")) {
        const auto text = policy.require<std::string>("identity");
        if (const auto impu = canonical_impu(text))
            c.policies.insert_or_assign(*impu, read_policy(policy));
        else
            policy.error("identity", "must be a SIP or tel URI, not '" + text + "'");
    }
    c.reg_await_auth = own.get_between<std::chrono::seconds>(
        "reg_await_auth", c.reg_await_auth, std::chrono::seconds{5}, std::chrono::seconds{3600});
    c.max_bindings = own.get_between<std::size_t>("max_bindings", c.max_bindings, 1, 100'000'000);
    return c;
}

std::optional<Compression::Config> read_sigcomp(const runtime::Section& own, const Config& config) {
    Compression::Config c;
    c.endpoint.max_compartments =
        own.get_between<std::size_t>("sigcomp_compartments", c.endpoint.max_compartments, 1, 10'000'000);
    const auto strangers = own.section("sigcomp_strangers");
    const auto cycles = [&](std::string_view key, std::uint64_t& value, std::uint64_t least) {
        value = strangers.get_between<std::uint64_t>(key, value, least, 1'000'000'000'000);
    };
    cycles("message_cycles", c.strangers.message_cycles, 16'000);  // RFC 3320 8.6, of a message of no length
    cycles("address_cycles_per_second", c.strangers.address_cycles_per_second, 1);
    cycles("cycles_per_second", c.strangers.cycles_per_second, 1);
    if (!config.sigcomp) return std::nullopt;
    return c;
}

void add_protected_points(const IpsecConfig& ipsec, std::vector<sip::ListeningPoint>& listen) {
    if (!ipsec.available()) return;
    const auto clear = listen;
    for (const auto& point : clear) {
        if (point.transport != sip::Transport::Udp && point.transport != sip::Transport::Tcp) continue;
        auto own = point;
        own.endpoint.port = ipsec.server_port;
        own.client_ports = ipsec.client_ports;
        own.largest_datagram = ipsec.largest_datagram;
        listen.push_back(std::move(own));
    }
}

}  // namespace ims::pcscf
