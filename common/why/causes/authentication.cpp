#include "common/base/text.hpp"
#include "common/why/causes/words.hpp"

// IMS-AKA and SIP Digest (TS 33.203 6.1, TS 33.102 6.3): from the challenge to its answer, or to silence.
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

const Entry* failed_with(const Procedure& p, std::string_view reason) {
    return p.note("scscf.authentication.failed", "reason", reason);
}

const Entry* challenge(const Procedure& p) {
    return registers(p) ? p.to_ue(401) : nullptr;
}

bool is_aka(const Entry& unauthorized) {
    const auto challenge = unauthorized.message->get<sip::h::WwwAuthenticate>();
    if (!challenge) return false;
    const auto algorithm = challenge->params.get("algorithm");
    return algorithm && istarts_with(*algorithm, "AKA");
}

std::uint32_t cseq(const Entry& e) {
    return e.message->cseq_number();
}

Finding with_challenge(const Procedure& p, const Entry* e) {
    Finding f{evidence({challenge(p), e}), {{"impi", p.impi}, {"ue", p.ue}}};
    if (const auto* unauthorized = challenge(p)) {
        f.values["when"] = seconds_text(p.story->now() - unauthorized->at);
        f.values["ue"] = unauthorized->remote;
        if (const auto offered = unauthorized->message->get<sip::h::WwwAuthenticate>())
            f.values["nonce"] = offered->params.get("nonce").value_or("");
    }
    return f;
}

// The last word is a challenge that has had no answer.
const Entry* unanswered(const Procedure& p) {
    if (p.end != Procedure::End::Open || p.status != 401) return nullptr;
    return challenge(p);
}

// ---- what an OP in the place of an OPc looks like: any failure that K and OPc decide

bool hangs_on_keys(const Procedure& p) {
    if (failed_with(p, "refused AUTN") != nullptr) return true;
    if (failed_with(p, "wrong response") != nullptr)
        if (const auto* unauthorized = challenge(p)) return is_aka(*unauthorized);
    if (p.note("hss.mar.auts_wrong") != nullptr) return p.is_failure();
    const auto* unauthorized = unanswered(p);
    return unauthorized != nullptr && is_aka(*unauthorized);
}

Found op_as_opc(const Procedure& p) {
    const auto shared = p.story->facts.opc_is_op.find(p.impi);
    if (shared == p.story->facts.opc_is_op.end() || !shared->second || !hangs_on_keys(p)) return {};
    return with_challenge(p, p.note("scscf.authentication.failed"));
}

Found mac_refused(const Procedure& p) {
    const auto* note = failed_with(p, "refused AUTN");
    if (note == nullptr) return {};
    return with_challenge(p, note);
}

Found wrong_response(const Procedure& p, bool aka) {
    const auto* note = failed_with(p, "wrong response");
    const auto* unauthorized = challenge(p);
    if (note == nullptr || unauthorized == nullptr || is_aka(*unauthorized) != aka) return {};
    return with_challenge(p, note);
}
Found wrong_res(const Procedure& p) {
    return wrong_response(p, true);
}
Found wrong_password(const Procedure& p) {
    return wrong_response(p, false);
}

Found resynchronisation_failed(const Procedure& p) {
    const auto* wrong = p.note("hss.mar.auts_wrong");
    const auto* often = p.note("scscf.authentication.resynchronised_too_often");
    if (!p.is_failure() || (wrong == nullptr && often == nullptr)) return {};
    auto f = with_challenge(p, wrong != nullptr ? wrong : often);
    f.values["reason"] = wrong != nullptr
                             ? "the HSS cannot verify its AUTS, so K or OP/OPc differ or AUTS was damaged"
                             : "it asks again after the HSS has followed its SQN, so the SQN schemes differ";
    return f;
}

Found resynchronised(const Procedure& p) {
    const auto* note = p.note("scscf.authentication.resynchronisation");
    if (note == nullptr || p.end != Procedure::End::Success) return {};
    return with_challenge(p, note);
}

// ---- no answer to the challenge

Found not_delivered(const Procedure& p) {
    const auto* unauthorized = unanswered(p);
    if (unauthorized == nullptr) return {};
    for (const auto* id : {"sip.response.undeliverable", "sip.transport.failed"})
        if (const auto* note = p.note(id); note != nullptr && note->service == p.entrance) {
            auto f = with_challenge(p, note);
            f.values["detail"] = note->field("detail");
            return f;
        }
    return {};
}

// The last repetition of a REGISTER that was answered already: the answer has not arrived. Each repetition is
// answered anew, so the first answer counts.
const Entry* repeated(const Procedure& p) {
    const auto* unauthorized = unanswered(p);
    if (unauthorized == nullptr) return nullptr;
    const Entry* first_answer = nullptr;
    const Entry* last_request = nullptr;
    for (const auto* e : p.entries) {
        if (e->kind != Entry::Kind::Sip || !e->message || e->service != p.entrance ||
            cseq(*e) != cseq(*unauthorized))
            continue;
        if (first_answer == nullptr && e->out && e->status() == 401) first_answer = e;
        if (!e->out && e->is_request() && !p.story->is_service(e->remote)) last_request = e;
    }
    if (first_answer == nullptr || last_request == nullptr || last_request->at <= first_answer->at)
        return nullptr;
    return last_request;
}

Found lost_behind_nat(const Procedure& p) {
    const auto* again = repeated(p);
    if (again == nullptr || !is_behind_nat(*again)) return {};
    auto f = with_challenge(p, again);
    f.values["via"] = again->message->top_via().host;
    f.values["source"] = again->remote;
    return f;
}

Found lost(const Procedure& p) {
    const auto* again = repeated(p);
    if (again == nullptr) return {};
    return with_challenge(p, again);
}

Found connection_closed(const Procedure& p) {
    const auto* unauthorized = unanswered(p);
    if (unauthorized == nullptr) return {};
    for (const auto& e : p.story->entries)
        if (e.kind == Entry::Kind::FlowClosed && e.service == p.entrance &&
            e.remote == unauthorized->remote && e.at >= unauthorized->at)
            return with_challenge(p, &e);
    return {};
}

Found started_anew(const Procedure& p) {
    const auto* unauthorized = unanswered(p);
    if (unauthorized == nullptr) return {};
    std::size_t challenges = 0;
    std::uint32_t last = 0;
    for (const auto* e : p.entries)
        if (e->kind == Entry::Kind::Sip && e->out && e->service == p.entrance && e->status() == 401 &&
            cseq(*e) != last) {
            last = cseq(*e);
            ++challenges;
        }
    if (challenges < 2 || p.note("scscf.authentication.resynchronisation") != nullptr) return {};
    auto f = with_challenge(p, p.from_ue("REGISTER"));
    f.values["count"] = std::to_string(challenges);
    const auto offered = unauthorized->message->get<sip::h::WwwAuthenticate>();
    f.values["algorithm"] = offered ? std::string{offered->params.get("algorithm").value_or("MD5")} : "?";
    return f;
}

// A UE has a moment to ask its card.
Found silent(const Procedure& p) {
    const auto* unauthorized = unanswered(p);
    if (unauthorized == nullptr || !is_aka(*unauthorized)) return {};
    if (p.story->now() - unauthorized->at < patience) return {};
    const Entry* timeout = p.note("scscf.authentication.timeout");
    return with_challenge(p, timeout);
}

Found silent_without_password(const Procedure& p) {
    const auto* unauthorized = unanswered(p);
    if (unauthorized == nullptr || is_aka(*unauthorized)) return {};
    if (p.story->now() - unauthorized->at < patience) return {};
    return with_challenge(p, p.note("scscf.authentication.timeout"));
}

constexpr auto op_check = Cause::Needs::OpInPlaceOfOpc;

constexpr std::array authentication_rows{
    Cause{"op-given-as-opc",
          "What the HSS holds as OPc of {impi} is an OP, as the keys of other subscribers show. The UE "
          "cannot accept "
          "the network with it.",
          "Provision the value as OP (hssctl --op), or give the OPc that belongs to this K; other "
          "subscribers that "
          "were added like this have the same fault.",
          op_as_opc, op_check},
    Cause{"resynchronisation-failed", "The UE asked for resynchronisation of SQN, and it failed: {reason}.",
          "Compare K and OP or OPc of the HSS with the card's; then hss.ind_bits with the card's SQN scheme "
          "(TS 33.102 "
          "C.3).",
          resynchronisation_failed},
    Cause{"mac-refused",
          "The UE refused the network's AUTN (it answered without response and without AUTS): the HSS holds "
          "another K "
          "or OP/OPc for {impi} than the card.",
          "Compare K and OP or OPc of the HSS with the card's. With the card's values, ims-ue sim-check --k "
          "K --opc OPC --nonce {nonce} says which mistake explains it: another K, an OP in the place of an "
          "OPc, a card of another set.",
          mac_refused, op_check},
    Cause{"wrong-res",
          "The UE accepted the challenge and answered it with a wrong RES: K or OP/OPc differ, or the UE "
          "does not check "
          "AUTN.",
          "Compare K and OP or OPc of the HSS with the UE's; ims-ue sim-check --k K --opc OPC --nonce "
          "{nonce} shows the RES that they give. Software UEs often take an OP where an OPc was given, or "
          "answer whatever AUTN is.",
          wrong_res, op_check},
    Cause{"wrong-password", "The UE answered the challenge of SIP Digest with a wrong password.",
          "Give the UE the password of the HSS, or the HSS that of the UE; user name and realm belong to "
          "what is "
          "hashed.",
          wrong_password},
    Cause{
        "challenge-not-delivered", "The challenge (401) could not be delivered to the UE at {ue}: {detail}.",
        "Look at the way back to the UE: routes to the UE pool, firewalls, and whether the UE still has its "
        "connection.",
        not_delivered},
    Cause{"nat",
          "There is an address translation between UE and P-CSCF (the UE calls itself {via} and comes from "
          "{source}), "
          "and the P-CSCF's answers do not get back through it.",
          "Take the translation away: the route to the UE pool must be without NAT (masquerading off on the "
          "UPF or "
          "PGW).",
          lost_behind_nat},
    Cause{"challenge-lost",
          "The UE repeats its REGISTER although it was answered with a challenge (401): what the P-CSCF "
          "sends to {ue} "
          "does not arrive.",
          "Look at the way back to the UE: routes to the UE pool, firewalls, MTU (the 401 is larger than the "
          "REGISTER).",
          lost},
    Cause{"connection-closed-after-challenge",
          "The UE closed its connection after the challenge (401) and did not answer it.",
          "Look at the UE: it stopped by itself. Its log says why; restarts, a change of bearer, or a P-CSCF "
          "it no "
          "longer wants are usual.",
          connection_closed},
    Cause{
        "challenge-ignored",
        "The UE was challenged {count} times with {algorithm} and began anew each time instead of answering.",
        "The UE does not understand the challenge: compare the algorithm with what it supports, and look "
        "whether it "
        "has an ISIM or USIM it may use.",
        started_anew},
    Cause{"silent-after-challenge",
          "The UE has been silent since it was challenged with IMS-AKA {when} ago. Most phones say nothing "
          "when they "
          "refuse the network's AUTN: the HSS holds another K or OP/OPc for {impi} than the card.",
          "Compare K and OP or OPc of the HSS with the card's; with the card's values, ims-ue sim-check --k "
          "K --opc OPC --nonce {nonce} says which mistake explains it. If they are right, the 401 does not "
          "arrive, or the UE stopped for a reason of its own.",
          silent, op_check},
    Cause{"silent-after-password-challenge",
          "The UE has been silent since it was challenged for a password (SIP Digest) {when} ago.",
          "Look whether the UE has user name and password, and whether it expected IMS-AKA: then the HSS "
          "holds the "
          "wrong kind of credentials.",
          silent_without_password},
    Cause{
        "sqn-resynchronised",
        "The card's SQN was not in the range of the HSS's; they were resynchronised, and the UE registered.",
        "Nothing. If it comes again with each registration, two HSS or test tools serve the same card.",
        resynchronised, Cause::Needs::Nothing, false},
};

}  // namespace

std::span<const Cause> authentication_causes() {
    return authentication_rows;
}

}  // namespace ims::why
