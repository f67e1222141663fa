#pragma once
#include "common/base/hash_index.hpp"
#include "common/base/records.hpp"
#include "common/base/time.hpp"
#include "common/sip/message/flow.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include <boost/container/deque.hpp>

namespace ims::sip {

// What is left of answered non-INVITE server transactions: until timer J (RFC 3261 17.2.2, Completed) the
// answer goes out again for each repetition, and nothing else can happen. J is 32 s, towards UEs two minutes
// (TS 24.229 7.7): there are a hundred thousand of them where a few hundred transactions are alive. So they
// lie in the order in which they end, one queue for each J in use, and a clock is looked at only at the head
// of a queue.
class AbsorbedTransactions {
  public:
    struct Transaction {
        std::uint64_t id = 0;  // the server transaction's
        std::size_t hash = 0;  // hash_of(key)
        std::string key;       // server_key()
        Buffer answer;
        std::variant<Flow, Target> to;
        TimePoint until;
        bool compress = false;
    };

    // `now` never goes back from one call to the next; `one.until` lies J after it.
    void add(Transaction one, TimePoint now);
    const Transaction* find(std::size_t hash, std::string_view key) const;
    // Among the newest: what could not be sent is told within moments. Null if it is not found there.
    const Transaction* recent(std::uint64_t id) const;
    void expire(TimePoint now);
    std::optional<TimePoint> next_deadline() const;
    std::size_t size() const { return index_.size(); }

  private:
    // Addresses stay while it grows behind and shrinks in front.
    using InOrder =
        boost::container::deque<Transaction, void,
                                boost::container::deque_options<boost::container::block_size<64>>::type>;
    struct Queue {
        Duration timer_j;
        InOrder transactions;
    };

    Queue& queue_of(Duration timer_j);

    std::list<Queue> queues_;
    HashIndex<const Transaction*, std::allocator> index_;
};

}  // namespace ims::sip
