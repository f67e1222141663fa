#include "scscf/core/communication_service.hpp"

#include "common/base/text.hpp"
#include "common/sdp/sdp.hpp"

#include <algorithm>

namespace ims::scscf {

std::optional<std::string_view> service_by_contents(const sip::Message& request) {
    if (request.method() != sip::Method::Invite) return {};
    const auto type = request.raw(sip::HeaderId::ContentType);
    if (!type || !istarts_with(*type, "application/sdp")) return {};
    const auto offer = sdp::Session::parse(request.body());
    if (!offer) return {};
    const bool telephony = std::any_of(offer->media.begin(), offer->media.end(), [](const sdp::Media& m) {
        return m.type == "audio" || m.type == "video";
    });
    if (!telephony) return {};
    return mmtel;
}

}  // namespace ims::scscf
