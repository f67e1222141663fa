#include "tests/ue/shell/script.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ims::ue {

namespace {

using Kind = Step::Kind;

struct Word {
    std::string_view text;
    Kind kind;
};
constexpr std::array words_known{
    Word{"register", Kind::Register}, Word{"deregister", Kind::Deregister},
    Word{"call", Kind::Call},         Word{"dial", Kind::Dial},
    Word{"answer", Kind::Answer},     Word{"pick-up", Kind::PickUp},
    Word{"reject", Kind::Reject},     Word{"hold", Kind::Hold},
    Word{"resume", Kind::Resume},     Word{"update", Kind::Update},
    Word{"hang-up", Kind::HangUp},    Word{"message", Kind::Message},
    Word{"receive", Kind::Receive},   Word{"options", Kind::Options},
    Word{"wait", Kind::Wait},         Word{"stay", Kind::Stay},
};

const Word* known(std::string_view text) {
    const auto* const found =
        std::find_if(words_known.begin(), words_known.end(), [&](const Word& w) { return w.text == text; });
    return found == words_known.end() ? nullptr : found;
}

std::optional<Duration> seconds_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > 1e6) return {};
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{value});
}

// The words that are left, and what a step takes of them.
class Reader {
  public:
    explicit Reader(const std::vector<std::string>& words) : words_{words} {}

    bool done() const { return at_ == words_.size(); }
    std::string_view next() { return words_[at_++]; }
    std::size_t at() const { return at_; }
    std::optional<std::string> argument() {
        if (done() || known(words_[at_]) != nullptr) return {};
        return words_[at_++];
    }
    // "5" or "--seconds 5"
    std::optional<Duration> time() {
        const auto from = at_ < words_.size() && words_[at_] == "--seconds" ? at_ + 1 : at_;
        if (from >= words_.size()) return {};
        const auto time = seconds_of(words_[from]);
        if (time) at_ = from + 1;
        return time;
    }
    std::string written(std::size_t from) const {
        std::string out;
        for (auto i = from; i < at_; ++i) out += (out.empty() ? "" : " ") + words_[i];
        return out;
    }

  private:
    const std::vector<std::string>& words_;
    std::size_t at_ = 0;
};

// Why the step cannot be read; empty if it can.
std::string read_arguments(Reader& reader, Step& step) {
    const auto want = [&](std::string& out, const char* what) {
        auto argument = reader.argument();
        if (!argument) return std::string{step_word(step.kind)} + " wants " + what;
        out = std::move(*argument);
        return std::string{};
    };
    switch (step.kind) {
        case Kind::Call:
        case Kind::Dial:
        case Kind::Options: {
            auto mistake = want(step.target, "a URI");
            if (step.kind == Kind::Call) step.time = reader.time();
            return mistake;
        }
        case Kind::Message: {
            auto mistake = want(step.target, "a URI and a text");
            return mistake.empty() ? want(step.text, "a URI and a text") : mistake;
        }
        case Kind::Receive: step.text = reader.argument().value_or(""); return {};
        case Kind::Answer: step.time = reader.time(); return {};
        case Kind::Reject: {
            const auto argument = reader.argument();
            if (!argument) return {};
            const auto status = parse_number(*argument);
            if (!status || *status < 300 || *status > 699)
                return "reject wants a status from 300 to 699, not " + *argument;
            step.status = static_cast<int>(*status);
            return {};
        }
        case Kind::Wait: step.time = reader.time(); return step.time ? std::string{} : "wait wants seconds";
        case Kind::Register:
        case Kind::Deregister:
        case Kind::PickUp:
        case Kind::Hold:
        case Kind::Resume:
        case Kind::Update:
        case Kind::HangUp:
        case Kind::Stay: return {};
    }
    return {};
}

}  // namespace

std::string_view step_word(Kind kind) {
    const auto* const found =
        std::find_if(words_known.begin(), words_known.end(), [&](const Word& w) { return w.kind == kind; });
    return found->text;
}

Result<std::vector<Step>, std::string> parse_script(const std::vector<std::string>& words) {
    std::vector<Step> steps;
    Reader reader{words};
    while (!reader.done()) {
        const auto from = reader.at();
        const auto word = reader.next();
        const auto* const found = known(word);
        if (found == nullptr) return "no such step: " + std::string{word};
        auto& step = steps.emplace_back();
        step.kind = found->kind;
        auto mistake = read_arguments(reader, step);
        if (!mistake.empty()) return mistake;
        step.written = reader.written(from);
    }
    if (steps.empty()) return std::string{"nothing to do"};
    return steps;
}

const std::string_view script_help = R"(Steps, done one after the other:
  register                   registers, and stays registered
  deregister                 hangs up and deregisters
  call URI [SECONDS]         calls, talks (5 s), hangs up
  dial URI                   calls, and goes on when it is answered
  answer [SECONDS]           takes the next call; talks until the other side, or after SECONDS this one, hangs up
  pick-up                    takes the next call, and goes on
  reject [STATUS]            refuses the next call (486)
  hold | resume | update     of the call that stands (re-INVITE, re-INVITE, UPDATE)
  hang-up                    ends the call that stands
  message URI TEXT           sends a MESSAGE and waits for its answer
  receive [TEXT]             waits for a MESSAGE, with this text if one is given
  options URI                asks with OPTIONS
  wait SECONDS               does nothing, but refreshes what must be
  stay                       the same until SIGINT or SIGTERM; the steps after it are still done

Exit status: 0 every step succeeded; 1 a mistake in this program; 2 wrong options or script; 3 registration or
deregistration failed; 4 a call failed; 5 a MESSAGE or OPTIONS failed; 6 what was waited for (a call, a message) did
not come; 7 a call had no media (nothing received, or more than a tenth lost); 8 a socket could not be used;
130 interrupted.

With --json, each line of standard output is one object with "time" (seconds since the start) and "event":
step, challenged, registered, registration_failed, deregistered, registration_state, message_received,
message_delivered, message_failed, options_answered, incoming_call, call_progress, call_established, media_changed,
rtp, call_ended, failed, done. The "cause" of call_ended: hung_up, peer_hung_up, cancelled, peer_cancelled, rejected,
rejected_by_us, no_answer.)";

}  // namespace ims::ue
