#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Reading text by the character classes of RFC 3261 25.1. Private to this folder.
namespace ims::sip::scan {

enum Class : std::uint8_t {
    Token = 1,      // token
    Space = 2,      // SP, HTAB, and CR and LF, which only folds can bring into a value
    NotInUri = 4,   // controls, SP, DEL, <, >, "
    UriUser = 8,    // unreserved and user-unreserved: needs no escape in the user part
    Host = 16,      // hostname, and the underscore and plus sign some networks have in it
    Ipv6 = 32,      // inside an IPv6reference
    EndsParam = 64  // ends an unquoted parameter value
};

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> table{};
    const auto add = [&table](std::string_view characters, std::uint8_t c) {
        for (const char character : characters) {
            auto& entry = table[static_cast<unsigned char>(character)];
            entry = static_cast<std::uint8_t>(entry | c);
        }
    };
    constexpr std::string_view alphanumeric =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    add(alphanumeric, Token | UriUser | Host);
    add("-.!%*_+`'~", Token);
    add("-_.!~*'()&=+$,;?/", UriUser);
    add("-._+", Host);
    add("0123456789abcdefABCDEF:.", Ipv6);
    add(" \t\r\n", Space | EndsParam);
    add("<>\" \x7f", NotInUri);
    for (std::size_t c = 0; c < 32; ++c) table[c] = static_cast<std::uint8_t>(table[c] | NotInUri);
    add(";,\"", EndsParam);
    return table;
}
inline constexpr auto classes = make_classes();

constexpr bool is(char c, std::uint8_t any_of) {
    return (classes[static_cast<unsigned char>(c)] & any_of) != 0;
}

// Text and a place in it. Nothing here fails: the caller asks what is there and moves on, or reports the
// place.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_{text} {}

    bool done() const { return at_ == text_.size(); }
    std::size_t at() const { return at_; }
    char peek() const { return done() ? '\0' : text_[at_]; }
    std::string_view rest() const { return text_.substr(at_); }
    void move_to(std::size_t at) { at_ = at; }

    void skip_space() {
        while (!done() && is(text_[at_], Space)) ++at_;
    }
    bool take(char c) {
        if (done() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    // `c` with white space around it, as SEMI, EQUAL and SLASH allow.
    bool take_separator(char c) {
        const auto before = at_;
        skip_space();
        if (!take(c)) {
            at_ = before;
            return false;
        }
        skip_space();
        return true;
    }
    std::string_view take_while(std::uint8_t any_of) {
        const auto begin = at_;
        while (!done() && is(text_[at_], any_of)) ++at_;
        return text_.substr(begin, at_ - begin);
    }
    std::string_view take_until(std::uint8_t any_of) {
        const auto begin = at_;
        while (!done() && !is(text_[at_], any_of)) ++at_;
        return text_.substr(begin, at_ - begin);
    }
    // A quoted-string at this place into `out`, without quotes and escapes; false if it does not end.
    bool take_quoted(std::string& out);

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

// RFC 3261 7.3.1: a fold means the same as one SP.
std::string unfold(std::string_view text);
void print_quoted(std::string_view text, std::string& out);

}  // namespace ims::sip::scan
