#include "common/base/json_text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ims {

namespace {

// What stands in a JSON string as it is: ASCII but for quotes, backslashes and controls.
constexpr bool is_plain(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet >= 0x20 && octet < 0x7f && c != '"' && c != '\\';
}

// How many octets at the front are plain: eight at a time as long as all of them are.
std::size_t plain_length(std::string_view text) {
    constexpr std::uint64_t each = 0x0101010101010101, highest = 0x80 * each;
    const auto has_zero = [&](std::uint64_t x) { return (x - each) & ~x & highest; };
    std::size_t plain = 0;
    while (plain + 8 <= text.size()) {
        std::uint64_t x = 0;
        std::memcpy(&x, text.data() + plain, 8);
        const auto controls = (x - 0x20 * each) & ~x & highest;
        if ((controls | (x & highest) | has_zero(x ^ ('"' * each)) | has_zero(x ^ ('\\' * each)) |
             has_zero(x ^ (0x7f * each))) != 0)
            break;
        plain += 8;
    }
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    return plain;
}

std::size_t utf8_length(
    std::string_view text) {  // of the sequence at the front; 0 if there is none (RFC 3629)
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = at(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                               : (first & 0xf0) == 0xe0         ? 3
                               : first >= 0xf0 && first <= 0xf4 ? 4
                                                                : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    const auto second = at(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto octet = static_cast<unsigned char>(c);
    switch (c) {
        case '"':
        case '\\': out.append(1, '\\').append(1, c); break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default: out.append("\\u00").append(1, digits[octet >> 4]).append(1, digits[octet & 15]);
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    append_json_characters(out, text);
    out += '"';
}

void append_json_characters(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto plain = plain_length(text);
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        const auto length = utf8_length(text);
        if (length == 1)
            append_escaped(out, text.front());
        else if (length == 0)
            out += "\xef\xbf\xbd";
        else
            out.append(text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

}  // namespace ims
