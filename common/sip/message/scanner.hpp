#pragma once
#include "common/sip/message/params.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Reading text by the character classes of RFC 3261 25.1. Private to this folder.
namespace ims::sip::scan {

enum Class : std::uint16_t {
    Token = 1,             // token
    Space = 2,             // SP, HTAB, and CR and LF, which only folds can bring into a value
    NotInUri = 4,          // controls, SP, DEL, <, >, "
    UriUser = 8,           // unreserved and user-unreserved: needs no escape in the user part
    Host = 16,             // hostname, and the underscore and plus sign some networks have in it
    Ipv6 = 32,             // inside an IPv6reference
    EndsParam = 64,        // ends an unquoted parameter value
    NotPlainQuoted = 128,  // inside a quoted-string: its end, an escape, a fold
    EndsAddrSpec = 256,    // ends a URI without <> around it
    EndsUriParam = 512,    // ends a parameter of a URI
    MayEndValue = 1024,    // in a comma separated list: a comma, or what may hide one
    LineBreak = 2048,      // CR, LF
    EndsToken68 = 4096,    // ends credentials of a scheme other than Digest
    PhoneDigit = 8192,     // RFC 3966 phonedigit-hex, "*" and "#", without separators
    PhoneMark = 16384,     // its visual separators, "+" and "%"
    MayEndParam = 32768    // a semicolon, or what may hide one
};

constexpr std::array<std::uint16_t, 256> make_classes() {
    std::array<std::uint16_t, 256> table{};
    const auto add = [&table](std::string_view characters, std::uint16_t c) {
        for (const char character : characters) {
            auto& entry = table[static_cast<unsigned char>(character)];
            entry = static_cast<std::uint16_t>(entry | c);
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
    for (std::size_t c = 0; c < 32; ++c) table[c] = static_cast<std::uint16_t>(table[c] | NotInUri);
    add(";,\"", EndsParam);
    add("\"\\\r\n", NotPlainQuoted);
    add("; \t\r\n,", EndsAddrSpec);
    add(";?", EndsUriParam);
    add(",\"<", MayEndValue);
    add("\r\n", LineBreak);
    add(" \t\r\n,\"", EndsToken68);
    add("0123456789ABCDEFabcdef*#", PhoneDigit);
    add("+-.()%", PhoneMark);
    add(";\"<", MayEndParam);
    return table;
}
inline constexpr auto classes = make_classes();

constexpr unsigned classes_of(char c) {
    return classes[static_cast<unsigned char>(c)];
}
constexpr bool is(char c, std::uint16_t any_of) {
    return (classes_of(c) & any_of) != 0;
}

// How many characters of a class the text begins with.
constexpr std::size_t length_of(std::string_view text, std::uint16_t any_of) {
    const auto* at = text.data();
    const auto* const end = at + text.size();
    while (end - at >= 4 && is(at[0], any_of) && is(at[1], any_of) && is(at[2], any_of) && is(at[3], any_of))
        at += 4;
    while (at != end && is(*at, any_of)) ++at;
    return static_cast<std::size_t>(at - text.data());
}

// The first character of a class at or after `from`; npos if there is none.
constexpr std::size_t find(std::string_view text, std::uint16_t any_of, std::size_t from = 0) {
    const auto* at = text.data() + std::min(from, text.size());
    const auto* const end = text.data() + text.size();
    // Four at a time: mostly it is far away, or nowhere.
    while (end - at >= 4 &&
           ((classes_of(at[0]) | classes_of(at[1]) | classes_of(at[2]) | classes_of(at[3])) & any_of) == 0)
        at += 4;
    for (; at != end; ++at)
        if (is(*at, any_of)) return static_cast<std::size_t>(at - text.data());
    return std::string_view::npos;
}

// Text and a place in it. Nothing here fails: the caller asks what is there and moves on, or reports the
// place.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_{text} {}

    bool done() const { return at_ == text_.size(); }
    std::size_t at() const { return at_; }
    char peek() const { return done() ? '\0' : text_[at_]; }
    std::string_view rest() const { return {text_.data() + at_, text_.size() - at_}; }
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
        auto at = at_;
        while (at < text_.size() && is(text_[at], Space)) ++at;
        if (at == text_.size() || text_[at] != c) return false;
        at_ = at + 1;
        skip_space();
        return true;
    }
    std::string_view take_while(std::uint16_t any_of) { return take(length_of(rest(), any_of)); }
    std::string_view take_until(std::uint16_t any_of) { return take(find(rest(), any_of)); }
    // The quoted-string at this place, without quotes and escapes; nothing if it does not end. The text
    // scanned where it has no escapes, else `unescaped`.
    std::optional<std::string_view> take_quoted(std::string& unescaped);

  private:
    std::string_view take(std::size_t octets) {
        const auto taken = rest().substr(0, octets);
        at_ += taken.size();
        return taken;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// In place of Params where a text is checked and nothing is kept.
struct NoParams {
    static bool add(const Param& p) {
        return p.name.size() <= Params::most_name_octets &&
               p.value.value_or(std::string_view{}).size() <= Params::most_value_octets;
    }
    static void reserve(std::size_t) {}
};

// RFC 3261 7.3.1: a fold means the same as one SP.
std::string unfold(std::string_view text);
void print_quoted(std::string_view text, std::string& out);

}  // namespace ims::sip::scan
