#pragma once
#include "common/why/cause.hpp"
#include "common/why/ladder.hpp"

#include <string>
#include <vector>

namespace ims::why {

// What came of one procedure.
struct Verdict {
    enum class Outcome : std::uint8_t {
        Fine,  // it went well; the cause, if any, says what was mended on the way
        Failure,
        UnderWay,  // nobody can say yet
        Nothing,   // nothing is remembered of what was asked about
    };
    Outcome outcome = Outcome::Nothing;
    std::string cause;  // id; empty: none
    std::string sentence, action;
    std::string title;  // "registration of sip:..."
    std::int64_t at = 0;
    std::vector<const Entry*> evidence;
    Ladder ladder;
};

// The answer to "why did it fail?": the latest procedure that failed and was not followed by one of its kind
// that went well; else the latest of all. Points into the story.
struct Answer {
    Verdict verdict;
    std::vector<Verdict> all;  // of every procedure, in the order of time, without ladders
};
Answer answer_to(const Story& story);

// What has to be asked of the HSS before the answer is good. Empty: nothing (or it was asked already).
struct HssQuestions {
    std::vector<std::string> near_misses_of;  // identities
    std::vector<std::string> opc_of;          // private identities
    bool empty() const { return near_misses_of.empty() && opc_of.empty(); }
};
HssQuestions hss_questions(const Story& story);

// For people; --json; a page that needs nothing from outside.
std::string text_of(const Answer& answer, const Story& story);
std::string json_of(const Answer& answer, const Story& story);
std::string html_of(const Answer& answer, const Story& story);

// Nothing of the key arrived anywhere: what to think of that.
inline constexpr std::string_view tcp_closed_id = "pcscf-tcp-closed";
inline constexpr std::string_view nothing_seen_id = "nothing-seen";
std::span<const Cause> causes_without_procedure();

}  // namespace ims::why
