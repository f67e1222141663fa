#include "tests/ue/core/authentication.hpp"

#include "common/base/result.hpp"
#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ims::ue {

namespace {

crypto::SqnChecker checker_of(const Config& config) {
    const auto* card = std::get_if<Card>(&config.credentials);
    if (card == nullptr) return crypto::SqnChecker{{.ind_bits = 0}};
    crypto::SqnChecker checker{card->scheme};
    if (card->sqn_ms > 0) checker.set_highest(card->sqn_ms);
    return checker;
}

// "auth" where it is offered: bodies are not worth more to this UE.
std::string chosen_qop(std::string_view offered) {
    bool auth = false, auth_int = false;
    while (!offered.empty()) {
        const auto comma = offered.find(',');
        const auto one = trim(offered.substr(0, comma));
        auth = auth || iequals(one, "auth");
        auth_int = auth_int || iequals(one, "auth-int");
        offered = comma == std::string_view::npos ? std::string_view{} : offered.substr(comma + 1);
    }
    return auth ? "auth" : auth_int ? "auth-int" : "";
}

std::string nonce_count_text(std::uint32_t count) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", count);
    return text.data();
}

struct AkaChallenge {
    crypto::Block rand{};
    std::array<std::uint8_t, 16> autn{};
};
// RFC 3310 3.2: nonce = base64(RAND || AUTN || server data).
std::optional<AkaChallenge> aka_challenge(std::string_view nonce) {
    const auto octets = unbase64(nonce);
    if (!octets || octets->size() < 32) return {};
    AkaChallenge c;
    std::copy_n(octets->begin(), 16, c.rand.begin());
    std::copy_n(octets->begin() + 16, 16, c.autn.begin());
    return c;
}

}  // namespace

Authentication::Authentication(const Config& config, Random& random)
    : config_{config}, random_{random}, checker_{checker_of(config)} {}

sip::AuthValue Authentication::initial(std::string_view uri) const {
    sip::AuthValue value{.scheme = "Digest", .params = {}};
    value.params.set_quoted("username", config_.impi.value());
    value.params.set_quoted("realm", config_.domain);
    value.params.set_quoted("nonce", "");
    value.params.set_quoted("uri", uri);
    value.params.set_quoted("response", "");
    if (config_.algorithm) value.params.set("algorithm", *config_.algorithm);
    return value;
}

std::optional<Authentication::Challenge> Authentication::understood(const sip::AuthValue& challenge) const {
    if (!iequals(challenge.scheme, "Digest")) return {};
    const auto text = [&](std::string_view name) {
        return std::string{challenge.params.get(name).value_or("")};
    };
    Challenge c{.realm = text("realm"),
                .nonce = text("nonce"),
                .opaque = text("opaque"),
                .algorithm_text = text("algorithm"),
                .algorithm = {},
                .qop = chosen_qop(text("qop")),
                .nonce_count = 0,
                .ha1 = {}};
    const auto algorithm =
        crypto::parse_digest_algorithm(c.algorithm_text.empty() ? "MD5" : c.algorithm_text);
    if (!algorithm) return {};
    c.algorithm = *algorithm;
    const bool card = std::holds_alternative<Card>(config_.credentials);
    if (card != (c.algorithm.aka != 0)) return {};
    if (card && !aka_challenge(c.nonce)) return {};
    return c;
}

std::optional<Authentication::Answer> Authentication::answer(const std::vector<sip::AuthValue>& challenges,
                                                             std::string_view method, std::string_view uri,
                                                             std::string_view body) {
    // RFC 8760 2.4: the topmost that is understood.
    for (const auto& offered : challenges) {
        auto challenge = understood(offered);
        if (!challenge) continue;
        last_ = std::move(*challenge);
        if (const auto* card = std::get_if<Card>(&config_.credentials))
            return answer_aka(*card, method, uri, body);
        const auto& password = std::get<Password>(config_.credentials).text;
        last_.ha1 = crypto::ha1(last_.algorithm.hash, config_.impi.value(), last_.realm, octets_of(password));
        return Answer{{last_.algorithm_text, Challenged::Verdict::Answered}, respond(method, uri, body)};
    }
    return {};
}

Authentication::Answer Authentication::answer_aka(const Card& card, std::string_view method,
                                                  std::string_view uri, std::string_view body) {
    const auto challenge = *aka_challenge(last_.nonce);
    const auto result = crypto::usim_authenticate(card.keys, checker_, challenge.rand, challenge.autn);
    const auto secret = [&](std::span<const std::uint8_t> password) {
        last_.ha1 = crypto::ha1(last_.algorithm.hash, config_.impi.value(), last_.realm, password);
    };
    return std::visit(
        overloaded{
            [&](const crypto::UsimSuccess& s) -> Answer {
                auto res = s.res;
                if (config_.misbehaviour == Misbehaviour::WrongResponse) res[0] ^= 1;
                if (last_.algorithm.aka == 2)
                    secret(octets_of(crypto::aka_v2_password(last_.algorithm.hash, res, s.ik, s.ck)));
                else
                    secret(res);
                return {{last_.algorithm_text, Challenged::Verdict::Answered},
                        respond(method, uri, body),
                        Answer::Keys{s.ik, s.ck}};
            },
            [&](const crypto::UsimSyncFailure& f) -> Answer {
                secret({});  // RFC 3310 3.4: with auts, the password is empty
                auto authorization = respond(method, uri, body);
                authorization.params.set_quoted("auts", base64(f.auts));
                return {{last_.algorithm_text, Challenged::Verdict::SynchronisationFailure},
                        std::move(authorization)};
            },
            [&](const crypto::UsimMacFailure&) -> Answer {
                // 24.229 5.1.1.5.3: neither response nor auts says that the network failed to prove itself.
                return {{last_.algorithm_text, Challenged::Verdict::MacFailure}, header(uri, "")};
            },
        },
        result);
}

sip::AuthValue Authentication::header(std::string_view uri, std::string_view response) const {
    sip::AuthValue value{.scheme = "Digest", .params = {}};
    value.params.set_quoted("username", config_.impi.value());
    value.params.set_quoted("realm", last_.realm);
    value.params.set_quoted("nonce", last_.nonce);
    value.params.set_quoted("uri", uri);
    value.params.set_quoted("response", response);
    if (!last_.algorithm_text.empty()) value.params.set("algorithm", last_.algorithm_text);
    if (!last_.opaque.empty()) value.params.set_quoted("opaque", last_.opaque);
    return value;
}

sip::AuthValue Authentication::respond(std::string_view method, std::string_view uri, std::string_view body) {
    const auto cnonce = random_.token(8);
    const auto count = nonce_count_text(++last_.nonce_count);
    auto response = crypto::digest_response({.algorithm = last_.algorithm,
                                             .ha1 = last_.ha1,
                                             .nonce = last_.nonce,
                                             .cnonce = cnonce,
                                             .nc = count,
                                             .qop = last_.qop,
                                             .method = method,
                                             .uri = uri,
                                             .body = body});
    if (config_.misbehaviour == Misbehaviour::WrongResponse) response[0] = response[0] == '0' ? '1' : '0';
    auto value = header(uri, response);
    if (!last_.qop.empty()) {
        value.params.set("qop", last_.qop);
        value.params.set("nc", count);
        value.params.set_quoted("cnonce", cnonce);
    } else if (last_.algorithm.sess) {
        value.params.set_quoted("cnonce", cnonce);
    }
    last_answer_ = value;
    return value;
}

std::optional<sip::AuthValue> Authentication::again(std::string_view method, std::string_view uri,
                                                    std::string_view body) {
    if (!last_answer_) return {};
    // 24.229 5.1.1.4.2: the last nonce and the last response; a one-time password is good for no other.
    if (last_.algorithm.aka != 0) return last_answer_;
    return respond(method, uri, body);
}

void Authentication::next_nonce(std::string_view nonce) {
    last_.nonce = nonce;
    last_.nonce_count = 0;
}

}  // namespace ims::ue
