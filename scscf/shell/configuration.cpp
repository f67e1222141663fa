#include "scscf/shell/configuration.hpp"

#include "common/sip/message/uri.hpp"

#include <utility>

namespace ims::runtime {

template <>
struct ConfigValue<crypto::HashAlgorithm> {
    static constexpr std::string_view expected = "MD5, SHA-256 or SHA-512-256";
    static std::optional<crypto::HashAlgorithm> parse(std::string_view text) {
        const auto algorithm = crypto::parse_digest_algorithm(text);
        if (!algorithm || algorithm->aka != 0 || algorithm->sess) return {};
        return algorithm->hash;
    }
};

}  // namespace ims::runtime

namespace ims::scscf {

namespace {

using std::chrono::seconds;

std::string sip_uri(const runtime::Section& section, std::string_view key) {
    auto text = section.require<std::string>(key);
    const auto parsed = sip::Uri::parse(text);
    if (section.has(key) && (!parsed || !parsed->is_sip()))
        section.error(key, "must be a SIP URI such as sip:scscf.ims.example:6060, not '" + text + "'");
    return text;
}

void read_authentication(const runtime::Section& own, Config& c) {
    c.accept_aka_without_integrity_protection =
        own.get<bool>("accept_aka_without_integrity_protection", c.accept_aka_without_integrity_protection);
    c.authenticate_reregistrations =
        own.get<bool>("authenticate_reregistrations", c.authenticate_reregistrations);
    c.accept_auth_done = own.get<bool>("accept_auth_done", c.accept_auth_done);
    c.reg_await_auth =
        own.get_between<seconds>("reg_await_auth", c.reg_await_auth, seconds{5}, seconds{3600});
    c.vectors_per_request =
        own.get_between<std::uint32_t>("vectors_per_request", c.vectors_per_request, 1, 32);
    c.resynchronisations = own.get_between<unsigned>("resynchronisations", c.resynchronisations, 0, 10);
    if (own.has("digest_algorithms"))
        c.digest_algorithms = own.list<crypto::HashAlgorithm>("digest_algorithms");
    c.nonce_lifetime =
        own.get_between<seconds>("nonce_lifetime", c.nonce_lifetime, seconds{10}, seconds{86'400});
    c.authenticate_requests = own.get<bool>("authenticate_requests", c.authenticate_requests);
    c.request_await_auth =
        own.get_between<seconds>("request_await_auth", c.request_await_auth, seconds{5}, seconds{3600});
    c.authenticate_digest_always = own.get<bool>("authenticate_digest_always", c.authenticate_digest_always);
}

void read_registration(const runtime::Section& own, Config& c) {
    constexpr seconds longest{4'294'967'295};
    c.min_expires = own.get_between<seconds>("min_expires", c.min_expires, seconds{1}, longest);
    c.max_expires = own.get_between<seconds>("max_expires", c.max_expires, seconds{1}, longest);
    c.default_expires = own.get_between<seconds>("default_expires", c.default_expires, seconds{1}, longest);
    if (c.max_expires < c.min_expires) own.error("max_expires", "must not be below min_expires");
    if (c.default_expires < c.min_expires) own.error("default_expires", "must not be below min_expires");
    c.max_contacts = own.get_between<std::size_t>("max_contacts", c.max_contacts, 1, 250);
    c.store_server_name = own.get<bool>("store_server_name", c.store_server_name);
    c.scscf_restoration = own.get<bool>("scscf_restoration", c.scscf_restoration);
    c.max_user_data = own.get_between<std::size_t>("max_user_data", c.max_user_data, 1024, 16'000'000);
    if (own.has("device_names")) {
        const auto text = own.require<std::string>("device_names");
        c.device_names = crypto::parse_uuid(text);
        if (!c.device_names)
            own.error("device_names", "must be a UUID such as 'uuidgen' prints, not '" + text + "'");
    }
    c.unregistered_lifetime =
        own.get_between<seconds>("unregistered_lifetime", c.unregistered_lifetime, seconds{1}, longest);
    c.max_subscription =
        own.get_between<seconds>("max_subscription", c.max_subscription, seconds{60}, longest);
    c.default_subscription =
        own.get_between<seconds>("default_subscription", c.default_subscription, seconds{60}, longest);
}

}  // namespace

Config read_config(const runtime::Section& own, const runtime::CscfCommon&) {
    Config c;
    c.server_name = sip_uri(own, "server_name");
    c.home_domain = own.require<std::string>("home_domain");
    c.domains = own.list<std::string>("domains");
    c.icscf = sip_uri(own, "icscf");
    c.ioi = own.get<std::string>("ioi", c.home_domain);
    if (own.has("trusted_peers")) c.trusted_peers = own.list<AddressRange>("trusted_peers");
    read_authentication(own, c);
    read_registration(own, c);
    c.forking = own.choice("forking", c.forking,
                           {{"parallel", Forking::Parallel}, {"sequential", Forking::Sequential}});
    c.record_route = own.get<bool>("record_route", c.record_route);
    c.unsubscribed_service = own.choice("unsubscribed_service", c.unsubscribed_service,
                                        {{"remove", Unsubscribed::Remove}, {"refuse", Unsubscribed::Refuse}});
    c.max_dialogs = own.get_between<std::size_t>("max_dialogs", c.max_dialogs, 0, 100'000'000);
    c.application_server_timeout = own.get_between<seconds>(
        "application_server_timeout", c.application_server_timeout, seconds{1}, seconds{30});
    c.no_answer = own.get_between<seconds>("no_answer", c.no_answer, seconds{1}, seconds{3600});
    return c;
}

}  // namespace ims::scscf
