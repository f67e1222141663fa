#include "common/why/causes/words.hpp"

#include <algorithm>

// Calls and messages: who may, who is called, and what he says.
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

bool failed(const Procedure& p) {
    return !registers(p) && p.is_failure();
}

Finding about_call(const Procedure& p, std::initializer_list<const Entry*> shown) {
    Finding f{evidence(shown), {}};
    f.values["caller"] = p.who;
    f.values["callee"] = p.whom;
    return f;
}

// A final response that came from a UE, not from a service: its status, where it was first heard.
const Entry* said_by_callee(const Procedure& p, std::initializer_list<int> statuses) {
    return p.sip([&](const Entry& e) {
        return !e.out && std::find(statuses.begin(), statuses.end(), e.status()) != statuses.end() &&
               !p.story->is_service(e.remote) && !is_application_server(p, e.remote);
    });
}

// ---- the caller

Found caller_not_registered(const Procedure& p) {
    if (registers(p)) return {};
    for (const auto* id : {"pcscf.request.discarded", "pcscf.request.refused"})
        if (const auto* note = p.note(id, "reason", "not registered here"))
            return about_call(p, {p.from_ue(p.method), note});
    return {};
}

Found caller_barred(const Procedure& p) {
    const auto* note = p.note("scscf.session.rejected", "reason", "the calling identity is barred");
    if (note == nullptr) return {};
    return about_call(p, {note});
}

// ---- application servers

Finding about_server(const Procedure& p, const Entry& note) {
    // What was sent to it last before the note.
    const auto* request = p.sip([&](const Entry& e) {
        return e.out && e.service == note.service && e.is_request() && e.at <= note.at &&
               e.message->method() != sip::Method::Ack && is_application_server(p, e.remote);
    });
    Finding f{evidence({request, &note}), {}};
    const bool answered = note.field("reason") == "it answered";
    f.values["server"] = note.field("peer");
    f.values["method"] = note.field("method");
    f.values["said"] = answered ? "answers " + std::string{note.field("status")} : "does not answer";
    f.values["detail"] = note.field("detail").empty() ? "" : " (" + std::string{note.field("detail")} + ")";
    return f;
}

Found application_server_dead(const Procedure& p) {
    const auto* note = p.note("scscf.application_server.ended_session");
    if (!failed(p) || note == nullptr) return {};
    return about_server(p, *note);
}

Found application_server_passed_over(const Procedure& p) {
    const auto* note = p.note("scscf.application_server.passed_over");
    if (p.end != Procedure::End::Success || note == nullptr) return {};
    return about_server(p, *note);
}

// ---- the callee, as the core sees him

std::string asked_identity(const Procedure& p) {
    const auto* request = p.cx_request("LIR");
    return request != nullptr ? std::string{request->field("impu")} : p.whom;
}

Found nobody_serves(const Procedure& p) {
    if (!failed(p)) return {};
    for (const auto* id : {"icscf.request.rejected", "scscf.session.rejected"})
        for (const auto* reason :
             {"Request-URI is no public identity", "no route for this kind of Request-URI"})
            if (const auto* note = p.note(id, "reason", reason)) {
                auto f = about_call(p, {note});
                f.values["service"] = upper_name(note->service);
                f.values["reason"] = reason;
                return f;
            }
    const auto* note = p.note("sip.request.refused", "status", "416");
    if (note == nullptr) return {};
    auto f = about_call(p, {note});
    f.values["service"] = upper_name(note->service);
    f.values["reason"] = "nobody knows the scheme " + std::string{note->field("reason")};
    return f;
}

Found callee_unknown(const Procedure& p) {
    if (!failed(p)) return {};
    const auto* answer = p.cx_answer("LIA", "USER_UNKNOWN");
    if (answer == nullptr) return {};
    auto f = about_call(p, {p.cx_request("LIR"), answer});
    f.values["callee"] = asked_identity(p);
    f.values["near"] = near_text(p, asked_identity(p));
    return f;
}

Found callee_not_registered(const Procedure& p) {
    if (!failed(p)) return {};
    auto* shown = p.cx_answer("LIA", "IDENTITY_NOT_REGISTERED");
    if (shown == nullptr) shown = p.note("scscf.session.rejected", "reason", "no contact is bound");
    if (shown == nullptr) shown = p.note("pcscf.request.refused", "reason", "no binding for this Path");
    if (shown == nullptr) shown = p.note("pcscf.request.refused", "reason", "deregistered");
    if (shown == nullptr) return {};
    auto f = about_call(p, {p.cx_request("LIR"), shown});
    f.values["callee"] = asked_identity(p);
    return f;
}

Found callee_barred(const Procedure& p) {
    const auto* note = p.note("scscf.session.rejected", "reason", "the called identity is barred");
    if (note == nullptr) return {};
    return about_call(p, {note});
}

Found flow_dead(const Procedure& p) {
    if (!failed(p)) return {};
    for (const auto* id : {"pcscf.flow.gone", "pcscf.ue.unreachable"})
        if (const auto* note = p.note(id)) {
            auto f = about_call(p, {p.note("pcscf.request.terminating"), note});
            const auto* way = p.note("pcscf.request.terminating");
            f.values["flow"] = !note->field("flow").empty() ? std::string{note->field("flow")}
                               : way != nullptr             ? std::string{way->field("flow")}
                                                            : std::string{};
            f.values["detail"] = note->field("reason").empty() ? "it is closed" : note->field("reason");
            return f;
        }
    return {};
}

bool rang(const Procedure& p) {
    return p.sip([&](const Entry& e) { return e.out && e.service == p.entrance && e.status() == 180; }) !=
           nullptr;
}

// ---- what was sent to the callee without an answer

constexpr std::size_t largest_without_fragments = 1300;  // RFC 3261 18.1.1

// The first request that went out and brought nothing back from there, not even a provisional response. With
// requests other than INVITE nobody notes that: every hop gives up at the same time (RFC 4320).
template <class F>
const Entry* unheard(const Procedure& p, F wanted) {
    if (!p.is_failure()) return nullptr;
    for (const auto* e : p.entries) {
        if (e->kind != Entry::Kind::Sip || !e->out || !e->is_request() || !wanted(*e)) continue;
        if (e->message->method() == sip::Method::Ack || p.story->now() - e->at < patience) continue;
        const bool heard = p.sip([&](const Entry& other) {
            return !other.out && other.service == e->service && other.remote == e->remote &&
                   other.status() != 0;
        }) != nullptr;
        if (!heard) return e;
    }
    return nullptr;
}

Found too_large(const Procedure& p) {
    if (!p.is_failure()) return {};
    const auto* refused = p.note("sip.transport.failed", "detail", "too long");
    const auto* request = unheard(p, [&](const Entry& e) {
        return e.transport == "UDP" && e.text.size() > largest_without_fragments &&
               !is_application_server(p, e.remote);
    });
    if (refused == nullptr && request == nullptr) return {};
    if (request == nullptr)
        request =
            p.sip([&](const Entry& e) { return e.out && e.is_request() && e.service == refused->service; });
    if (request == nullptr) return {};
    Finding f{evidence({request, refused}), {}};
    f.values = {{"service", upper_name(request->service)},
                {"method", std::string{request->message->method_name()}},
                {"octets", std::to_string(request->text.size())},
                {"peer", request->remote}};
    return f;
}

Found callee_silent(const Procedure& p) {
    if (!failed(p)) return {};
    const auto* request = unheard(p, [&](const Entry& e) {
        return !p.story->is_service(e.remote) && e.remote != p.ue && !is_application_server(p, e.remote);
    });
    const auto* note = p.note("pcscf.ue.silent");
    if (request == nullptr) return {};
    auto f = about_call(p, {request, note});
    f.values["ue"] = request->remote;
    f.values["method"] = request->message->method_name();
    return f;
}

// ---- what the callee says

Found busy(const Procedure& p) {
    if (!failed(p)) return {};
    const auto* said = said_by_callee(p, {486, 600});
    if (said == nullptr) return {};
    auto f = about_call(p, {said});
    f.values["status"] = std::to_string(said->status());
    return f;
}

Found media_refused(const Procedure& p) {
    if (!failed(p)) return {};
    const auto* said = said_by_callee(p, {415, 488, 606});
    if (said == nullptr) return {};
    auto f = about_call(p, {p.from_ue("INVITE"), said});
    f.values["status"] = std::to_string(said->status());
    const auto warning = said->message->raw("Warning");
    f.values["warning"] = warning ? " It says: " + std::string{*warning} + "." : "";
    return f;
}

Found declined(const Procedure& p) {
    if (!failed(p)) return {};
    const auto* said = said_by_callee(p, {403, 404, 480, 500, 603});
    if (said == nullptr) return {};
    auto f = about_call(p, {said});
    f.values["status"] = std::to_string(said->status()) + " " + std::string{said->message->reason()};
    return f;
}

Found no_answer(const Procedure& p) {
    if (p.kind != Procedure::Kind::Call || p.end == Procedure::End::Success || !rang(p)) return {};
    const auto* ringing =
        p.sip([&](const Entry& e) { return e.out && e.service == p.entrance && e.status() == 180; });
    const auto* end = p.sip([&](const Entry& e) {
        return e.out && e.service == p.entrance && e.status() >= 300 &&
               e.message->method() == sip::Method::Invite;
    });
    if (end == nullptr || (end->status() != 487 && end->status() != 408 && end->status() != 480)) return {};
    auto f = about_call(p, {ringing, end});
    f.values["ringing"] = seconds_text(end->at - ringing->at);
    f.values["who"] = end->status() == 487 ? "the caller gave up" : "the network gave up";
    return f;
}

constexpr std::array session_rows{
    Cause{"caller-not-registered",
          "The caller's UE is not registered at this P-CSCF, or comes from another address "
          "and port than it registered from.",
          "Register first. After a restart of the P-CSCF without state.file, or behind a NAT that changed "
          "the port, "
          "the UE has to register anew.",
          caller_not_registered},
    Cause{"caller-barred", "The calling identity is barred.",
          "Call as another identity of the subscriber (P-Preferred-Identity), or lift the barring (hssctl).",
          caller_barred},
    Cause{"request-uri-not-served", "Nobody here serves {callee}: {reason} (said by the {service}).",
          "Dial a tel: URI with \"+\", or sip:USER@HOME-DOMAIN; local numbers need a phone-context, and what "
          "belongs to "
          "other networks needs a route.",
          nobody_serves},
    Cause{"application-server-dead",
          "The application server {server} {said}{detail}, and the default handling of its criterion ends "
          "the {method}.",
          "Look whether it runs and can be reached from the S-CSCF. Where users should rather go without it, "
          "give its initial filter criterion default handling 0 (docs/provisioning.md).",
          application_server_dead},
    Cause{"application-server-passed-over",
          "The {method} went well, but without the application server {server}, which {said}{detail}: the "
          "default handling of its criterion lets it go on.",
          "Look whether it runs and can be reached from the S-CSCF: what it does for the user was not done.",
          application_server_passed_over, Cause::Needs::Nothing, false},
    Cause{"callee-unknown", "The HSS does not know the called identity {callee}.{near}",
          "Correct the number, or add it to the callee's subscription (hssctl).", callee_unknown,
          near_misses},
    Cause{"callee-not-registered", "The callee {callee} is known and not registered.",
          "Register the callee; ask again about the callee, to see why he is not.", callee_not_registered},
    Cause{"callee-barred", "The called identity {callee} is barred.",
          "Call another identity of the callee (his number), or lift the barring (hssctl).", callee_barred},
    Cause{"callee-flow-dead", "The callee's connection to the P-CSCF is gone ({flow}): {detail}.",
          "The callee has to register anew. If it happens after minutes without traffic, a NAT or firewall "
          "forgets the "
          "connection: shorten the UE's keep-alives.",
          flow_dead},
    Cause{"message-too-large",
          "The {service} sent a {method} of {octets} octets to {peer} over UDP, which needs fragments, and "
          "nothing "
          "came back.",
          "Let TCP through to the UE (RFC 3261 18.1.1 wants it above 1300 octets), or raise the MTU of the "
          "path; "
          "fragments are often dropped on it.",
          too_large},
    Cause{"callee-silent", "The callee's UE at {ue} says nothing to the {method}, not even 100 Trying.",
          "Look at the way to the UE (ping, route to the UE pool, NAT without keep-alives), or the UE left "
          "without a "
          "word: then its registration ends by itself.",
          callee_silent},
    Cause{"busy", "The callee is busy ({status}).", "Nothing: his UE said so.", busy},
    Cause{"media-refused", "The callee's UE refused the media that were offered ({status}).{warning}",
          "Compare the codecs in the offer (SDP of the INVITE below) with what the callee's UE supports; AMR "
          "and "
          "AMR-WB are what phones expect.",
          media_refused},
    Cause{"no-answer", "The callee rang for {ringing} and nobody answered: {who}.", "Nothing: pick up.",
          no_answer},
    Cause{"callee-refused", "The callee's UE refused: {status}.", "Ask the callee's UE; its log says why.",
          declined},
};

}  // namespace

std::span<const Cause> session_causes() {
    return session_rows;
}

}  // namespace ims::why
