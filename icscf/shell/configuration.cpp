#include "icscf/shell/configuration.hpp"

#include "common/sip/message/uri.hpp"

#include <utility>

namespace ims::icscf {

namespace {

std::string sip_uri(const runtime::Section& section, std::string_view key) {
    auto text = section.require<std::string>(key);
    const auto parsed = sip::Uri::parse(text);
    if (section.has(key) && (!parsed || !parsed->is_sip()))
        section.error(key, "must be a SIP URI such as sip:scscf.ims.example:6060, not '" + text + "'");
    return text;
}

}  // namespace

Config read_config(const runtime::Section& own, const runtime::CscfCommon&) {
    Config c;
    c.uri = sip_uri(own, "uri");
    c.home_domain = own.require<std::string>("home_domain");
    for (const auto& each : own.sections("scscfs"))
        c.scscfs.push_back({sip_uri(each, "name"), each.list<std::uint32_t>("capabilities")});
    if (c.scscfs.empty())
        own.error("scscfs", "must name at least one S-CSCF: new users cannot be served otherwise");
    c.scscf_restoration = own.get<bool>("scscf_restoration", c.scscf_restoration);
    c.record_route = own.get<bool>("record_route", c.record_route);
    c.unknown_user_status =
        own.choice("unknown_user_status", c.unknown_user_status, {{"404", 404}, {"604", 604}});
    if (own.has("trusted_peers")) c.trusted_peers = own.list<AddressRange>("trusted_peers");
    c.scscf_patience = own.get_between<Duration>("scscf_patience", c.scscf_patience, 1s, 32s);
    return c;
}

}  // namespace ims::icscf
