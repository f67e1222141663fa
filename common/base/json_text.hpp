#pragma once
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace ims {

// A JSON string with its quotes. JSON is UTF-8, what peers send need not be: octets that are none become
// U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Writes JSON behind a text, member by member and without a tree in between: for what is written often.
//
//   JsonText json{out};
//   json.begin_object().member("token", token).member("reg_id", 1);
//   json.begin_array("peers").text(a).text(b).end_array();
//   json.end_object();
class JsonText {
  public:
    explicit JsonText(std::string& out) : out_{&out} {}

    JsonText& begin_object() { return begin('{'); }
    JsonText& begin_object(std::string_view name) { return named(name).begin('{'); }
    JsonText& end_object() { return end('}'); }
    JsonText& begin_array() { return begin('['); }
    JsonText& begin_array(std::string_view name) { return named(name).begin('['); }
    JsonText& end_array() { return end(']'); }

    JsonText& text(std::string_view value) {
        comma();
        append_json_string(*out_, value);
        return *this;
    }
    template <std::integral T>
    JsonText& value(T value) {
        comma();
        if constexpr (std::same_as<T, bool>) {
            out_->append(value ? "true" : "false");
        } else {
            char digits[24];
            const auto [behind, error] = std::to_chars(digits, digits + sizeof digits, value);
            out_->append(digits, behind);
        }
        return *this;
    }
    JsonText& json(std::string_view value) {  // JSON already
        comma();
        out_->append(value);
        return *this;
    }

    // `name` is ours: it stands as it is.
    JsonText& member(std::string_view name, std::string_view value) { return named(name).text(value); }
    template <std::integral T>
    JsonText& member(std::string_view name, T value) {
        return named(name).value(value);
    }
    JsonText& named(std::string_view name) {
        comma();
        out_->append(1, '"').append(name).append("\":");
        return *this;
    }

  private:
    JsonText& begin(char c) {
        comma();
        out_->push_back(c);
        return *this;
    }
    JsonText& end(char c) {
        out_->push_back(c);
        return *this;
    }
    // Whatever ends a value is none of these, which begin one.
    void comma() {
        if (out_->empty()) return;
        const char last = out_->back();
        if (last != '{' && last != '[' && last != ':' && last != ' ' && last != '\n') out_->push_back(',');
    }

    std::string* out_;
};

}  // namespace ims
