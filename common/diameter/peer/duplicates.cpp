#include "common/diameter/peer/duplicates.hpp"

namespace ims::diameter {

namespace {
constexpr Duration lifetime = 4min;  // RFC 6733 3: how long an End-to-End Identifier stays unique
}

Duplicates::Entry* Duplicates::find(const Key& key) {
    const auto [first, last] = entries_.equal_range(key.end_to_end);
    for (auto it = first; it != last; ++it) {
        auto& e = it->second;
        if ((e.retransmitted || key.retransmitted) && e.origin_host == key.origin_host &&
            e.session_id == key.session_id)
            return &e;
    }
    return nullptr;
}

void Duplicates::started(const Key& key, cx::RequestId id, TimePoint now) {
    entries_.emplace(
        key.end_to_end,
        Entry{std::string{key.origin_host}, std::string{key.session_id}, key.retransmitted, id, {}, now});
    oldest_.emplace_back(key.end_to_end, id);
    forget(now);
}

void Duplicates::answered(std::uint32_t end_to_end, cx::RequestId id, const Octets& answer) {
    const auto [first, last] = entries_.equal_range(end_to_end);
    for (auto it = first; it != last; ++it)
        if (it->second.id == id) it->second.answer = answer;
}

void Duplicates::forget(TimePoint now) {
    while (!oldest_.empty()) {
        const auto [first, last] = entries_.equal_range(oldest_.front().first);
        auto it = first;
        while (it != last && it->second.id != oldest_.front().second) ++it;
        if (it != last) {
            if (entries_.size() <= limit_ && it->second.received + lifetime > now) return;
            entries_.erase(it);
        }
        oldest_.pop_front();
    }
}

}  // namespace ims::diameter
