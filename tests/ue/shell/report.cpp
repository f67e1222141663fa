#include "tests/ue/shell/report.hpp"

#include "common/base/result.hpp"

#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace ims::ue {

namespace {

using nlohmann::json;

// One event for both kinds of reader.
struct ReportedEvent {
    json object;
    std::string words;
};

std::string joined(const std::vector<std::string>& list) {
    std::string out;
    for (const auto& item : list) out += (out.empty() ? "" : ", ") + item;
    return out;
}

std::string with_status(std::string words, int status, const std::string& reason) {
    if (status != 0) words += " " + std::to_string(status);
    return reason.empty() ? words : words + " " + reason;
}

std::string cause_token(CallEnded::Cause cause) {
    switch (cause) {
        case CallEnded::Cause::HungUp: return "hung_up";
        case CallEnded::Cause::PeerHungUp: return "peer_hung_up";
        case CallEnded::Cause::Cancelled: return "cancelled";
        case CallEnded::Cause::PeerCancelled: return "peer_cancelled";
        case CallEnded::Cause::Rejected: return "rejected";
        case CallEnded::Cause::RejectedByUs: return "rejected_by_us";
        case CallEnded::Cause::NoAnswer: return "no_answer";
    }
    return {};
}

json endpoint(const std::optional<IpEndpoint>& e) {
    return e ? json(e->text()) : json();
}

ReportedEvent event_of(const Challenged& h) {
    switch (h.verdict) {
        case Challenged::Verdict::Answered:
            return {{{"event", "challenged"}, {"algorithm", h.algorithm}, {"verdict", "answered"}},
                    "challenged with " + h.algorithm + ", answered"};
        case Challenged::Verdict::SynchronisationFailure:
            return {
                {{"event", "challenged"}, {"algorithm", h.algorithm}, {"verdict", "synchronisation_failure"}},
                "challenged with an SQN out of range: resynchronising with AUTS"};
        case Challenged::Verdict::MacFailure:
            return {{{"event", "challenged"}, {"algorithm", h.algorithm}, {"verdict", "mac_failure"}},
                    "challenged with a wrong MAC: network and card do not share K and OPc"};
    }
    return {};
}
ReportedEvent event_of(const Registered& h) {
    json event{{"event", "registered"},
               {"expires", h.expires.count()},
               {"associated_uris", h.associated_uris},
               {"service_route", h.service_route},
               {"refreshed", h.refreshed}};
    if (!h.public_gruu.empty()) event["public_gruu"] = h.public_gruu;
    if (!h.temporary_gruu.empty()) event["temporary_gruu"] = h.temporary_gruu;
    return {std::move(event), std::string{h.refreshed ? "registration refreshed" : "registered"} + " for " +
                                  std::to_string(h.expires.count()) + " s as " + joined(h.associated_uris)};
}
ReportedEvent event_of(const RegistrationFailed& h) {
    return {{{"event", "registration_failed"}, {"status", h.status}, {"reason", h.reason}},
            with_status("registration failed:", h.status, h.reason)};
}
ReportedEvent event_of(const Deregistered& h) {
    return {{{"event", "deregistered"}, {"by_network", h.by_network}, {"reason", h.event}},
            h.by_network ? "deregistered by the network: " + h.event : "deregistered"};
}
ReportedEvent event_of(const RegistrationStateNotified& h) {
    return {{{"event", "registration_state"}, {"version", h.version}, {"state", h.state}},
            "the network says that the registration is " + h.state};
}
ReportedEvent event_of(const MessageReceived& h) {
    return {
        {{"event", "message_received"}, {"from", h.from}, {"text", h.text}, {"content_type", h.content_type}},
        "message from " + h.from + ": " + h.text};
}
ReportedEvent event_of(const MessageDelivered& h) {
    return {{{"event", "message_delivered"}, {"request", h.request.value()}, {"status", h.status}},
            "message delivered, " + std::to_string(h.status)};
}
ReportedEvent event_of(const MessageFailed& h) {
    return {{{"event", "message_failed"},
             {"request", h.request.value()},
             {"status", h.status},
             {"reason", h.reason}},
            with_status("message not delivered:", h.status, h.reason)};
}
ReportedEvent event_of(const OptionsAnswered& h) {
    return {{{"event", "options_answered"}, {"request", h.request.value()}, {"status", h.status}},
            with_status("OPTIONS answered", h.status, h.status == 0 ? "by nobody" : "")};
}
ReportedEvent event_of(const IncomingCall& h) {
    return {{{"event", "incoming_call"}, {"call", h.call.value()}, {"from", h.from}, {"called", h.called}},
            "call from " + h.from + " for " + h.called};
}
ReportedEvent event_of(const CallProgress& h) {
    return {
        {{"event", "call_progress"}, {"call", h.call.value()}, {"status", h.status}, {"reason", h.reason}},
        with_status("call:", h.status, h.reason)};
}
ReportedEvent event_of(const CallEstablished& h) {
    return {{{"event", "call_established"},
             {"call", h.call.value()},
             {"remote_media", endpoint(h.remote_media)},
             {"payload_type", h.payload_type}},
            "call established" + (h.remote_media ? ", media to " + h.remote_media->text() : std::string{})};
}
ReportedEvent event_of(const MediaChanged& h) {
    return {{{"event", "media_changed"},
             {"call", h.call.value()},
             {"remote_media", endpoint(h.remote_media)},
             {"direction", sdp::direction_text(h.direction)}},
            "media is now " + std::string{sdp::direction_text(h.direction)}};
}
ReportedEvent event_of(const CallEnded& h) {
    return {{{"event", "call_ended"},
             {"call", h.call.value()},
             {"cause", cause_token(h.cause)},
             {"status", h.status},
             {"reason", h.reason}},
            with_status("call ended, " + std::string{text(h.cause)}, h.status, h.reason)};
}

void print(double time, json object) {
    object["time"] = std::round(time * 1e6) / 1e6;
    // What arrived in a message may be no UTF-8.
    std::printf("%s\n", object.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    std::fflush(stdout);
}

}  // namespace

void Report::line(double time, std::string_view text) {
    std::printf("%9.3f  %.*s\n", time, static_cast<int>(text.size()), text.data());
    std::fflush(stdout);
}

void Report::step(double time, std::string_view words) {
    if (json_) return print(time, {{"event", "step"}, {"step", words}});
    line(time, "> " + std::string{words});
}

void Report::happening(double time, const Happening& happening) {
    auto event = std::visit([](const auto& h) { return event_of(h); }, happening);
    if (json_) return print(time, std::move(event.object));
    line(time, event.words);
}

void Report::rtp(double time, std::uint64_t sent, const RtpReceiver& r) {
    if (json_)
        return print(time, {{"event", "rtp"},
                            {"sent", sent},
                            {"received", r.received()},
                            {"expected", r.expected()},
                            {"lost", r.lost()},
                            {"loss", r.loss()},
                            {"jitter_ms", r.jitter().count()},
                            {"malformed", r.malformed()}});
    char text[160];
    std::snprintf(text, sizeof text,
                  "media: %llu packets sent, %llu received, %lld lost (%.1f %%), jitter %.2f ms",
                  static_cast<unsigned long long>(sent), static_cast<unsigned long long>(r.received()),
                  static_cast<long long>(r.lost()), 100 * r.loss(), r.jitter().count());
    line(time, text);
}

void Report::failed(double time, std::string_view step, std::string_view why) {
    if (json_) return print(time, {{"event", "failed"}, {"step", step}, {"reason", why}});
    line(time, "FAILED: " + std::string{step} + ": " + std::string{why});
}

void Report::done(double time, int status) {
    if (json_) return print(time, {{"event", "done"}, {"status", status}});
    line(time, status == 0 ? "done" : "not done, exit status " + std::to_string(status));
}

}  // namespace ims::ue
