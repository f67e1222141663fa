#pragma once
#include "common/why/entry.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ims::why {

// What the HSS says when it is asked about a subscriber, because a cause hangs on it. Never a secret.
struct Facts {
    struct NearMiss {
        std::string identity;
        std::string how;  // "one digit differs", "the MNC is written differently", "another domain"
    };
    std::map<std::string, std::vector<NearMiss>> near_misses;  // by the identity that was asked for
    // What is stored as OPc is an OP, as other subscribers show. By IMPI.
    std::map<std::string, bool> opc_is_op;
    bool has_near_misses_of(const std::string& identity) const { return near_misses.contains(identity); }
};

// All that is remembered about one key, by all services, on one time axis.
struct Story {
    std::string key;
    std::vector<Entry> entries;     // in the order of time
    std::vector<Account> accounts;  // without their entries
    std::vector<std::string>
        silent;  // services that did not answer: "hss (127.0.1.40:9090): connection refused"
    Facts facts;

    std::int64_t now() const;                                // when the last service was asked
    bool is_service(std::string_view address) const;         // "127.0.1.10:5060" is where one of them listens
    std::string service_at(std::string_view address) const;  // its name, or ""
};
Story story_of(std::string key, std::vector<Account> accounts);

// Asks the services about a key, and again about what others found to belong to it, until nothing is new.
// `ask(n, keys)` gives what the n-th of `services` has for these keys, or why not.
using Ask = std::function<Result<Account, Silence>(std::size_t n, const std::vector<std::string>& keys)>;
Story gather(const std::string& key, const std::vector<std::string>& services, const Ask& ask);

}  // namespace ims::why
