#pragma once
#include "common/base/long_lived.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ims {

// Finds small values by the hash of a key that is not kept; whoever looks knows whether a value is meant.
// Open addressing with linear probing: a slot takes four octets besides its value, at two thirds in use on
// average, where a node and its bucket in a hash table take some thirty. Its memory is that of what lives as
// long as a registration, or with std::allocator the ordinary heap, which has back what a table takes that
// outgrew it.
template <class Value, template <class> class Allocator = LongLived>
class HashIndex {
  public:
    void add(std::size_t hash, const Value& value) {
        if ((size_ + 1) * 5 > marks_.size() * 4) grow();
        put(mark_of(hash), value);
        ++size_;
    }
    // One that is there: the hash and the value it was added with.
    void erase(std::size_t hash, const Value& value) {
        const auto mark = mark_of(hash);
        for (auto at = home(mark); size_ > 0 && marks_[at] != empty; at = next(at))
            if (marks_[at] == mark && values_[at] == value) return vacate(at);
    }
    // Shows all under the hash, and now and then one of another, until the visitor gives true; that one, or
    // null. The visitor changes nothing here.
    template <class Visit>
    const Value* find(std::size_t hash, Visit visit) const {
        const auto mark = mark_of(hash);
        for (auto at = home(mark); size_ > 0 && marks_[at] != empty; at = next(at))
            if (marks_[at] == mark && visit(values_[at])) return &values_[at];
        return nullptr;
    }
    std::size_t size() const { return size_; }

  private:
    using Mark = std::uint32_t;  // of the hash, all that is kept of it
    template <class T>
    using Table = std::vector<T, Allocator<T>>;
    static constexpr Mark empty = 0;

    static Mark mark_of(std::size_t hash) {
        // Some hashes are sums of few bits: spread over all of them.
        return std::max(static_cast<Mark>((hash * 0x9e3779b97f4a7c15ULL) >> 32U), Mark{1});
    }
    // Slots are in the order of their marks, so that any number of them does.
    std::size_t home(Mark mark) const { return (std::uint64_t{mark} * marks_.size()) >> 32U; }
    std::size_t next(std::size_t at) const { return at + 1 == marks_.size() ? 0 : at + 1; }

    void put(Mark mark, const Value& value) {
        auto at = home(mark);
        while (marks_[at] != empty) at = next(at);
        marks_[at] = mark;
        values_[at] = value;
    }
    void grow() {
        const auto slots = std::max<std::size_t>(16, marks_.size() + marks_.size() / 2);
        Table<Mark> marks(slots, empty);
        Table<Value> values(slots);
        marks.swap(marks_);
        values.swap(values_);
        for (std::size_t i = 0; i < marks.size(); ++i)
            if (marks[i] != empty) put(marks[i], values[i]);
    }
    // Those behind it that were put off by it move up: between the home of a value and the value itself no
    // slot is ever empty.
    void vacate(std::size_t hole) {
        for (auto at = next(hole); marks_[at] != empty; at = next(at)) {
            const auto wanted = home(marks_[at]);
            const bool between = hole <= at ? hole < wanted && wanted <= at : hole < wanted || wanted <= at;
            if (between) continue;
            marks_[hole] = marks_[at];
            values_[hole] = values_[at];
            hole = at;
        }
        marks_[hole] = empty;
        --size_;
    }

    Table<Mark> marks_;
    Table<Value> values_;
    std::size_t size_ = 0;
};

}  // namespace ims
