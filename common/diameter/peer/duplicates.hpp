#pragma once
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/diameter/types/cx.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ims::diameter {

// Requests that were received lately, so that one sent again after a failover is not done twice (RFC
// 6733 5.5.4 and appendix C): known by Origin-Host, End-to-End Identifier and Session-Id.
class Duplicates {
  public:
    struct Key {
        std::string_view origin_host, session_id;
        std::uint32_t end_to_end = 0;
        bool retransmitted = false;  // the T flag
    };
    struct Entry {
        std::string origin_host, session_id;
        bool retransmitted = false;
        cx::RequestId id;  // while it is being worked on
        Octets answer;     // empty until then
        TimePoint received;
    };

    explicit Duplicates(std::size_t limit) : limit_{limit} {}

    // The earlier one, if this is the same request and either carries the T flag: the retransmission may
    // overtake the original. Two without T are no duplicates, whatever their ids: a peer that has restarted
    // may repeat itself.
    Entry* find(const Key& key);
    void started(const Key& key, cx::RequestId id, TimePoint now);
    void answered(std::uint32_t end_to_end, cx::RequestId id, const Octets& answer);
    void forget(TimePoint now);  // what is too old, or too much

    std::size_t size() const { return entries_.size(); }

  private:
    std::size_t limit_;
    std::unordered_multimap<std::uint32_t, Entry> entries_;  // by End-to-End Identifier
    std::deque<std::pair<std::uint32_t, cx::RequestId>> oldest_;
};

}  // namespace ims::diameter
