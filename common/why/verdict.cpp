#include "common/why/verdict.hpp"

#include "common/why/causes/words.hpp"

#include <algorithm>
#include <set>

namespace ims::why {

namespace {

constexpr std::array rows{
    Cause{tcp_closed_id,
          "Nothing of {key} has arrived, and the P-CSCF listens on UDP only: a UE that wants TCP (large "
          "messages, or by "
          "its settings) is refused.",
          "Give the P-CSCF a TCP port (listen.tcp), and open it in the firewall.", nullptr},
    Cause{nothing_seen_id, "No service has seen anything of {key}{but}.",
          "Look whether the UE sends at all and where to: the P-CSCF's address it was given (SMF or PGW: "
          "P-CSCF in PCO; "
          "DNS), the route to it, a firewall. What is older than the services' memory, or than their last "
          "restart, is "
          "forgotten (trace.octets).",
          nullptr},
    Cause{"beginning-overwritten",
          "Only fragments of what was done about {key} are remembered: their beginnings are overwritten.",
          "Try again and ask at once, or give the services a larger memory (trace.octets).", nullptr},
};

bool listens_on(const Story& story, std::string_view service, std::string_view transport) {
    for (const auto& a : story.accounts)
        if (a.service == service)
            for (const auto& at : a.listening)
                if (std::string_view{at}.starts_with(transport)) return true;
    return false;
}

bool tells(const Story& story, std::string_view service) {
    return std::any_of(story.accounts.begin(), story.accounts.end(),
                       [&](const Account& a) { return a.service == service; });
}

Verdict verdict_without_procedure(const Story& story) {
    const bool no_tcp = tells(story, "pcscf") && !listens_on(story, "pcscf", "TCP ");
    const bool fragments = std::any_of(story.entries.begin(), story.entries.end(), [](const Entry& e) {
        return e.kind == Entry::Kind::Sip && e.message.has_value();
    });
    const auto& cause = rows[fragments ? 2 : no_tcp ? 0 : 1];
    std::string but;
    if (!story.silent.empty()) but = " (" + std::to_string(story.silent.size()) + " could not be asked)";
    Verdict v;
    v.outcome = Verdict::Outcome::Nothing;
    v.cause = cause.id;
    v.sentence = filled(cause.sentence, {{"key", story.key}, {"but", but}});
    v.action = cause.action;
    return v;
}

Verdict verdict_on(const Procedure& p) {
    Verdict v;
    v.title = p.title();
    v.at = p.began;
    for (const auto& cause : causes()) {
        auto finding = cause.look(p);
        if (!finding) continue;
        // What a cause of failure found does not matter to what went well in the end (another S-CSCF was
        // tried).
        if (cause.failed && p.end == Procedure::End::Success) continue;
        v.cause = cause.id;
        v.sentence = filled(cause.sentence, finding->values);
        v.action = filled(cause.action, finding->values);
        v.evidence = std::move(finding->evidence);
        v.outcome = cause.failed ? Verdict::Outcome::Failure : Verdict::Outcome::Fine;
        if (cause.id == "no-final-response") v.outcome = Verdict::Outcome::UnderWay;
        return v;
    }
    const auto status = p.status == 0 ? std::string{} : " (" + std::to_string(p.status) + ")";
    switch (p.end) {
        case Procedure::End::Success:
            v.outcome = Verdict::Outcome::Fine;
            v.sentence = "The " + p.title() + " went well" + status + ".";
            break;
        case Procedure::End::Cancelled:
            v.outcome = Verdict::Outcome::Fine;
            v.sentence = "The caller gave up: " + p.title() + status + ".";
            break;
        case Procedure::End::Failure:
            v.outcome = Verdict::Outcome::Failure;
            v.sentence = "The " + p.title() + " failed" + status + ".";
            break;
        case Procedure::End::Open:
            v.outcome = Verdict::Outcome::UnderWay;
            v.sentence = "The " + p.title() + " is under way.";
            break;
    }
    return v;
}

// Which one to answer with.
std::size_t principal(const std::vector<Procedure>& procedures, const std::vector<Verdict>& verdicts) {
    for (std::size_t i = verdicts.size(); i-- > 0;) {
        if (verdicts[i].outcome != Verdict::Outcome::Failure) continue;
        bool mended = false;
        for (std::size_t later = i + 1; later < verdicts.size(); ++later)
            mended = mended || (procedures[later].kind == procedures[i].kind &&
                                procedures[later].who == procedures[i].who &&
                                procedures[later].whom == procedures[i].whom &&
                                verdicts[later].outcome == Verdict::Outcome::Fine);
        if (!mended) return i;
    }
    // Nothing failed: what was mended, else the latest registration, call or message.
    for (std::size_t i = verdicts.size(); i-- > 0;)
        if (!verdicts[i].cause.empty() && verdicts[i].outcome == Verdict::Outcome::Fine) return i;
    for (std::size_t i = verdicts.size(); i-- > 0;)
        if (procedures[i].kind != Procedure::Kind::Other) return i;
    return verdicts.size() - 1;
}

}  // namespace

std::span<const Cause> causes_without_procedure() {
    return rows;
}

Answer answer_to(const Story& story) {
    Answer answer;
    const auto procedures = procedures_of(story);
    for (const auto& p : procedures) answer.all.push_back(verdict_on(p));
    if (answer.all.empty()) {
        answer.verdict = verdict_without_procedure(story);
        return answer;
    }
    const auto chosen = principal(procedures, answer.all);
    answer.verdict = answer.all[chosen];
    answer.verdict.ladder = ladder_of(procedures[chosen], answer.verdict.evidence);
    return answer;
}

HssQuestions hss_questions(const Story& story) {
    HssQuestions questions;
    std::set<std::string> near;
    std::set<std::string> opc;
    for (const auto& p : procedures_of(story)) {
        if (!p.is_failure()) continue;
        for (const auto& cause : causes()) {
            if (!cause.look(p)) continue;
            if (cause.needs == Cause::Needs::OpInPlaceOfOpc && !p.impi.empty() &&
                !story.facts.opc_is_op.contains(p.impi))
                opc.insert(p.impi);
            if (cause.needs == Cause::Needs::NearMisses)
                for (const auto* request : {p.cx_request("UAR"), p.cx_request("LIR")})
                    for (const auto* field : {"impi", "impu"})
                        if (request != nullptr && !request->field(field).empty() &&
                            !story.facts.has_near_misses_of(std::string{request->field(field)}))
                            near.insert(std::string{request->field(field)});
            break;
        }
    }
    questions.near_misses_of.assign(near.begin(), near.end());
    questions.opc_of.assign(opc.begin(), opc.end());
    return questions;
}

}  // namespace ims::why
