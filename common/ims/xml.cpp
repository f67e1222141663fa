#include "common/ims/xml.hpp"

#include <array>

namespace ims::xml {

namespace {

constexpr auto needs_care = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
    for (const unsigned char c : {'&', '<', '>', '"'}) table[c] = true;
    return table;
}();

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
