#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// ASCII text: SIP, Diameter and DNS compare without case in ASCII only, whatever the locale.
namespace ims {

using Octets = std::vector<std::uint8_t>;

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);  // SP, HTAB, CR, LF at both ends

// Decimal digits only, no sign, no space; nothing if it does not fit.
std::optional<std::uint64_t> parse_number(std::string_view digits);

std::string hex(std::span<const std::uint8_t> octets);  // lower case
std::optional<Octets> unhex(std::string_view text);     // either case; nothing if odd or not hexadecimal
std::string base64(std::span<const std::uint8_t> octets);
std::optional<Octets> unbase64(std::string_view text);  // RFC 4648, padding required

inline std::span<const std::uint8_t> octets_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(std::span<const std::uint8_t> octets) {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// For maps keyed by std::string that are asked with a string_view.
struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
};

}  // namespace ims
