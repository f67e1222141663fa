#include "common/runtime/cx_measurements.hpp"

#include <chrono>
#include <string_view>

namespace ims::runtime {

namespace {

// In the order of cx::Request.
struct Names {
    std::string_view command, attempts, successes, failures, mean_time, what;
};
constexpr Names names[] = {
    {"UAR", "UR.AttUAR", "UR.SuccUAA", "UR.FailUAA", "UR.MeanUATime", "User-Authorization"},
    {"SAR", "UR.AttSAR", "UR.SuccSAA", "UR.FailSAA", "UR.MeanSATime", "Server-Assignment"},
    {"LIR", "LIQ.AttLIR", "LIQ.SuccLIA", "LIQ.FailLIA", "LIQ.MeanLITime", "Location-Info"},
    {"MAR", "MA.AttMAR", "MA.SuccMAA", "MA.FailMAA", "MA.MeanMATime", "Multimedia-Auth"},
    {"RTR", "UR.AttDeRegHss", "UR.SuccDeRegHss", "UR.FailDeRegHss", "UR.MeanDeRegHssSetupTime",
     "Registration-Termination (deregistration by the HSS)"},
    {"PPR", "UP.AttPPR", "UP.SuccPPA", "UP.FailPPA", "UP.MeanPPTime", "Push-Profile"},
};
static_assert(std::size(names) == std::variant_size_v<cx::Request>);

std::string_view text(cx::SendFailed::Reason reason) {
    switch (reason) {
        case cx::SendFailed::Reason::NoPeer: return "no peer";
        case cx::SendFailed::Reason::Timeout: return "timeout";
        case cx::SendFailed::Reason::PeerLost: return "peer lost";
        case cx::SendFailed::Reason::Protocol: return "protocol";
    }
    return {};
}

// "DIAMETER_ERROR_USER_UNKNOWN"; the number of one nobody has named.
std::string label(const diameter::Result& result) {
    return std::visit(
        [](auto code) {
            const auto name = diameter::name(code);
            return name.empty() ? std::to_string(static_cast<std::uint32_t>(code)) : std::string{name};
        },
        result);
}

}  // namespace

void CxMeasurements::begin(Pending& pending, cx::RequestId id, std::size_t command, TimePoint now) {
    ++commands_[command].attempts;
    pending.insert_or_assign(id, Asked{command, now});
}

CxMeasurements::Command* CxMeasurements::end(Pending& pending, cx::RequestId id, TimePoint now) {
    const auto found = pending.find(id);
    if (found == pending.end()) return nullptr;
    auto& command = commands_[found->second.command];
    command.seconds.observe(std::chrono::duration<double>(now - found->second.at).count());
    pending.erase(found);
    return &command;
}

void CxMeasurements::count(Command& command, const diameter::Result& result) {
    ++(diameter::is_success(result) ? command.successes : command.failures)[label(result)];
}

void CxMeasurements::sent(const cx::Send& send, TimePoint now) {
    begin(ours_, send.id, send.request.index(), now);
}
void CxMeasurements::arrived(const cx::AnswerArrived& answer, TimePoint now) {
    if (auto* command = end(ours_, answer.id, now)) count(*command, cx::result(answer.answer));
}
void CxMeasurements::failed(const cx::SendFailed& failure, TimePoint now) {
    if (auto* command = end(ours_, failure.id, now)) ++command->failures[std::string{text(failure.reason)}];
}
void CxMeasurements::asked(const cx::RequestArrived& request, TimePoint now) {
    begin(theirs_, request.id, request.request.index(), now);
}
void CxMeasurements::answered(const cx::Reply& reply, TimePoint now) {
    if (auto* command = end(theirs_, reply.id, now)) count(*command, cx::result(reply.answer));
}

void CxMeasurements::collect(Exposition& out) const {
    for (std::size_t i = 0; i < commands_.size(); ++i) {
        const auto& command = commands_[i];
        const auto& name = names[i];
        if (command.attempts == 0) continue;
        const auto say = [&](std::string_view counter, std::string_view meaning, const auto& counts,
                             std::string_view label) {
            const auto shown = measurement_name(counter) + "_total";
            const auto help =
                std::string{counter} + " (TS 32.409): " + std::string{name.what} + std::string{meaning};
            out.declare_counter(shown, help);
            for (const auto& [value, n] : counts)
                out.counter(shown, help, static_cast<double>(n),
                            label.empty() ? Labels{} : Labels{{label, value}});
        };
        const std::map<std::string, std::uint64_t> attempts{{"", command.attempts}};
        say(name.attempts, " requests", attempts, "");
        say(name.successes, " answers with a result of success", command.successes, "result");
        say(name.failures, " answers with another result, and requests without an answer", command.failures,
            "cause");
        command.seconds.collect(out, "ims_cx_answer_seconds",
                                "From a Cx request to its answer, or to the end of waiting; sum by count is "
                                "UR.MeanUATime and its cousins (TS 32.409).",
                                {{"command", name.command}});
    }
}

}  // namespace ims::runtime
