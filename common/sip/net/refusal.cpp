#include "common/sip/net/refusal.hpp"

#include "common/base/text.hpp"

#include <array>
#include <cstdint>

namespace ims::sip {

namespace {

std::string to_tag(const Message& request) {
    std::string key{request.call_id()};
    key += request.top_via().branch();
    std::uint64_t h = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : key) h = (h ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    std::array<std::uint8_t, 8> octets{};
    for (auto& o : octets) {
        o = static_cast<std::uint8_t>(h);
        h >>= 8;
    }
    return hex(octets);
}

std::optional<std::string> answer(const Message& request, int status, std::string_view reason) {
    if (!request.is_request() || request.method() == Method::Ack) return std::nullopt;
    return Message::response(request, status, reason, to_tag(request)).serialize();
}

}  // namespace

std::optional<std::string> refusal(std::string_view head, int status, std::string_view reason) {
    // The body is missing on purpose: without a Content-Length the head is a whole message.
    const auto parsed = Message::parse(head);
    if (parsed) return answer(*parsed, status, reason);
    const auto& failure = parsed.error();
    if (!failure.answerable || !failure.partial) return std::nullopt;
    return answer(*failure.partial, status, reason);
}

std::size_t count_header_lines(std::string_view message, std::size_t limit) {
    std::size_t lines = 0;
    std::size_t at = message.find('\n');  // ends the start line
    while (at != std::string_view::npos && lines <= limit) {
        const auto next = message.find('\n', at + 1);
        if (next == std::string_view::npos) return lines + (at + 1 < message.size() ? 1 : 0);
        if (next - at <= 2 && trim(message.substr(at + 1, next - at - 1)).empty()) return lines;
        ++lines;
        at = next;
    }
    return lines;
}

bool is_keepalive(std::string_view datagram) {
    for (const char c : datagram)
        if (c != '\r' && c != '\n' && c != ' ' && c != '\0') return false;
    return true;
}

}  // namespace ims::sip
