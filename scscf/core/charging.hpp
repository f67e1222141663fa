#pragma once
#include "common/base/random.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/sip/message/message.hpp"

#include <optional>
#include <string>
#include <string_view>

// P-Charging-Vector and P-Charging-Function-Addresses (TS 24.229 4.5, 7.2A.5).
namespace ims::scscf {

// Between P-CSCF and S-CSCF the operator's name carries the prefix "Type 1", between home networks none, and
// "Type 3" between S-CSCF and application server (7.2A.5.2.1).
enum class IoiType { VisitedToHome, HomeToHome, HomeToServer };

// What a request came with, to be put back into its responses.
struct ChargingVector {
    std::optional<std::string> icid;
    std::optional<std::string> orig_ioi;
    // What kind of neighbour it came from, as its orig-ioi says.
    std::optional<IoiType> type() const;
    std::string_view operator_name() const;  // of the orig-ioi, without the prefix; empty if there is none
};
ChargingVector charging_of(const sip::Message& request);

// 4.5.4: own orig-ioi instead of the received one, no term-ioi, no transit-ioi; an icid is made where there
// is none.
void charge_request(sip::Message& request, IoiType type, std::string_view ioi, Random& random);
// A request of our own, which has no vector yet.
void charge_own_request(sip::Message& request, IoiType type, std::string_view ioi, std::string_view icid);
// 4.5.4: the request's icid and orig-ioi, own term-ioi of the type the orig-ioi has; `type` where there was
// none.
void charge_response(sip::Message& response, const ChargingVector& request, IoiType type,
                     std::string_view ioi);
// 4.5.3: access-network-charging-info stays in the own network.
void remove_access_charging(sip::Message& message);
// 4.4, 4.5.3: where a user is, and how his access is charged, neither the other user nor his network learns.
void remove_access(sip::Message& message);
// Is there perhaps something that remove_access() would take away?
bool may_tell_access(const sip::Message& message);

// 4.5.5 from the HSS's Charging-Information; false if it names no function.
bool add_charging_functions(sip::Message& message, const cx::ChargingInformation& charging);

}  // namespace ims::scscf
