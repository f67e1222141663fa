#pragma once
#include "common/sip/message/params.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

// ---- eight octets at a time

inline constexpr std::uint64_t each_octet = 0x0101010101010101;

inline std::uint64_t eight_octets(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    if constexpr (std::endian::native == std::endian::big) {  // the first octet is the lowest everywhere
        word = (word & 0x00FF00FF00FF00FF) << 8 | (word >> 8 & 0x00FF00FF00FF00FF);
        word = (word & 0x0000FFFF0000FFFF) << 16 | (word >> 16 & 0x0000FFFF0000FFFF);
        word = word << 32 | word >> 32;
    }
    return word;
}

// The first octet below SP, which CR and LF are, or the end.
inline const char* first_control(const char* at, const char* end) {
    // An octet from which SP can be taken without its highest bit being set afterwards is none. Others may be
    // one: a borrow, and what is not ASCII, look like it.
    constexpr auto highest = each_octet * 0x80;
    constexpr auto without_sp = std::uint64_t{0} - each_octet * ' ';
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
    const char* found = nullptr;
    const auto among_eight = [&](const char* from) {
        for (auto marks = (eight_octets(from) + without_sp) & highest; marks != 0; marks &= marks - 1) {
            found = from + std::countr_zero(marks) / 8;
            if (control(*found)) return true;
        }
        return false;
    };
    for (; end - at >= 32; at += 32) {
        const auto any = (eight_octets(at) + without_sp) | (eight_octets(at + 8) + without_sp) |
                         (eight_octets(at + 16) + without_sp) | (eight_octets(at + 24) + without_sp);
        if ((any & highest) == 0) continue;
        if (among_eight(at) || among_eight(at + 8) || among_eight(at + 16) || among_eight(at + 24))
            return found;
    }
    for (; end - at >= 8; at += 8)
        if (among_eight(at)) return found;
    while (at != end && !control(*at)) ++at;
    return at;
}

inline bool has_line_break(std::string_view text) {
    const auto* const end = text.data() + text.size();
    for (const auto* at = first_control(text.data(), end); at != end; at = first_control(at + 1, end))
        if (is(*at, LineBreak)) return true;
    return false;
}

// The first ':', or the end.
inline const char* first_colon(const char* at, const char* end) {
    for (; end - at >= 8; at += 8) {
        const auto other = eight_octets(at) ^ (each_octet * ':');
        const auto marks = (other - each_octet) & ~other & (each_octet * 0x80);  // its lowest is right
        if (marks != 0) return at + std::countr_zero(marks) / 8;
    }
    while (at != end && *at != ':') ++at;
    return at;
}

// A port of at most five digits at `at`, which moves behind them; nothing if it is none.
inline std::optional<std::uint16_t> take_port(const char*& at, const char* end) {
    constexpr std::ptrdiff_t most_digits = 5;
    std::uint32_t port = 0;
    const auto* const digits = at;
    for (; at != end && *at >= '0' && *at <= '9' && at - digits < most_digits; ++at)
        port = port * 10 + static_cast<std::uint32_t>(*at - '0');
    if (at == digits || port > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(port);
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
