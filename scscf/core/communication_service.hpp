#pragma once
#include "common/sip/message/message.hpp"

#include <optional>
#include <string_view>

namespace ims::scscf {

// Which IMS communication service a request belongs to by its contents (24.229 5.4.3.2 step 4D, 5.4.3.3 step
// 3D), as its ICSI. Known by sight is multimedia telephony (TS 24.173: an INVITE that offers audio or video);
// of other requests nothing can be said.
std::optional<std::string_view> service_by_contents(const sip::Message& request);

inline constexpr std::string_view mmtel = "urn:urn-7:3gpp-service.ims.icsi.mmtel";

}  // namespace ims::scscf
