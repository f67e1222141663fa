#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace ims::hss {

inline constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();  // of a row

// Reads an object key by key and remembers the first mistake; a key nobody asked for is one.
class JsonReader {
  public:
    JsonReader(const nlohmann::json& object, std::string where, std::string& error)
        : object_{object}, where_{std::move(where)}, error_{error} {
        if (!object.is_object()) fail("must be an object");
    }
    void finish() {
        if (!object_.is_object()) return;
        for (const auto& [key, value] : object_.items())
            if (std::find(asked_.begin(), asked_.end(), key) == asked_.end())
                fail("unknown key '" + key + "'");
    }
    const nlohmann::json* find(std::string_view key) {
        asked_.emplace_back(key);
        if (!object_.is_object()) return nullptr;
        const auto at = object_.find(key);
        return at == object_.end() || at->is_null() ? nullptr : &*at;
    }
    std::optional<std::string> text(std::string_view key) {
        const auto* v = find(key);
        if (!v) return std::nullopt;
        if (v->is_string()) return v->get<std::string>();
        fail("'" + std::string{key} + "' must be text");
        return std::nullopt;
    }
    std::optional<std::int64_t> number(std::string_view key, std::int64_t low, std::int64_t high) {
        const auto* v = find(key);
        if (!v) return std::nullopt;
        if (v->is_number_integer() && *v >= low && *v <= high) return v->get<std::int64_t>();
        fail("'" + std::string{key} + "' must be a whole number from " + std::to_string(low) + " to " +
             std::to_string(high));
        return std::nullopt;
    }
    bool flag(std::string_view key, bool fallback) {
        const auto* v = find(key);
        if (!v) return fallback;
        if (v->is_boolean()) return v->get<bool>();
        fail("'" + std::string{key} + "' must be true or false");
        return fallback;
    }
    void fail(std::string what) {
        if (error_.empty()) error_ = where_ + ": " + std::move(what);
    }
    const std::string& where() const { return where_; }

  private:
    const nlohmann::json& object_;
    std::string where_;
    std::string& error_;
    std::vector<std::string> asked_;
};

}  // namespace ims::hss
