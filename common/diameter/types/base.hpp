#pragma once
#include "common/base/ip.hpp"
#include "common/diameter/types/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// Commands of the Diameter base protocol (RFC 6733 5) as plain structs; members are the AVPs' names.
namespace ims::diameter {

constexpr std::uint32_t common_messages = 0;  // Application-Id of the base protocol
constexpr std::uint32_t relay_application = 0xffffffff;

struct VendorSpecificApplicationId {  // RFC 6733 6.11
    std::uint32_t vendor_id = 0;
    std::optional<std::uint32_t> auth_application_id;
    std::optional<std::uint32_t> acct_application_id;
    bool operator==(const VendorSpecificApplicationId&) const = default;
};

enum class InbandSecurityId : std::uint32_t { NoInbandSecurity = 0, Tls = 1 };  // RFC 6733 6.10
enum class DisconnectCause : std::uint32_t { Rebooting = 0, Busy = 1, DoNotWantToTalkToYou = 2 };  // 5.4.3

struct CapabilitiesExchangeRequest {  // 5.3.1
    std::string origin_host, origin_realm;
    std::vector<IpAddress> host_ip_address;
    std::uint32_t vendor_id = 0;
    std::string product_name;
    std::optional<std::uint32_t> origin_state_id;
    std::vector<std::uint32_t> supported_vendor_id;
    std::vector<std::uint32_t> auth_application_id;
    std::vector<std::uint32_t> inband_security_id;
    std::vector<std::uint32_t> acct_application_id;
    std::vector<VendorSpecificApplicationId> vendor_specific_application_id;
    std::optional<std::uint32_t> firmware_revision;
    bool operator==(const CapabilitiesExchangeRequest&) const = default;
};
struct CapabilitiesExchangeAnswer {  // 5.3.2
    ResultCode result_code = ResultCode::UnableToComply;
    CapabilitiesExchangeRequest capabilities;  // the same AVPs, of the answering node
    std::optional<std::string> error_message;
    bool operator==(const CapabilitiesExchangeAnswer&) const = default;
};
struct DisconnectPeerRequest {  // 5.4.1
    std::string origin_host, origin_realm;
    DisconnectCause disconnect_cause = DisconnectCause::Rebooting;
    bool operator==(const DisconnectPeerRequest&) const = default;
};
struct DisconnectPeerAnswer {  // 5.4.2
    ResultCode result_code = ResultCode::Success;
    std::string origin_host, origin_realm;
    bool operator==(const DisconnectPeerAnswer&) const = default;
};
struct DeviceWatchdogRequest {  // 5.5.1
    std::string origin_host, origin_realm;
    std::optional<std::uint32_t> origin_state_id;
    bool operator==(const DeviceWatchdogRequest&) const = default;
};
struct DeviceWatchdogAnswer {  // 5.5.2
    ResultCode result_code = ResultCode::Success;
    std::string origin_host, origin_realm;
    std::optional<std::uint32_t> origin_state_id;
    bool operator==(const DeviceWatchdogAnswer&) const = default;
};

using BaseCommand =
    std::variant<CapabilitiesExchangeRequest, CapabilitiesExchangeAnswer, DisconnectPeerRequest,
                 DisconnectPeerAnswer, DeviceWatchdogRequest, DeviceWatchdogAnswer>;

// RFC 6733 7.2: an answer with the E bit, or one whose Result-Code is a protocol error (3xxx): it has none of
// its command's own AVPs.
struct ErrorAnswer {
    ResultCode result_code = ResultCode::UnableToComply;
    std::string origin_host, origin_realm;
    std::optional<std::string> error_message;
    std::vector<std::string> redirect_host;  // DiameterURIs, 6.12
    bool operator==(const ErrorAnswer&) const = default;
};

}  // namespace ims::diameter
