#pragma once
#include "common/trace/clue.hpp"
#include "common/trace/memory.hpp"
#include "common/trace/wire.hpp"

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// One question to a memory: what is there about these keys? A key is an IMSI, MSISDN, IMPI, IMPU, Call-ID or
// ICID; nobody has to say which. From a subscriber's identity the answer goes on to his other identities (his
// REGISTERs and the HSS's words join them), from these to the Call-IDs he has a part in, and from a Call-ID
// by its ICID to its other legs, until nothing new is found. The other party of a call is not followed.
//
// A machine of small steps: a shelf each, so that a busy service asks the next one when it has time. What is
// overwritten meanwhile is missing in the answer and nothing worse.
namespace ims::trace {

class Question {
  public:
    struct Options {
        std::size_t most_entries = 2'000;  // the latest
    };
    Question(const Memory& memory, std::vector<std::string> keys, Options options);
    Question(const Memory& memory, std::vector<std::string> keys) : Question(memory, std::move(keys), {}) {}

    bool step();  // false: all is looked at
    // {"keys": {"call_id": [...], "icid": [...], "impi": [...], "impu": [...]}, "left_off": 0, "oldest": ...,
    //  "entries": [...]}; entries in the order of time, those of docs/operations/why.md.
    std::string answer();

    // For who goes on from here (common/trace/follower.hpp): by what the subscriber is recognized, and his
    // messages.
    struct Known {
        std::set<Hash> identities, call_ids, icids;
    };
    Known known();
    void each_message(const std::function<void(const WireMessage&)>& f);

  private:
    struct Found {
        std::size_t shelf;
        std::uint64_t place;
        Head head;
        Clue clue;
        bool chosen = false;
    };

    void conclude();
    void follow_identities();
    void follow_calls();
    void choose();
    void choose_companions();

    const Memory& memory_;
    std::vector<std::string> keys_;
    Options options_;
    std::size_t shelf_ = 0;
    bool concluded_ = false;
    std::vector<Found> found_;
    std::set<Hash> identities_, call_ids_, icids_;
};

// What GET /trace gives: the answer, and who gives it, when, and where it can be reached ("UDP
// 127.0.1.10:5060").
std::string account_of(std::string_view service, WallClock now, const std::vector<std::string>& listening,
                       std::string_view answer);

}  // namespace ims::trace
