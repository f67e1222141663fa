#include "scscf/core/restoration.hpp"
#include "scscf/core/sessions.hpp"

#include <utility>

// SIP Digest of requests other than REGISTER (TS 24.229 5.4.3.6), where the operator wants it: without TLS a
// P-CSCF knows a user of SIP Digest by his address only.
namespace ims::scscf {

namespace h = sip::h;

bool Sessions::authenticated(sip::RequestArrived& arrived, const Impi& impi, const Impu& impu) {
    auto& request = arrived.request;
    const auto given = request.get<h::ProxyAuthorization>();
    const auto credentials = given ? Credentials::of(*given) : Credentials{};
    const bool answers = !credentials.response.empty();
    auto* state = challenges_.find(impi);
    if (state == nullptr || !state->digest) {
        // A response, but no nonce of ours: it was good once.
        core_.run(challenge_by_hss(std::move(arrived), impi, impu, answers));
        return false;
    }
    auto& challenge = *state->digest;
    if (!answers) {
        send_challenge(arrived, impi, challenge.credentials, false);
        return false;
    }
    auto verdict = verify(challenge, credentials, {request.method_name(), request.call_id(), request.body()});
    if (credentials.username != impi.value()) verdict = Verdict::WrongResponse;
    switch (verdict) {
        case Verdict::Accepted: {
            challenge.nc = nonce_count(credentials);
            challenges_.expire_at(impi, core_.now + core_.config.nonce_lifetime);
            request.remove<h::ProxyAuthorization>();  // it was for us
            return true;
        }
        case Verdict::WrongNonce:
        case Verdict::Replayed:
        case Verdict::Incomplete: send_challenge(arrived, impi, challenge.credentials, true); return false;
        case Verdict::OtherCallId:
        case Verdict::WrongResponse:
        case Verdict::MacFailure:
        case Verdict::SyncFailure: reject(arrived, 403, impu.value(), text(verdict)); return false;
    }
    return false;
}

CxProcedure Sessions::challenge_by_hss(sip::RequestArrived arrived, Impi impi, Impu impu, bool stale) {
    cx::MultimediaAuthRequest mar;
    mar.user_name = impi;
    mar.public_identity = impu;
    mar.server_name = core_.config.server_name;
    mar.supported_features = announced_features(core_.config);
    mar.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::sip_digest};
    CxQuestion question{std::move(mar), {}};
    CxReply reply = co_await std::move(question);
    if (const auto failure = failure_in(reply)) {
        reject(arrived, failure->status, impu.value(), failure->reason);
        co_return Done{};
    }
    std::vector<cx::SipDigestAuthenticate> credentials;
    if (const auto* answer = answer_in<cx::MultimediaAuthAnswer>(reply))
        for (const auto& item : answer->sip_auth_data_item)
            if (item.sip_digest_authenticate) credentials.push_back(*item.sip_digest_authenticate);
    if (credentials.empty())
        reject(arrived, 403, impu.value(), "the HSS gave no digest credentials");
    else
        send_challenge(arrived, impi, std::move(credentials), stale);
    co_return Done{};
}

void Sessions::send_challenge(const sip::RequestArrived& arrived, const Impi& impi,
                              std::vector<cx::SipDigestAuthenticate> credentials, bool stale) {
    DigestChallenge challenge;
    challenge.realm = credentials.front().digest_realm;
    challenge.credentials = std::move(credentials);
    challenge.nonce = core_.random.token(16);
    challenge.awaited = false;  // a nonce is good for any dialog
    const auto values = www_authenticate(challenge, core_.config.digest_algorithms, stale);
    if (values.empty()) return reject(arrived, 403, {}, "no digest algorithm of the HSS is allowed here");
    auto response = core_.response_to(arrived.request, 407);
    for (const auto& value : values) response.append<h::ProxyAuthenticate>(value);
    charge_response(response, charging_of(arrived.request), IoiType::VisitedToHome, core_.ioi);
    challenges_.of(impi).digest = std::move(challenge);
    challenges_.expire_at(impi, core_.now + core_.config.request_await_auth);
    core_.note(Severity::Info, "scscf.session.challenged", subject_of(arrived.request, impi.value()),
               {{"detail", stale ? "stale" : "no credentials"}});
    core_.respond(arrived.transaction, std::move(response));
}

}  // namespace ims::scscf
