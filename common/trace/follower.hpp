#pragma once
#include "common/trace/clue.hpp"
#include "common/trace/question.hpp"
#include "common/trace/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

// Follows subscribers, each for a time, through all the messages a service receives and sends, and keeps
// copies of theirs, which show no secret (redact.hpp), in a memory of limited size.
//
// A subscriber is recognized by his identities. From these it goes on as a Question does: a REGISTER, its
// responses, the Cx commands and the profile in an SAA teach further identities; a message that names one of
// them teaches its Call-ID and ICID, a Diameter request its Session-Id and hop-by-hop identifier, and by
// these the messages follow that name nobody: an ACK, a BYE of the other side, an answer. What a service asks
// the HSS while it handles a message of his is his too, whoever it asks about. The other party of a call is
// not followed.
namespace ims::trace {

// The latest of many hashes: the oldest are forgotten.
class RecentHashes {
  public:
    static constexpr std::size_t most = 4'096;
    bool contains(Hash h) const { return set_.contains(h); }
    void insert(Hash h);

  private:
    std::unordered_set<Hash> set_;
    std::deque<Hash> order_;
};

class Follower {
  public:
    static constexpr std::size_t most_subscribers = 64;       // at a time
    static constexpr std::size_t most_ended = 16;             // whose messages are still there
    static constexpr std::size_t default_octets = 16U << 20;  // of all that is kept
    static constexpr std::size_t most_identities = 256;       // of one subscriber

    using Number = std::uint32_t;  // of one order; never used again
    struct Order {
        std::string subscriber;               // IMSI, MSISDN, IMPI or IMPU
        std::vector<std::string> identities;  // others of his, where they are known
        WallClock from, until;
    };
    struct Followed {
        Number number = 0;
        std::string subscriber;
        WallClock from, until;
        bool ended = false;
        std::uint64_t messages = 0;
        std::size_t identities = 0;
    };
    struct Kept {
        std::uint64_t number = 0;  // counts up by one
        WireMessage::Protocol protocol = WireMessage::Protocol::Sip;
        bool out = false;
        WallClock at;
        Way way;
        std::string octets;
        std::vector<Number> whose;
    };

    explicit Follower(std::size_t octets = default_octets) : most_octets_{octets} {}

    bool on() const { return running_ > 0; }
    // A new order for the same subscriber takes the place of the old one, whose messages are forgotten. 0:
    // there are too many.
    Number follow(const Order& order);
    // What the service's memory had of him before the order: names, calls and messages.
    void remember(Number number, Question& past);
    bool stop(std::string_view subscriber, WallClock now);  // false: he is not followed
    void expire(WallClock now);

    // Shown every message. Whose it is; good until the next call.
    const std::vector<Number>& see(const WireMessage& message);
    void turn_over() { turn_.clear(); }  // what follows has nothing to do with the last SIP message received

    std::vector<Followed> followed() const;
    // His messages with a number above `after`, at most `octets` of them: f(message). False: there are more.
    bool each_kept(Number whose, std::uint64_t after, std::size_t octets,
                   const std::function<void(const Kept&)>& f) const;
    const Followed* find(std::string_view subscriber) const;
    std::uint64_t dropped() const { return dropped_; }  // messages that had to make room

  private:
    struct Subscriber : Followed {
        std::unordered_set<Hash> identities_known;
        RecentHashes call_ids, icids, sessions, transactions;
    };
    struct DiameterClue;

    static DiameterClue diameter_clue(const WireMessage& message);
    void learn(Subscriber& s, const std::vector<Hash>& identities);
    bool recognize(Subscriber& s, const Clue& clue);
    bool recognize(Subscriber& s, const DiameterClue& clue, bool by_turn);
    void keep(const WireMessage& message, const std::vector<Number>& whose);
    void end(Subscriber& s, WallClock at);
    void forget(Number number);

    std::size_t most_octets_;
    std::vector<Subscriber> subscribers_;
    std::size_t running_ = 0;
    WallClock next_end_{};
    Number last_ = 0;
    std::vector<Number> whose_, turn_;
    std::deque<Kept> kept_;
    std::size_t kept_octets_ = 0;
    std::uint64_t last_kept_ = 0, dropped_ = 0;
};

}  // namespace ims::trace
