#include "common/diameter/peer/capabilities.hpp"

#include "common/diameter/types/cx.hpp"

#include <algorithm>

namespace ims::diameter {

namespace {
constexpr std::uint32_t vendor_etsi = 13019;

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}
}  // namespace

CapabilitiesExchangeRequest our_capabilities(const Local& local, const std::vector<IpAddress>& addresses) {
    CapabilitiesExchangeRequest c;
    c.origin_host = local.identity;
    c.origin_realm = local.realm;
    c.host_ip_address = addresses.empty() ? std::vector{IpAddress{}} : addresses;  // at least one
    c.product_name = local.product;
    c.origin_state_id = local.origin_state_id;
    c.supported_vendor_id = {cx::vendor_3gpp, vendor_etsi};
    c.inband_security_id = {static_cast<std::uint32_t>(InbandSecurityId::NoInbandSecurity)};
    for (const auto vendor : c.supported_vendor_id)
        c.vendor_specific_application_id.push_back({vendor, cx::application_id, {}});
    return c;
}

bool advertises_relay(const CapabilitiesExchangeRequest& theirs) {
    return contains(theirs.auth_application_id, relay_application) ||
           contains(theirs.acct_application_id, relay_application);
}

ResultCode judge(const CapabilitiesExchangeRequest& theirs) {
    const auto is_cx = [](const VendorSpecificApplicationId& a) {
        return a.auth_application_id == cx::application_id || a.auth_application_id == relay_application;
    };
    const auto& vendor_specific = theirs.vendor_specific_application_id;
    const bool common = advertises_relay(theirs) ||
                        contains(theirs.auth_application_id, cx::application_id) ||
                        std::any_of(vendor_specific.begin(), vendor_specific.end(), is_cx);
    if (!common) return ResultCode::NoCommonApplication;
    // 6.10: absent means NO_INBAND_SECURITY. TLS has a port of its own here (5.1), never an upgrade.
    const auto& security = theirs.inband_security_id;
    if (!security.empty() &&
        !contains(security, static_cast<std::uint32_t>(InbandSecurityId::NoInbandSecurity)))
        return ResultCode::NoCommonSecurity;
    return ResultCode::Success;
}

}  // namespace ims::diameter
