#include "common/base/text.hpp"
#include "scscf/core/registrar.hpp"

#include <algorithm>
#include <utility>

// Who is it? TS 24.229 5.4.1.1 to 5.4.1.2.3.
namespace ims::scscf {

namespace h = sip::h;

void Registrar::on_register(const sip::RequestArrived& arrived) {
    if (core_.refuses_extensions(arrived.transaction, arrived.request, {"path", "outbound", "sec-agree"}))
        return;
    auto read = read_register(arrived, core_);
    if (!read)
        return core_.reject(arrived.transaction, arrived.request, read.error().status,
                            "scscf.registration.rejected", subject_of(arrived.request), read.error().reason);
    auto r = std::move(*read);
    r.purpose = purpose_of(r);
    if (!answers_challenge(r))
        core_.note(Severity::Trace, "scscf.registration.attempted", r.subject(),
                   {{"registration", std::string{r.purpose}}});

    // Table 5.4.1.1
    switch (r.protection) {
        case Protection::No: return on_unprotected_aka(std::move(r));
        case Protection::Yes: return on_protected_aka(std::move(r));
        case Protection::Absent:
            if (r.names_aka()) return on_unprotected_aka(std::move(r));
            return on_digest(std::move(r));
        case Protection::NoAuthorization: return core_.run(challenge_by_hss(std::move(r), false));
        case Protection::TlsConnected:
            // TLS says nothing of the user: only the answer to an outstanding challenge does.
            if (const auto* state = authentications.find(r.impi);
                r.has_answer() && state != nullptr && state->aka)
                return on_protected_aka(std::move(r));
            return core_.run(challenge_aka(std::move(r)));
        case Protection::TlsPending:
        case Protection::TlsYes:
        case Protection::IpAssocPending:
        case Protection::IpAssocYes: return on_digest(std::move(r));
        case Protection::AuthDone:
            if (core_.config.accept_auth_done) return accept(std::move(r), Proof{});  // 5.4.1.2.2E
            return reject(r, 403, "auth-done is not accepted here");
    }
}

std::string_view Registrar::purpose_of(const RegisterRequest& r) const {
    if (r.deregisters()) return "deregistration";
    if (r.contact_to_bind() == nullptr) return "query";
    const auto* set = std::as_const(core_.registrations).find(r.impu.value());
    const auto mine = set == nullptr ? std::nullopt : set->private_index(r.impi.value());
    return mine && set->registered_by(*mine) ? "re-registration" : "initial";
}

// A procedure is one attempt, however often its UE is challenged: what follows a 401 is no new one.
bool Registrar::answers_challenge(const RegisterRequest& r) {
    const auto* state = authentications.find(r.impi);
    if (state == nullptr) return false;
    const auto nonce = r.auth_param("nonce");
    return (state->aka && nonce == state->aka->nonce) ||
           (state->digest && state->digest->awaited && nonce == state->digest->nonce);
}

void Registrar::on_unprotected_aka(RegisterRequest r) {
    // 5.4.1.2.1: an answer that is not integrity protected is ignored and challenged anew, unless the
    // operator knows that there is no security association to protect it
    // (accept_aka_without_integrity_protection). Even then only the answer to the outstanding challenge
    // counts; anything else starts anew.
    auto* state = authentications.find(r.impi);
    const bool answers_challenge = state != nullptr && state->aka &&
                                   r.message.call_id() == state->aka->call_id &&
                                   r.auth_param("nonce") == state->aka->nonce;
    // Where the UE had no keys to protect it with it says so in clear (5.4.1.2.3A, 33.203 7.3): AUTS, or
    // nothing at all when the MAC was wrong.
    const bool without_keys = !r.auth_param("auts").empty() || !r.has_answer();
    if (answers_challenge && (core_.config.accept_aka_without_integrity_protection || without_keys)) {
        auto& challenge = *state->aka;
        return check_aka(std::move(r), challenge);
    }
    core_.run(challenge_aka(std::move(r)));
}

void Registrar::on_protected_aka(RegisterRequest r) {
    auto* state = authentications.find(r.impi);
    if (state != nullptr && state->aka) {
        auto& challenge = *state->aka;  // 5.4.1.2.2 B
        return check_aka(std::move(r), challenge);
    }
    // 5.4.1.2.2 A: protected by the association of an earlier authentication.
    const auto sets = core_.registrations.sets_of(r.impi.value());
    const bool registered = std::any_of(sets.begin(), sets.end(), [&](const auto* set) {
        return set->registered_by(*set->private_index(r.impi.value()));
    });
    const auto* contact = r.contact_to_bind();
    const bool wanted = std::any_of(sets.begin(), sets.end(), [&](const auto* set) {
        return std::any_of(set->bindings.begin(), set->bindings.end(), [&](const Binding& binding) {
            return binding.reauthenticate && binding.private_identity == set->private_index(r.impi.value()) &&
                   (contact == nullptr || is_same_contact(binding, *contact));
        });
    });
    if (wanted || (registered && core_.config.authenticate_reregistrations))
        return core_.run(challenge_aka(std::move(r)));  // A1
    if (!registered) {
        // 5.4.1.2.3A, 4.14: who was never challenged here is taken in only on the word of a known P-CSCF.
        if (!core_.config.scscf_restoration || !core_.config.trusted_peers)
            return reject(r, 500, "no registration of this private identity is known here");
        return accept(std::move(r), Proof{});
    }
    // A2: only a flow may be new (deregistration has its own answer to a contact nobody knows).
    const bool bound =
        contact == nullptr || std::any_of(sets.begin(), sets.end(), [&](const auto* set) {
            return std::any_of(set->bindings.begin(), set->bindings.end(), [&](const Binding& binding) {
                return !binding.ended && binding.private_identity == set->private_index(r.impi.value()) &&
                       is_same_contact(binding, *contact);
            });
        });
    if (!bound && reg_id_of(*contact) == 0)
        return reject(r, 403, "a new contact, and no challenge was answered");
    accept(std::move(r), Proof{});
}

void Registrar::check_aka(RegisterRequest r, AkaChallenge& challenge) {
    const auto authorization = r.authorization.value_or(sip::AuthValue{});
    const auto verdict = verify(challenge, Credentials::of(authorization),
                                Answered{r.message.method_name(), r.message.call_id(), r.message.body()});
    switch (verdict) {
        case Verdict::Accepted: {
            authentications.answered(r.impi);  // B2: the timer is stopped, the nonce is used up
            return accept(std::move(r), Proof{true, false, {}});
        }
        case Verdict::SyncFailure: return core_.run(resynchronise(std::move(r)));
        case Verdict::OtherCallId: return reject(r, 403, text(verdict));  // the challenge stays outstanding
        case Verdict::Incomplete:
        case Verdict::WrongNonce:
        case Verdict::Replayed:
        case Verdict::WrongResponse:
        case Verdict::MacFailure: return fail(r, verdict);
    }
}

void Registrar::fail(const RegisterRequest& r, Verdict verdict) {
    // 5.4.1.2.3A: 403, the registration state stays. The HSS forgets that authentication is pending
    // (TS 29.228 6.1.2).
    authentications.erase(r.impi);
    core_.note(Severity::Warning, "scscf.authentication.failed", r.subject(),
               {{"reason", std::string{text(verdict)}}});
    reject(r, 403, text(verdict));
    tell_hss(r.impi, r.impu, cx::ServerAssignmentType::AuthenticationFailure);
}

void Registrar::tell_hss(const Impi& impi, const Impu& impu, cx::ServerAssignmentType type) {
    core_.cx.tell(assignment_request(impi, impu, type), hss_of(impi), core_.effects());
}

std::optional<std::string> Registrar::hss_of(const Impi& impi) {
    const auto sets = core_.registrations.sets_of(impi.value());
    if (sets.empty() || !sets.front()->hss) return {};
    return *sets.front()->hss;
}

cx::MultimediaAuthRequest Registrar::auth_request(const RegisterRequest& r, std::string_view scheme) const {
    cx::MultimediaAuthRequest mar;
    mar.user_name = r.impi;
    mar.public_identity = r.impu;
    mar.server_name = core_.config.server_name;
    mar.supported_features = announced_features(core_.config);
    mar.sip_auth_data_item.sip_authentication_scheme = std::string{scheme};
    mar.sip_number_auth_items =
        scheme == cx::scheme::digest_aka_v1_md5 ? core_.config.vectors_per_request : 1;
    return mar;
}

void Registrar::keep_vectors(const Impi& impi, const cx::MultimediaAuthAnswer& answer) {
    auto& vectors = authentications.of(impi).vectors;
    for (const auto& item : answer.sip_auth_data_item)
        if (auto vector = AkaVector::of(item)) vectors.push_back(std::move(*vector));
}

CxProcedure Registrar::challenge_aka(RegisterRequest r) {
    // 5.4.1.2.1 step 3: a vector at hand, or from the HSS.
    auto* state = authentications.find(r.impi);
    if (state == nullptr || state->vectors.empty()) {
        CxQuestion question{auth_request(r, cx::scheme::digest_aka_v1_md5), hss_of(r.impi)};
        CxReply reply = co_await std::move(question);
        const auto* answer = answer_in<cx::MultimediaAuthAnswer>(reply);
        const bool no_aka =
            answer != nullptr &&
            diameter::is(answer->result, cx::ExperimentalResultCode::ErrorAuthSchemeNotSupported);
        if (no_aka && r.protection == Protection::No &&
            core_.config.accept_aka_without_integrity_protection) {
            // Without a security agreement the first REGISTER of IMS-AKA and of SIP Digest look the same to
            // the P-CSCF, which then says "no". This user has a password: 5.4.1.2.2A.
            r.protection = Protection::IpAssocPending;
            core_.run(challenge_by_hss(std::move(r), false));
            co_return Done{};
        }
        if (const auto failure = failure_in(reply)) {
            reject(r, failure->status, failure->reason);
            co_return Done{};
        }
        if (answer != nullptr) keep_vectors(r.impi, *answer);
    }
    send_aka_challenge(r, 0);
    co_return Done{};
}

CxProcedure Registrar::resynchronise(RegisterRequest r) {
    // 5.4.1.2.3A: MAR with AUTS and the RAND of the challenge; the next vector follows the USIM's SQN.
    const auto& challenge = *authentications.find(r.impi)->aka;
    const auto done = challenge.resynchronisations;
    const auto auts = unbase64(r.auth_param("auts"));
    if (!auts || auts->size() != 14) {
        fail(r, Verdict::Incomplete);
        co_return Done{};
    }
    if (done >= core_.config.resynchronisations) {
        core_.note(Severity::Warning, "scscf.authentication.resynchronised_too_often", r.subject());
        fail(r, Verdict::SyncFailure);
        co_return Done{};
    }
    core_.note(Severity::Info, "scscf.authentication.resynchronisation", r.subject());
    auto mar = auth_request(r, cx::scheme::digest_aka_v1_md5);
    Octets rand_auts(challenge.vector.rand_autn.begin(), challenge.vector.rand_autn.begin() + 16);
    rand_auts.insert(rand_auts.end(), auts->begin(), auts->end());
    mar.sip_auth_data_item.sip_authorization = std::move(rand_auts);
    authentications.erase(r.impi);  // vectors at hand have the SQN the USIM refused

    CxQuestion question{std::move(mar), hss_of(r.impi)};
    CxReply reply = co_await std::move(question);
    if (const auto failure = failure_in(reply)) {
        reject(r, failure->status, failure->reason);
        co_return Done{};
    }
    if (const auto* answer = answer_in<cx::MultimediaAuthAnswer>(reply)) keep_vectors(r.impi, *answer);
    send_aka_challenge(r, done + 1);
    co_return Done{};
}

sip::Message Registrar::unauthorized(const RegisterRequest& r) {
    auto response = core_.response_to(r.message, 401);
    if (r.path_outbound) response.append<h::Require>("outbound");  // 5.4.1.2.1 step 5
    charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);
    return response;
}

void Registrar::send_aka_challenge(const RegisterRequest& r, unsigned resynchronisations) {
    auto& state = authentications.of(r.impi);
    if (state.vectors.empty()) {
        if (state.empty()) authentications.erase(r.impi);
        return reject(r, 403, "the HSS has no authentication vector");
    }
    AkaChallenge challenge;
    challenge.call_id = r.message.call_id();
    challenge.impu = r.impu;
    // 5.4.1.2.1A: the algorithm the UE sent, if it is one of AKA, else AKAv1-MD5.
    challenge.algorithm = crypto::DigestAlgorithm{crypto::HashAlgorithm::Md5, 1, false};
    if (const auto asked = crypto::parse_digest_algorithm(r.auth_param("algorithm")))
        if (asked->aka == 2 && asked->hash == crypto::HashAlgorithm::Sha256 && !asked->sess)
            challenge.algorithm = *asked;
    challenge.realm = core_.config.home_domain;
    challenge.vector = std::move(state.vectors.front());
    state.vectors.pop_front();
    challenge.nonce = base64(challenge.vector.rand_autn);  // RFC 3310 3.2
    challenge.resynchronisations = resynchronisations;

    auto response = unauthorized(r);
    response.set<h::WwwAuthenticate>(www_authenticate(challenge, r.protection != Protection::TlsConnected));
    const auto algorithm = challenge.algorithm;
    authentications.challenge(r.impi, std::move(challenge),
                              core_.now + core_.config.reg_await_auth);  // step 7
    core_.note(Severity::Info, "scscf.registration.challenged", r.subject(),
               {{"detail", std::string{crypto::digest_algorithm_text(algorithm)}}});
    core_.respond(r.transaction, std::move(response));
}

// ---- SIP Digest

void Registrar::on_digest(RegisterRequest r) {
    auto* state = authentications.find(r.impi);
    // Without integrity-protected an AKA answer may carry no algorithm (some UEs): the challenge tells.
    if (state != nullptr && state->aka && r.has_answer()) return on_unprotected_aka(std::move(r));

    // 5.4.1.2.2A: with an association of an earlier authentication the operator may spare the UE the digest.
    const bool associated = r.protection == Protection::IpAssocYes || r.protection == Protection::TlsYes;
    if (associated && !core_.config.authenticate_digest_always &&
        !core_.registrations.sets_of(r.impi.value()).empty())
        return accept(std::move(r), Proof{});
    if (!r.has_answer()) return core_.run(challenge_by_hss(std::move(r), false));
    // Response, but nothing outstanding: stale=true (5.4.1.2.2A).
    if (state == nullptr || !state->digest) return core_.run(challenge_by_hss(std::move(r), true));
    auto& challenge = *state->digest;
    check_digest(std::move(r), challenge);
}

void Registrar::check_digest(RegisterRequest r, DigestChallenge& challenge) {
    const auto credentials = Credentials::of(*r.authorization);
    const auto verdict = verify(challenge, credentials,
                                Answered{r.message.method_name(), r.message.call_id(), r.message.body()});
    switch (verdict) {
        case Verdict::Accepted: {
            // The next nonce goes out with the 200; this one is not good for anything any more.
            auto next_nonce = core_.random.token(16);
            const bool tls = r.protection == Protection::TlsPending || r.protection == Protection::TlsYes;
            Proof proof{challenge.awaited, !tls, authentication_info(challenge, credentials, {}, next_nonce)};
            challenge.nonce = std::move(next_nonce);
            challenge.nc = 0;
            challenge.awaited = false;
            authentications.expire_at(r.impi, core_.now + core_.config.nonce_lifetime);
            return accept(std::move(r), std::move(proof));
        }
        case Verdict::WrongNonce:
        case Verdict::Replayed: {
            // 5.4.1.2.3B: the password is right, nonce or nc are not.
            core_.note(Severity::Info, "scscf.authentication.stale", r.subject(),
                       {{"reason", std::string{text(verdict)}}});
            auto own = challenge.credentials;
            return send_digest_challenge(r, std::move(own), true);
        }
        case Verdict::OtherCallId: {
            auto own = challenge.credentials;
            return send_digest_challenge(r, std::move(own), false);
        }
        case Verdict::Incomplete:
        case Verdict::WrongResponse:
        case Verdict::MacFailure:
        case Verdict::SyncFailure: return fail(r, verdict);
    }
}

CxProcedure Registrar::challenge_by_hss(RegisterRequest r, bool stale) {
    // Table 5.4.1.1: without integrity-protected the HSS knows the scheme.
    const bool known = r.protection != Protection::Absent && r.protection != Protection::NoAuthorization;
    CxQuestion question{auth_request(r, known ? cx::scheme::sip_digest : cx::scheme::unknown),
                        hss_of(r.impi)};
    CxReply reply = co_await std::move(question);

    const auto* answer = answer_in<cx::MultimediaAuthAnswer>(reply);
    const bool no_digest =
        answer != nullptr &&
        diameter::is(answer->result, cx::ExperimentalResultCode::ErrorAuthSchemeNotSupported);
    if (no_digest && !known && core_.config.accept_aka_without_integrity_protection) {
        // A client that names nobody before it is challenged, and has AKA credentials. With the usual policy
        // it has to come with an Authorization, and through a P-CSCF that marks it.
        core_.run(challenge_aka(std::move(r)));
        co_return Done{};
    }
    if (const auto failure = failure_in(reply)) {
        reject(r, failure->status, failure->reason);
        co_return Done{};
    }
    std::vector<cx::SipDigestAuthenticate> credentials;
    const auto items = answer == nullptr ? std::vector<cx::SipAuthDataItem>{} : answer->sip_auth_data_item;
    for (const auto& item : items)
        if (item.sip_digest_authenticate) credentials.push_back(*item.sip_digest_authenticate);
    if (credentials.empty()) {
        reject(r, 403, "the HSS gave no digest credentials");
        co_return Done{};
    }
    send_digest_challenge(r, std::move(credentials), stale);
    co_return Done{};
}

void Registrar::send_digest_challenge(const RegisterRequest& r,
                                      std::vector<cx::SipDigestAuthenticate> credentials, bool stale) {
    DigestChallenge challenge;
    challenge.call_id = r.message.call_id();
    challenge.impu = r.impu;
    challenge.realm = credentials.front().digest_realm;
    challenge.credentials = std::move(credentials);
    challenge.nonce = core_.random.token(16);
    const auto values = www_authenticate(challenge, core_.config.digest_algorithms, stale);
    if (values.empty()) return reject(r, 403, "no digest algorithm of the HSS is allowed here");

    auto response = unauthorized(r);
    for (const auto& value : values) response.append<h::WwwAuthenticate>(value);
    authentications.answered(r.impi);  // an AKA challenge, or none
    authentications.of(r.impi).digest = std::move(challenge);
    authentications.expire_at(r.impi, core_.now + core_.config.reg_await_auth);
    core_.note(Severity::Info, "scscf.registration.challenged", r.subject(),
               {{"detail", stale ? "digest, stale" : "digest"}});
    core_.respond(r.transaction, std::move(response));
}

}  // namespace ims::scscf
