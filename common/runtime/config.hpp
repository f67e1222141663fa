#pragma once
#include "common/base/address_range.hpp"
#include "common/base/ip.hpp"
#include "common/base/sctp_endpoint.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/sip/message/flow.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Configuration: a YAML file read once into plain structs. Reading never stops at the first mistake: each one
// is kept with its file and line, a fallback stands in, and after the last read finish() adds every key
// nobody asked for.
//
//   auto document = Document::load("scscf.yaml");
//   auto root = document.root();
//   auto own = root.section("scscf");
//   config.expires = own.get<Duration>("expires", 600s);
//   document.finish();
//   for (auto& e : document.errors()) std::cerr << e.text() << '\n';
namespace ims::runtime {

struct ConfigError {
    std::string file;
    unsigned line = 0;         // from 1; 0: the file as a whole
    std::string what;          // "unknown key 'lisen', did you mean 'listen'?"
    std::string text() const;  // "scscf.yaml:3: ..."
};

// Text of one scalar -> its type; nothing if it is none. `expected` completes "expected ...".
template <class T>
struct ConfigValue;

// "250ms", "30s", "5m", "2h", "1d"; 0 needs no unit.
std::optional<Duration> parse_duration(std::string_view text);
// An address, with a port or without (then 0), and ";transport=tcp", "tls" or "udp" (default udp):
// "192.0.2.1:5060;transport=tcp".
std::optional<sip::Target> parse_target(std::string_view text);

template <>
struct ConfigValue<std::string> {
    static constexpr std::string_view expected = "text";
    static std::optional<std::string> parse(std::string_view text) { return std::string{text}; }
};
template <>
struct ConfigValue<bool> {
    static constexpr std::string_view expected = "true or false";
    static std::optional<bool> parse(std::string_view text);
};
template <std::unsigned_integral T>
struct ConfigValue<T> {
    static constexpr std::string_view expected =
        std::numeric_limits<T>::digits <= 16 ? "a whole number from 0 to 65535" : "a whole number from 0 on";
    static std::optional<T> parse(std::string_view text) {
        const auto n = parse_number(text);
        if (!n || *n > std::numeric_limits<T>::max()) return std::nullopt;
        return static_cast<T>(*n);
    }
};
template <>
struct ConfigValue<double> {
    static constexpr std::string_view expected = "a number";
    static std::optional<double> parse(std::string_view text);
};
template <>
struct ConfigValue<Duration> {
    static constexpr std::string_view expected = "a duration such as 500ms, 30s, 5m, 2h or 1d";
    static std::optional<Duration> parse(std::string_view text) { return parse_duration(text); }
};
template <>
struct ConfigValue<std::chrono::seconds> {
    static constexpr std::string_view expected = "a duration of whole seconds such as 30s, 5m, 2h or 1d";
    static std::optional<std::chrono::seconds> parse(std::string_view text);
};
template <>
struct ConfigValue<IpAddress> {
    static constexpr std::string_view expected = "an IPv4 or IPv6 address";
    static std::optional<IpAddress> parse(std::string_view text) { return IpAddress::parse(text); }
};
template <>
struct ConfigValue<AddressRange> {
    static constexpr std::string_view expected = "an address or a range such as 192.0.2.0/24";
    static std::optional<AddressRange> parse(std::string_view text) { return AddressRange::parse(text); }
};
template <>
struct ConfigValue<IpEndpoint> {
    static constexpr std::string_view expected =
        "an address with a port, 192.0.2.1:5060 or '[2001:db8::1]:5060'";
    static std::optional<IpEndpoint> parse(std::string_view text) { return IpEndpoint::parse(text); }
};
template <>
struct ConfigValue<SctpEndpoint> {
    static constexpr std::string_view expected =
        "one or more addresses with a port, 192.0.2.1:5060, '192.0.2.1,198.51.100.1:5060' or "
        "'[2001:db8::1],192.0.2.1:5060'";
    static std::optional<SctpEndpoint> parse(std::string_view text) { return SctpEndpoint::parse(text); }
};
template <>
struct ConfigValue<sip::Target> {
    static constexpr std::string_view expected =
        "an address such as 192.0.2.1:5060 or 192.0.2.1:5060;transport=tcp";
    static std::optional<sip::Target> parse(std::string_view text) { return parse_target(text); }
};

std::string duration_text(Duration d);  // as parse_duration() reads it, in the largest unit that fits

namespace detail {
template <class T>
std::string printed(const T& value) {
    if constexpr (std::is_convertible_v<T, Duration>)
        return duration_text(value);
    else
        return std::to_string(value);
}
struct ConfigNode;
struct ConfigText;
}  // namespace detail

// A mapping of the document, or nothing where an optional section is absent: then every key of it is absent
// too and every get() gives its fallback. Cheap to copy; lives as long as its document.
class Section {
  public:
    bool present() const { return node_ != nullptr; }
    bool has(std::string_view key) const;

    template <class T>
    std::optional<T> find(std::string_view key) const {
        const auto scalar = scalar_of(key);
        if (!scalar) return std::nullopt;
        auto value = ConfigValue<T>::parse(*scalar);
        if (!value) mistyped(key, *scalar, ConfigValue<T>::expected);
        return value;
    }
    template <class T>
    T get(std::string_view key, T fallback) const {
        auto value = find<T>(key);
        return value ? std::move(*value) : std::move(fallback);
    }
    // An absent key is an error; T{} stands in.
    template <class T>
    T require(std::string_view key) const {
        if (!has(key)) missing(key);
        return get<T>(key, T{});
    }
    // Within [low, high], or an error and the fallback.
    template <class T>
    T get_between(std::string_view key, T fallback, T low, T high) const {
        auto value = get<T>(key, fallback);
        if (value >= low && value <= high) return value;
        out_of_range(key, detail::printed(low), detail::printed(high));
        return fallback;
    }
    // A list of scalars; a lone scalar is a list of one; absent is empty.
    template <class T>
    std::vector<T> list(std::string_view key) const {
        std::vector<T> values;
        for (const auto& [scalar, line] : scalars_of(key)) {
            if (auto value = ConfigValue<T>::parse(scalar))
                values.push_back(std::move(*value));
            else
                mistyped_at(line, key, scalar, ConfigValue<T>::expected);
        }
        return values;
    }
    // One word out of some: choice("format", Logfmt, {{"logfmt", Logfmt}, {"json", Json}}).
    template <class E>
    E choice(std::string_view key, E fallback,
             std::initializer_list<std::pair<std::string_view, E>> words) const {
        const auto scalar = scalar_of(key);
        if (!scalar) return fallback;
        std::vector<std::string_view> names;
        for (const auto& [word, value] : words) {
            if (word == *scalar) return value;
            names.push_back(word);
        }
        not_one_of(key, *scalar, names);
        return fallback;
    }

    Section section(std::string_view key) const;
    std::vector<Section> sections(std::string_view key) const;  // a list of mappings

    // A rule of the caller is broken: "must not be below min_expires".
    void error(std::string_view key, std::string what) const;
    std::string where(std::string_view key) const;  // "scscf.yaml:12"

  private:
    friend class Document;
    Section(std::shared_ptr<detail::ConfigText> text, detail::ConfigNode* node)
        : text_{std::move(text)}, node_{node} {}
    std::optional<std::string_view> scalar_of(std::string_view key) const;
    std::vector<std::pair<std::string_view, unsigned>> scalars_of(std::string_view key) const;
    void mistyped(std::string_view key, std::string_view scalar, std::string_view expected) const;
    void mistyped_at(unsigned line, std::string_view key, std::string_view scalar,
                     std::string_view expected) const;
    void not_one_of(std::string_view key, std::string_view scalar,
                    const std::vector<std::string_view>& names) const;
    void missing(std::string_view key) const;
    void out_of_range(std::string_view key, std::string_view low, std::string_view high) const;

    std::shared_ptr<detail::ConfigText> text_;
    detail::ConfigNode* node_ = nullptr;
};

class Document {
  public:
    static Document load(
        const std::string& path);  // a file that cannot be read or is no YAML is an error in errors()
    static Document parse(std::string_view yaml, std::string file_name = "config");

    Section root() const;
    void finish();                                   // after the last read: unknown keys become errors
    const std::vector<ConfigError>& errors() const;  // in the order of their lines
    const std::string& file() const;

    // The keys whose values are others than in `before`, as they are written: "listen.udp", "pcscf.security".
    // A list is one value.
    std::vector<std::string> changed_since(const Document& before) const;

  private:
    explicit Document(std::shared_ptr<detail::ConfigText> text) : text_{std::move(text)} {}
    std::shared_ptr<detail::ConfigText> text_;
};

}  // namespace ims::runtime
