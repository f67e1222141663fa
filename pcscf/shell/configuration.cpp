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

UserPolicy read_policy(const runtime::Section& own) {
    using Private = UserPolicy::PrivateNetwork;
    UserPolicy p;
    p.privileged_sender = own.get<bool>("privileged_sender", false);
    p.private_network =
        own.choice("private_network", Private::None,
                   {{"none", Private::None}, {"forward", Private::Forward}, {"insert", Private::Insert}});
    p.private_domain = own.get<std::string>("private_domain", {});
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
    c.security =
        own.choice("security", c.security, {{"required", Security::Required}, {"off", Security::Off}});
    const bool all_loopback =
        std::all_of(common.element.listen.begin(), common.element.listen.end(),
                    [](const auto& point) { return point.endpoint.address.is_loopback(); });
    if (c.security == Security::Off && !all_loopback && !own.get<bool>("security_off_beyond_loopback", false))
        own.error("security",
                  "is off and a listening address is no loopback: anybody could speak for any UE; "
                  "if that is meant, say security_off_beyond_loopback: true");
    else
        (void)own.get<bool>("security_off_beyond_loopback", false);
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

}  // namespace ims::pcscf
