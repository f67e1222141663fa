#pragma once
#include "common/base/random.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ims/service_profile.hpp"
#include "common/sip/proxy/element.hpp"
#include "scscf/core/registration.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ims::scscf {

// A request that is with an application server, by its original dialog identifier (TS 24.229 5.4.3.4): where
// it goes on when the server brings it back, as itself or as another one.
struct OriginalDialog {
    sip::ServerTransactionId transaction;  // in which it was sent to the server
    SetId set;                             // of the served user
    std::string served;                    // his public identity, as the set has it
    SessionCase session_case = SessionCase::OriginatingRegistered;
    std::shared_ptr<const ServiceProfile> profile;  // whose criteria were there when the request first came
    std::size_t behind = 0;                         // so many of them are done with
    std::string request_uri;                        // before it went to the server
    std::string shown_uri;                          // as the server got it (5.4.3.3 step 4a)
    bool returned = false;                          // the server has brought it back
    bool passed_over = false;  // it failed, and the request went on without it: what it brings is too late
    bool ended = false;        // the transaction is over
};

// Lives with the transactions, and for `lifetime` after them: a server that answers for itself may call on
// later. A restart ends the transactions and forgets these too; a request with an identifier that nobody
// knows is a new one.
class OriginalDialogs {
  public:
    static constexpr std::string_view mark = "odi.";  // user part of our Route: "odi.<32 hexadecimal digits>"
    static constexpr Duration lifetime = std::chrono::minutes{3};
    static constexpr std::size_t most_ended = 100'000;

    // Gives the user part to find it by.
    std::string add(OriginalDialog dialog, Random& random);
    OriginalDialog* find(std::string_view user, TimePoint now);  // null if there is none
    void end(std::string_view user, TimePoint now);
    std::size_t size() const { return dialogs_.size(); }

  private:
    void forget(TimePoint now, std::size_t most);  // what ended so long ago, and the oldest beyond so many

    std::unordered_map<std::string, OriginalDialog, StringHash, std::equal_to<>> dialogs_;
    std::deque<std::pair<TimePoint, std::string>> ended_;  // until when they are kept
};

}  // namespace ims::scscf
