#include "common/ims/xml.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace ims::xml {

namespace {

constexpr auto needs_care = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
    for (const unsigned char c : {'&', '<', '>', '"'}) table[c] = true;
    return table;
}();

// How many of the next eight characters need no care, looking at all of them at once. '"' and '&' differ in
// one bit, '<' and '>' in another. The first character is the lowest octet: for little-endian processors.
std::size_t careless_of_eight(const char* text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::uint64_t eight = 0;
    std::memcpy(&eight, text, 8);
    // Marks the octets that are zero; further ones only above the first.
    const auto zeros = [](std::uint64_t v) { return (v - ones) & ~v & (ones << 7); };
    const auto marks = zeros(eight & ones * 0xe0) | zeros((eight & ones * 0xfb) ^ ones * '"') |
                       zeros((eight & ones * 0xfd) ^ ones * '<');
    return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

void escape(char c, std::string& out) {
    switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        // XML 1.0 2.2: of the control characters only these three are characters.
        case '\t':
        case '\n':
        case '\r': out += c; break;
        default: break;
    }
}

}  // namespace

void escape(std::string_view text, std::string& out) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        while (std::endian::native == std::endian::little && text.size() - i >= 8) {
            const auto careless = careless_of_eight(text.data() + i);
            i += careless;
            if (careless < 8) break;
        }
        if (i == text.size()) break;
        if (!needs_care[static_cast<unsigned char>(text[i])]) continue;
        out += text.substr(begin, i - begin);
        escape(text[i], out);
        begin = i + 1;
    }
    out += text.substr(begin);
}

Result<pugi::xml_document, XmlError> parse(std::string_view text) {
    pugi::xml_document document;
    const auto result =
        document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!result) return XmlError{static_cast<std::size_t>(result.offset), result.description()};
    return document;
}

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
    for (const auto& node : parent.children())
        if (local_name(node) == name) return node;
    return {};
}

std::string_view text_of(const pugi::xml_node& node) {
    return trim(node.child_value());
}

pugi::xml_node extended_child(const pugi::xml_node& parent, std::string_view name) {
    for (pugi::xml_node level = parent; level; level = child(level, "Extension"))
        if (const auto found = child(level, name)) return found;
    return {};
}

}  // namespace ims::xml
