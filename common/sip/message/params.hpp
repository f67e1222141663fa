#pragma once
#include "common/sip/message/param_octets.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace ims::sip {

// One parameter as it is looked at; the texts belong to its Params. Names compare without case (RFC 3261
// 7.3.1). A value that was a quoted-string is held without its quotes and escapes, and written quoted again.
struct Param {
    std::string_view name;
    std::optional<std::string_view> value = {};
    bool quoted = false;
    bool operator==(const Param&) const = default;
};
void print_param(const Param& p, std::string& out);

// ";name=value" in order, as it came, in one piece of text: every message has dozens, most are carried
// through and never asked for. What find(), get() and an iterator show holds until the Params change.
class Params {
  public:
    static constexpr std::size_t most_name_octets = 255;
    static constexpr std::size_t most_value_octets = (1U << 22) - 1;

    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Param;
        using difference_type = std::ptrdiff_t;
        using pointer = const Param*;
        using reference = Param;

        Param operator*() const;
        Iterator& operator++();
        bool operator==(const Iterator&) const = default;

      private:
        friend class Params;
        explicit Iterator(const char* at) : at_{at} {}
        const char* at_;
    };

    Params() = default;
    Params(std::initializer_list<Param> list) {
        for (const auto& p : list) add(p);
    }

    bool has(std::string_view name) const { return find(name).has_value(); }
    // The value; nothing if the parameter is absent or a flag.
    std::optional<std::string_view> get(std::string_view name) const;
    std::optional<Param> find(std::string_view name) const;
    void set(std::string_view name,
             std::optional<std::string_view> value = {});  // replaces in place or appends
    void set_quoted(std::string_view name, std::string_view value);
    bool remove(std::string_view name);
    bool add(const Param& p);  // false, and nothing done, if name or value is longer than can be held

    // Room for parameters that take so much text on the wire.
    void reserve(std::size_t octets) { packed_.reserve(packed_.size() + octets + 4 * (octets / 16)); }
    // What print() writes, escapes inside of quotes not counted, or a little more.
    std::size_t size_hint() const { return packed_.size(); }

    bool empty() const { return packed_.empty(); }
    std::size_t size() const;
    Iterator begin() const { return Iterator{packed_.data()}; }
    Iterator end() const { return Iterator{packed_.data() + packed_.size()}; }
    void print(std::string& out, char separator = ';') const;  // each with the separator in front

    bool operator==(const Params& other) const { return packed_.text() == other.packed_.text(); }

  private:
    void replace(const Param& p);

    // For each parameter: a head of four octets (lengths and flags), the name, the value.
    ParamOctets packed_;
};

}  // namespace ims::sip
