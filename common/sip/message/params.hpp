#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::sip {

// ";name=value" in order, as it came. Names compare without case (RFC 3261 7.3.1). A value that was a
// quoted-string is held without its quotes and escapes, and written quoted again.
struct Param {
    std::string name;
    std::optional<std::string> value;
    bool quoted = false;
    bool operator==(const Param&) const = default;
};

class Params {
  public:
    Params() = default;
    Params(std::initializer_list<Param> list) : list_{list} {}

    bool has(std::string_view name) const { return find(name) != nullptr; }
    // The value; nothing if the parameter is absent or a flag.
    std::optional<std::string_view> get(std::string_view name) const;
    const Param* find(std::string_view name) const;
    void set(std::string_view name,
             std::optional<std::string_view> value = {});  // replaces in place or appends
    void set_quoted(std::string_view name, std::string_view value);
    bool remove(std::string_view name);
    void add(Param p) { list_.push_back(std::move(p)); }

    bool empty() const { return list_.empty(); }
    std::size_t size() const { return list_.size(); }
    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }
    auto begin() { return list_.begin(); }
    auto end() { return list_.end(); }
    void print(std::string& out, char separator = ';') const;  // each with the separator in front

    bool operator==(const Params&) const = default;

  private:
    std::vector<Param> list_;
};

}  // namespace ims::sip
