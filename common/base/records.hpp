#pragma once
#include "common/base/hash_index.hpp"
#include "common/base/long_lived.hpp"

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>

// Records of which there are as many as registered UEs, and ways to find them. Both know a key by its hash
// only; the record itself says whether it is meant, so that no key is kept twice.
namespace ims {

inline std::size_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

// Owns them. References stay valid until the record is erased.
template <class Record>
class Records {
    using Map = std::unordered_multimap<std::size_t, Record, std::hash<std::size_t>, std::equal_to<>,
                                        LongLived<std::pair<const std::size_t, Record>>>;

  public:
    Record& add(std::size_t hash, Record record) { return map_.emplace(hash, std::move(record))->second; }
    // Visits all under the hash until the visitor gives true; the one it chose, or null.
    template <class Is>
    Record* find(std::size_t hash, Is is) {
        const auto [first, last] = map_.equal_range(hash);
        for (auto it = first; it != last; ++it)
            if (is(it->second)) return &it->second;
        return nullptr;
    }
    template <class Is>
    const Record* find(std::size_t hash, Is is) const {
        return const_cast<Records*>(this)->find(hash, [&](const Record& r) { return is(r); });
    }
    void erase(std::size_t hash, const Record& record) {
        const auto [first, last] = map_.equal_range(hash);
        for (auto it = first; it != last; ++it)
            if (&it->second == &record) {
                map_.erase(it);
                return;
            }
    }
    std::size_t size() const { return map_.size(); }
    auto begin() const { return map_.begin(); }
    auto end() const { return map_.end(); }

  private:
    Map map_;
};

// Points to them.
template <class Record>
class RecordIndex {
  public:
    void add(std::size_t hash, Record& record) { index_.add(hash, &record); }
    void erase(std::size_t hash, const Record& record) {
        index_.erase(hash, const_cast<Record*>(&record));  // only compared
    }
    // Visits all under the hash, those of other keys with the same hash too, until the visitor gives true.
    template <class Visit>
    Record* find(std::size_t hash, Visit visit) const {
        auto* const* const found = index_.find(hash, [&](Record* record) { return visit(*record); });
        return found == nullptr ? nullptr : *found;
    }
    std::size_t size() const { return index_.size(); }

  private:
    HashIndex<Record*> index_;
};

}  // namespace ims
