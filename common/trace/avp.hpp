#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

// A look at the octets of a Diameter message (RFC 6733 3, 4.1) for who traces: no dictionary, no verdicts.
// What is damaged ends where its lengths stop making sense.
namespace ims::trace {

struct DiameterHead {
    bool request = false;
    std::uint32_t command = 0, application = 0, hop_by_hop = 0;
};
std::optional<DiameterHead> diameter_head(std::string_view message);

struct Avp {
    std::uint32_t code = 0;
    std::uint32_t vendor = 0;  // 0: none
    std::string_view value;    // without padding; a view of the message
    bool is(std::uint32_t its_code, std::uint32_t its_vendor = 0) const {
        return code == its_code && vendor == its_vendor;
    }
};
constexpr std::uint32_t vendor_3gpp = 10415;

// The AVPs of a message one after the other, or of a grouped AVP's value.
void each_avp_of_message(std::string_view message, const std::function<void(const Avp&)>& f);
void each_avp(std::string_view avps, const std::function<void(const Avp&)>& f);

}  // namespace ims::trace
