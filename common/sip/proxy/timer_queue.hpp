#pragma once
#include "common/base/time.hpp"

#include <array>
#include <cstdint>
#include <queue>
#include <vector>

#include <boost/container/deque.hpp>

namespace ims::sip {

// When which transaction wants to be woken. A transaction has one entry that counts (it remembers the time in
// its `Armed`); it never takes one out, it is looked at when it comes to the top.
//
// Nearly all timers run for one of a handful of times from now (T1, T4, 64*T1, timer C), so that what is
// armed with one of them is in order by itself: rows, each ascending, hold these, and a binary heap what fits
// into none.
using Armed = std::optional<TimePoint>;

class TimerQueue {
  public:
    struct Entry {
        TimePoint at;
        std::uint64_t id = 0;
        bool operator>(const Entry& other) const { return at > other.at; }
    };

    // An entry that comes too early does no harm: it is armed again when it fires.
    void arm(std::uint64_t id, std::optional<TimePoint> next, Armed& armed) {
        if (!next || (armed && *armed <= *next)) return;
        armed = next;
        push({*next, id});
    }
    bool empty() const { return size_ == 0; }
    const Entry& top() const {
        const auto row = first_row();
        return row == none ? heap_.top() : rows_[row].front();
    }
    void pop() {
        const auto row = first_row();
        --size_;
        if (row == none)
            heap_.pop();
        else
            rows_[row].pop_front();
    }

  private:
    using Row =
        boost::container::deque<Entry, void,
                                boost::container::deque_options<boost::container::block_size<256>>::type>;

    // Behind the latest of what is not later; else into a row that is empty.
    void push(const Entry& entry) {
        ++size_;
        Row* best = nullptr;
        for (auto& row : rows_) {
            if (!row.empty() && row.back() > entry) continue;
            if (best == nullptr || best->empty() || (!row.empty() && row.back() > best->back())) best = &row;
        }
        if (best == nullptr)
            heap_.push(entry);
        else
            best->push_back(entry);
    }
    // That whose front is next; none if the heap's top is.
    std::size_t first_row() const {
        auto first = none;
        for (std::size_t n = 0; n < rows_.size(); ++n)
            if (!rows_[n].empty() && (first == none || rows_[first].front() > rows_[n].front())) first = n;
        if (first != none && !heap_.empty() && rows_[first].front() > heap_.top()) return none;
        return first;
    }

    static constexpr std::size_t none = SIZE_MAX;
    std::array<Row, 6> rows_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
    std::size_t size_ = 0;
};

}  // namespace ims::sip
