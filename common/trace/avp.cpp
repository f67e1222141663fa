#include "common/trace/avp.hpp"

#include <algorithm>

namespace ims::trace {

namespace {

constexpr std::size_t message_head = 20;
constexpr std::uint8_t request_flag = 0x80, vendor_flag = 0x80;

std::uint32_t number(std::string_view octets, std::size_t at, std::size_t count) {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < count; ++i) n = n << 8 | static_cast<std::uint8_t>(octets[at + i]);
    return n;
}

}  // namespace

std::optional<DiameterHead> diameter_head(std::string_view message) {
    if (message.size() < message_head || message[0] != 1) return std::nullopt;
    return DiameterHead{(static_cast<std::uint8_t>(message[4]) & request_flag) != 0, number(message, 5, 3),
                        number(message, 8, 4), number(message, 12, 4)};
}

void each_avp_of_message(std::string_view message, const std::function<void(const Avp&)>& f) {
    if (diameter_head(message)) each_avp(message.substr(message_head), f);
}

void each_avp(std::string_view avps, const std::function<void(const Avp&)>& f) {
    while (avps.size() >= 8) {
        const bool has_vendor = (static_cast<std::uint8_t>(avps[4]) & vendor_flag) != 0;
        const std::size_t head = has_vendor ? 12 : 8;
        const std::size_t length = number(avps, 5, 3);
        if (length < head || length > avps.size()) return;
        f({number(avps, 0, 4), has_vendor ? number(avps, 8, 4) : 0, avps.substr(head, length - head)});
        avps.remove_prefix(std::min(avps.size(), (length + 3) / 4 * 4));
    }
}

}  // namespace ims::trace
