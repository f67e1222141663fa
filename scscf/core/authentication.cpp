#include "scscf/core/authentication.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <utility>

namespace ims::scscf {

using crypto::DigestAlgorithm;
using crypto::HashAlgorithm;

Credentials Credentials::of(const sip::AuthValue& authorization) {
    const auto get = [&](std::string_view name) {
        return authorization.params.get(name).value_or(std::string_view{});
    };
    return {get("username"),  get("realm"),  get("nonce"), get("uri"), get("response"),
            get("algorithm"), get("cnonce"), get("qop"),   get("nc"),  get("auts")};
}

std::optional<AkaVector> AkaVector::of(const cx::SipAuthDataItem& item) {
    if (!item.sip_authenticate || item.sip_authenticate->size() != 32) return {};
    if (!item.sip_authorization || item.sip_authorization->empty()) return {};
    if (!item.confidentiality_key || !item.integrity_key) return {};
    return AkaVector{*item.sip_authenticate, *item.sip_authorization, *item.confidentiality_key,
                     *item.integrity_key};
}

std::string_view text(Verdict v) {
    switch (v) {
        case Verdict::Accepted: return "accepted";
        case Verdict::OtherCallId: return "Call-ID is not that of the challenge";
        case Verdict::Incomplete: return "a parameter is missing or not the one of the challenge";
        case Verdict::WrongNonce: return "nonce is not the one of the challenge";
        case Verdict::Replayed: return "nc was used before";
        case Verdict::WrongResponse: return "wrong response: K, OP or password differ";
        case Verdict::MacFailure: return "the UE refused AUTN: K or OP differ";
        case Verdict::SyncFailure: return "the UE asks for resynchronisation";
    }
    return "";
}

namespace {

crypto::DigestInput input_of(const DigestAlgorithm& algorithm, std::string_view ha1, const Credentials& c,
                             std::string_view method, std::string_view body) {
    crypto::DigestInput in;
    in.algorithm = algorithm;
    in.ha1 = ha1;
    in.nonce = c.nonce;
    in.cnonce = c.cnonce;
    in.nc = c.nc;
    in.qop = c.qop;
    in.method = method;
    in.uri = c.uri;
    in.body = body;
    return in;
}

bool response_matches(const DigestAlgorithm& algorithm, std::string_view ha1, const Credentials& c,
                      const Answered& request) {
    const auto expected = crypto::digest_response(input_of(algorithm, ha1, c, request.method, request.body));
    return crypto::equal_constant_time(expected, to_lower(c.response));
}

std::string aka_ha1(const AkaChallenge& challenge, const Credentials& c) {
    const auto hash = challenge.algorithm.hash;
    if (challenge.algorithm.aka != 2) return crypto::ha1(hash, c.username, c.realm, challenge.vector.xres);
    const auto password =
        crypto::aka_v2_password(hash, challenge.vector.xres, challenge.vector.ik, challenge.vector.ck);
    return crypto::ha1(hash, c.username, c.realm, octets_of(password));
}

DigestAlgorithm algorithm_of(const cx::SipDigestAuthenticate& credentials) {
    return crypto::parse_digest_algorithm(credentials.digest_algorithm.value_or("MD5"))
        .value_or(DigestAlgorithm{});
}

const cx::SipDigestAuthenticate* credentials_for(const DigestChallenge& challenge, const Credentials& c) {
    // RFC 7616 3.3: no algorithm means MD5. A UE that leaves it out answers the only challenge it was given.
    if (c.algorithm.empty() && challenge.credentials.size() == 1) return &challenge.credentials.front();
    const auto wanted = crypto::parse_digest_algorithm(c.algorithm.empty() ? "MD5" : c.algorithm);
    if (!wanted || wanted->aka != 0) return nullptr;
    for (const auto& own : challenge.credentials)
        if (algorithm_of(own).hash == wanted->hash) return &own;
    return nullptr;
}

}  // namespace

Verdict verify(const AkaChallenge& challenge, const Credentials& c, const Answered& request) {
    if (request.call_id != challenge.call_id) return Verdict::OtherCallId;  // 5.4.1.2.2 B1
    // 5.4.1.2.3A: with auts the response is ignored. AUTS answers the RAND of this challenge and no other.
    if (!c.auts.empty()) return c.nonce == challenge.nonce ? Verdict::SyncFailure : Verdict::WrongNonce;
    if (c.nonce != challenge.nonce) return Verdict::WrongNonce;
    if (c.response.empty()) return Verdict::MacFailure;
    if (c.username.empty() || c.uri.empty() || c.realm != challenge.realm) return Verdict::Incomplete;  // B3
    if (!c.algorithm.empty()) {
        // Some UEs leave the algorithm out: then it is the one of the challenge.
        const auto algorithm = crypto::parse_digest_algorithm(c.algorithm);
        if (!algorithm || *algorithm != challenge.algorithm) return Verdict::Incomplete;
    }
    if (!c.qop.empty() && (c.cnonce.empty() || c.nc.empty())) return Verdict::Incomplete;
    return response_matches(challenge.algorithm, aka_ha1(challenge, c), c, request) ? Verdict::Accepted  // B4
                                                                                    : Verdict::WrongResponse;
}

Verdict verify(const DigestChallenge& challenge, const Credentials& c, const Answered& request) {
    if (challenge.awaited && request.call_id != challenge.call_id) return Verdict::OtherCallId;
    if (c.username.empty() || c.uri.empty() || c.realm != challenge.realm || c.nonce.empty())
        return Verdict::Incomplete;
    // We always offer qop: an answer without it would let the nonce be replayed.
    if (c.qop.empty() || c.cnonce.empty() || c.nc.size() != 8) return Verdict::Incomplete;
    if (!unhex(c.nc)) return Verdict::Incomplete;
    const auto* own = credentials_for(challenge, c);
    if (own == nullptr) return Verdict::Incomplete;
    auto algorithm = *crypto::parse_digest_algorithm(
        c.algorithm.empty() ? own->digest_algorithm.value_or("MD5") : std::string{c.algorithm});
    if (!response_matches(algorithm, own->digest_ha1, c, request)) return Verdict::WrongResponse;
    if (c.nonce != challenge.nonce) return Verdict::WrongNonce;
    return nonce_count(c) > challenge.nc ? Verdict::Accepted : Verdict::Replayed;
}

std::uint32_t nonce_count(const Credentials& c) {
    const auto octets = unhex(c.nc);
    if (!octets || octets->size() != 4) return 0;
    std::uint32_t count = 0;
    for (const auto octet : *octets) count = count << 8 | octet;
    return count;
}

sip::AuthValue www_authenticate(const AkaChallenge& challenge, bool with_keys) {
    sip::AuthValue value;
    value.scheme = "Digest";
    value.params.set_quoted("realm", challenge.realm);
    value.params.set_quoted("nonce", challenge.nonce);
    value.params.set("algorithm", crypto::digest_algorithm_text(challenge.algorithm));
    value.params.set_quoted("qop", "auth");
    if (with_keys) {
        value.params.set_quoted("ck", hex(challenge.vector.ck));
        value.params.set_quoted("ik", hex(challenge.vector.ik));
    }
    return value;
}

std::vector<sip::AuthValue> www_authenticate(const DigestChallenge& challenge,
                                             const std::vector<HashAlgorithm>& preference, bool stale) {
    std::vector<sip::AuthValue> values;
    for (const auto hash : preference) {
        for (const auto& own : challenge.credentials) {
            const auto algorithm = algorithm_of(own);
            if (algorithm.hash != hash) continue;
            sip::AuthValue value;
            value.scheme = "Digest";
            value.params.set_quoted("realm", challenge.realm);
            value.params.set_quoted("nonce", challenge.nonce);
            if (stale) value.params.set("stale", "true");
            value.params.set("algorithm", crypto::digest_algorithm_text(algorithm));
            value.params.set_quoted("qop", "auth");
            values.push_back(std::move(value));
        }
    }
    return values;
}

sip::AuthValue authentication_info(const DigestChallenge& challenge, const Credentials& c,
                                   std::string_view body, std::string_view next_nonce) {
    sip::AuthValue value;
    value.params.set_quoted("nextnonce", next_nonce);
    value.params.set("qop", c.qop);
    if (const auto* own = credentials_for(challenge, c)) {
        const auto algorithm =
            c.algorithm.empty() ? algorithm_of(*own) : *crypto::parse_digest_algorithm(c.algorithm);
        value.params.set_quoted("rspauth",
                                crypto::digest_rspauth(input_of(algorithm, own->digest_ha1, c, "", body)));
    }
    value.params.set_quoted("cnonce", c.cnonce);
    value.params.set("nc", c.nc);
    return value;
}

Authentications::State* Authentications::find(const Impi& impi) {
    return states_.find(hash_of(impi.value()), [&](const State& s) { return s.impi == impi; });
}

Authentications::State& Authentications::of(const Impi& impi) {
    if (auto* known = find(impi)) return *known;
    State fresh;
    fresh.impi = impi;
    return states_.add(hash_of(impi.value()), std::move(fresh));
}

void Authentications::expire_at(const Impi& impi, TimePoint at) {
    of(impi).until = at;
    alarms_.at(at, hash_of(impi.value()));
}

void Authentications::erase(const Impi& impi) {
    const auto* state = find(impi);
    if (state == nullptr) return;
    if (state->aka) changes.removed(state->impi.value());
    states_.erase(hash_of(impi.value()), *state);
}

Authentications::State& Authentications::challenge(const Impi& impi, AkaChallenge challenge, TimePoint at) {
    auto& state = of(impi);
    if (state.aka)
        changes.changed(impi.value());
    else
        changes.added(impi.value());
    state.aka = std::move(challenge);
    state.digest.reset();
    expire_at(impi, at);
    return state;
}

void Authentications::answered(const Impi& impi) {
    auto* state = find(impi);
    if (state == nullptr || !state->aka) return;
    changes.removed(state->impi.value());
    state->aka.reset();
    if (state->empty()) states_.erase(hash_of(impi.value()), *state);
}

std::vector<Authentications::State> Authentications::take_due(TimePoint now) {
    std::vector<State> due;
    while (const auto hash = alarms_.take_due(now))
        // Nearly always one; none if it was answered, or challenged anew.
        while (auto* state = states_.find(*hash, [&](const State& s) { return s.until <= now; })) {
            if (state->aka) changes.removed(state->impi.value());
            due.push_back(std::move(*state));
            states_.erase(*hash, *state);
        }
    return due;
}

void Authentications::for_each(const std::function<void(const State&)>& f) const {
    for (const auto& [hash, state] : states_) f(state);
}

}  // namespace ims::scscf
