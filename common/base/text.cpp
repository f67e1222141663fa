#include "common/base/text.hpp"

#include <algorithm>

namespace ims {

bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    if (a == b) return true;  // as nearly everybody writes it
    return std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool istarts_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::string to_lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string_view trim(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    if (digits.empty()) return std::nullopt;
    constexpr std::size_t always_fit = 19;
    std::uint64_t n = 0;
    for (const char c : digits) {
        if (!is_digit(c)) return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (digits.size() > always_fit && n > (UINT64_MAX - digit) / 10) return std::nullopt;
        n = n * 10 + digit;
    }
    return n;
}

std::string hex(std::span<const std::uint8_t> octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(octets.size() * 2, '\0');
    auto at = out.begin();
    for (const auto octet : octets) {
        *at++ = digits[octet >> 4];
        *at++ = digits[octet & 15];
    }
    return out;
}

namespace {

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<Octets> unhex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Octets out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return out;
}

std::string base64(std::span<const std::uint8_t> octets) {
    std::string out;
    out.reserve((octets.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        const std::size_t n = std::min<std::size_t>(3, octets.size() - i);
        std::uint32_t group = static_cast<std::uint32_t>(octets[i]) << 16;
        if (n > 1) group |= static_cast<std::uint32_t>(octets[i + 1]) << 8;
        if (n > 2) group |= octets[i + 2];
        out += base64_alphabet[group >> 18];
        out += base64_alphabet[(group >> 12) & 63];
        out += n > 1 ? base64_alphabet[(group >> 6) & 63] : '=';
        out += n > 2 ? base64_alphabet[group & 63] : '=';
    }
    return out;
}

std::optional<Octets> unbase64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    Octets out;
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        std::uint32_t group = 0;
        int padding = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const char c = text[i + j];
            group <<= 6;
            if (c == '=' && last && j >= 2) {
                ++padding;
                continue;
            }
            const auto value = base64_alphabet.find(c);
            if (padding > 0 || value == std::string_view::npos) return std::nullopt;
            group |= static_cast<std::uint32_t>(value);
        }
        out.push_back(static_cast<std::uint8_t>(group >> 16));
        if (padding < 2) out.push_back(static_cast<std::uint8_t>(group >> 8));
        if (padding < 1) out.push_back(static_cast<std::uint8_t>(group));
    }
    return out;
}

}  // namespace ims
