#pragma once
#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::ue {

// What the person at the UE wants done, one after the other.
struct Step {
    enum class Kind : std::uint8_t {
        Register,
        Deregister,
        Call,    // dial, talk for `time`, hang up
        Dial,    // until it is answered
        Answer,  // pick up the next call and talk until the other side, or `time`, ends it
        PickUp,  // until the call stands
        Reject,
        Hold,
        Resume,
        Update,
        HangUp,
        Message,  // until it is delivered
        Receive,  // until a message came, with this text if there is one
        Options,
        Wait,
        Stay,  // for `time`; until SIGINT or SIGTERM
    };
    Kind kind = Kind::Wait;
    std::string target;  // of Call, Dial, Message, Options
    std::string text;    // of Message, Receive
    std::optional<Duration> time;
    int status = 486;  // of Reject

    std::string written;  // the words of the script
};

std::string_view step_word(Step::Kind kind);

// Or which word is wrong, and why.
Result<std::vector<Step>, std::string> parse_script(const std::vector<std::string>& words);

extern const std::string_view script_help;

}  // namespace ims::ue
