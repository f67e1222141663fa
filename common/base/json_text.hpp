#pragma once
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace ims {

// A JSON string with its quotes. JSON is UTF-8, what peers send need not be: octets that are none become
// U+FFFD.
void append_json_string(std::string& out, std::string_view text);
void append_json_characters(std::string& out, std::string_view text);  // without the quotes

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
        Piece piece;
        piece.add(value);
        out_->append(piece.text());
        return *this;
    }
    JsonText& json(std::string_view value) {  // JSON already
        comma();
        out_->append(value);
        return *this;
    }

    // `name` is ours, short, and stands as it is.
    JsonText& member(std::string_view name, std::string_view value) {
        Piece piece;
        piece.add(*this, name);
        piece.add('"');
        out_->append(piece.text());
        append_json_characters(*out_, value);
        out_->push_back('"');
        return *this;
    }
    template <std::integral T>
    JsonText& member(std::string_view name, T value) {
        Piece piece;
        piece.add(*this, name);
        piece.add(value);
        out_->append(piece.text());
        return *this;
    }
    JsonText& named(std::string_view name) {
        Piece piece;
        piece.add(*this, name);
        out_->append(piece.text());
        return *this;
    }

  private:
    static constexpr std::size_t longest_name = 40;
    // What goes to the text in one go.
    class Piece {
      public:
        std::string_view text() const { return {octets_, size_}; }
        void add(char c) { octets_[size_++] = c; }
        void add(const JsonText& json, std::string_view name) {
            if (json.needs_comma()) add(',');
            add('"');
            name = name.substr(0, longest_name);
            for (const char c : name) add(c);
            add('"');
            add(':');
        }
        template <std::integral T>
        void add(T value) {
            if constexpr (std::same_as<T, bool>) {
                for (const char c : std::string_view{value ? "true" : "false"}) add(c);
            } else {
                const auto [behind, error] = std::to_chars(octets_ + size_, octets_ + sizeof octets_, value);
                size_ = static_cast<std::size_t>(behind - octets_);
            }
        }

      private:
        char octets_[longest_name + 32];
        std::size_t size_ = 0;
    };

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
    bool needs_comma() const {
        if (out_->empty()) return false;
        const char last = out_->back();
        return last != '{' && last != '[' && last != ':' && last != ' ' && last != '\n';
    }
    void comma() {
        if (needs_comma()) out_->push_back(',');
    }

    std::string* out_;
};

}  // namespace ims
