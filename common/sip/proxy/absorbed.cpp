#include "common/sip/proxy/absorbed.hpp"

#include <algorithm>

namespace ims::sip {

namespace {
constexpr std::size_t most_recent = 1024;
}  // namespace

AbsorbedTransactions::Queue& AbsorbedTransactions::queue_of(Duration timer_j) {
    for (auto& queue : queues_)
        if (queue.timer_j == timer_j) return queue;
    return queues_.emplace_back(Queue{timer_j, {}});
}

void AbsorbedTransactions::add(Transaction one, TimePoint now) {
    auto& queue = queue_of(one.until - now).transactions;
    queue.push_back(std::move(one));
    index_.add(queue.back().hash, &queue.back());
}

const AbsorbedTransactions::Transaction* AbsorbedTransactions::find(std::size_t hash,
                                                                    std::string_view key) const {
    const auto* const* found = index_.find(hash, [&](const Transaction* one) { return one->key == key; });
    return found == nullptr ? nullptr : *found;
}

const AbsorbedTransactions::Transaction* AbsorbedTransactions::recent(std::uint64_t id) const {
    for (const auto& queue : queues_) {
        const auto& all = queue.transactions;
        for (auto n = all.size(), end = n - std::min(n, most_recent); n > end; --n)
            if (all[n - 1].id == id) return &all[n - 1];
    }
    return nullptr;
}

void AbsorbedTransactions::expire(TimePoint now) {
    for (auto& queue : queues_) {
        auto& all = queue.transactions;
        for (; !all.empty() && all.front().until <= now; all.pop_front())
            index_.erase(all.front().hash, &all.front());
    }
}

std::optional<TimePoint> AbsorbedTransactions::next_deadline() const {
    std::optional<TimePoint> next;
    for (const auto& queue : queues_)
        if (!queue.transactions.empty()) next = earliest(next, queue.transactions.front().until);
    return next;
}

}  // namespace ims::sip
