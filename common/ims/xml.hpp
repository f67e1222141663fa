#pragma once
#include "common/base/text.hpp"
#include "common/ims/service_profile.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pugixml.hpp>

// XML as this folder reads and writes it. Private to common/ims: pugixml stops here.
namespace ims::xml {

// ---- writing: text is appended in document order

// Escaped for character data and for attribute values; characters that XML 1.0 cannot hold are left out.
void escape(std::string_view text, std::string& out);

inline constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

class Writer {
  public:
    Writer() : out_{declaration} {}
    explicit Writer(std::string begun) : out_{std::move(begun)} {}  // goes on behind this
    void open(std::string_view name) { out_.append("<").append(name).append(">"); }
    void close(std::string_view name) { out_.append("</").append(name).append(">"); }
    void empty(std::string_view name) { out_.append("<").append(name).append("/>"); }
    void leaf(std::string_view name, std::string_view text) {
        open(name);
        escape(text, out_);
        close(name);
    }
    void leaf(std::string_view name, std::uint64_t number) {
        open(name);
        append(number);
        close(name);
    }

    // "<name", then attributes, then begin_content() or end_empty().
    void begin(std::string_view name) { out_.append("<").append(name); }
    void attribute(std::string_view name, std::string_view value) {
        out_.append(" ").append(name).append("=\"");
        escape(value, out_);
        out_.append("\"");
    }
    void attribute(std::string_view name, std::uint64_t number) {
        out_.append(" ").append(name).append("=\"");
        append(number);
        out_.append("\"");
    }
    void begin_content() { out_.append(">"); }
    void end_empty() { out_.append("/>"); }
    void text(std::string_view t) { escape(t, out_); }
    void raw(std::string_view xml) { out_.append(xml); }

    std::string take() { return std::move(out_); }

  private:
    void append(std::uint64_t number) {
        std::array<char, 20> digits{};
        const auto* end = std::to_chars(digits.begin(), digits.end(), number).ptr;
        out_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    }

    std::string out_;
};

// ---- reading: names without their prefix, texts trimmed

// Parses without a document type: pugixml skips it, and no entity but XML's own five is ever expanded.
Result<pugi::xml_document, XmlError> parse(std::string_view text);

std::string_view local_name(const pugi::xml_node& node);
pugi::xml_node child(const pugi::xml_node& parent, std::string_view name);
std::string_view text_of(const pugi::xml_node& node);
// The first element of that name in the node or in its nested Extension elements (29.228 Annex E: each
// release adds a level).
pugi::xml_node extended_child(const pugi::xml_node& parent, std::string_view name);

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}
inline XmlError error_at(const pugi::xml_node& node, std::string what) {
    const auto offset = node.offset_debug();
    return {offset < 0 ? 0 : static_cast<std::size_t>(offset), std::move(what)};
}

template <class Function>
void for_each_child(const pugi::xml_node& parent, std::string_view name, Function function) {
    for (const auto& node : parent.children())
        if (local_name(node) == name) function(node);
}

}  // namespace ims::xml
