// MAR, TS 29.228 6.3.1; vectors after TS 33.102 6.3 and C.3.4.
#include "hss/core/identify.hpp"
#include "hss/core/push.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

constexpr std::size_t rand_octets = 16;
constexpr std::size_t auts_octets = 14;

// The scheme the request asks for, or nothing if it is not ours or the subscriber has no credential for it.
std::optional<AuthenticationScheme> scheme_of(const cx::SipAuthDataItem& item, const PrivateIdentity& p) {
    const auto asked = item.sip_authentication_scheme.value_or(std::string{cx::scheme::unknown});
    if (asked == cx::scheme::unknown) {
        if (p.scheme == AuthenticationScheme::NassBundled || p.scheme == AuthenticationScheme::SipDigest)
            return p.scheme;
        return std::nullopt;
    }
    if (asked == cx::scheme::digest_aka_v1_md5 && p.aka) return AuthenticationScheme::DigestAkaV1Md5;
    if (asked == cx::scheme::sip_digest && p.sip_digest) return AuthenticationScheme::SipDigest;
    if (asked == cx::scheme::nass_bundled && !p.line_identifiers.empty())
        return AuthenticationScheme::NassBundled;
    if (asked == cx::scheme::early_ims && p.framed_ip_address) return AuthenticationScheme::EarlyIms;
    return std::nullopt;
}

cx::SipAuthDataItem aka_item(const AkaCredential& aka, std::uint64_t sqn, Random& random) {
    crypto::Block rand{};
    random.fill(rand);
    const auto vector = crypto::generate_vector(aka.keys, rand, sqn, aka.amf);
    cx::SipAuthDataItem item;
    item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
    auto& authenticate = item.sip_authenticate.emplace(vector.rand.begin(), vector.rand.end());
    authenticate.insert(authenticate.end(), vector.autn.begin(), vector.autn.end());
    item.sip_authorization.emplace(vector.xres.begin(), vector.xres.end());
    item.confidentiality_key.emplace(vector.ck.begin(), vector.ck.end());
    item.integrity_key.emplace(vector.ik.begin(), vector.ik.end());
    return item;
}

// TS 33.102 6.3.5: where the counter goes on after SIP-Authorization = RAND || AUTS; nothing if MAC-S is
// wrong.
std::optional<std::uint64_t> resynchronized(const AkaCredential& aka, const Octets& rand_auts,
                                            std::uint64_t sqn, const Policy& policy) {
    if (rand_auts.size() != rand_octets + auts_octets) return std::nullopt;
    crypto::Block rand{};
    std::array<std::uint8_t, auts_octets> auts{};
    std::copy_n(rand_auts.begin(), rand_octets, rand.begin());
    std::copy_n(rand_auts.begin() + rand_octets, auts_octets, auts.begin());
    const auto sqn_ms = crypto::check_auts(aka.keys, rand, auts);
    if (!sqn_ms) return std::nullopt;
    return crypto::resynchronized_sqn(policy.sqn, sqn, *sqn_ms);
}

void add_aka_items(Decision<cx::MultimediaAuthAnswer>& d, const cx::MultimediaAuthRequest& request,
                   const PrivateIdentity& p, std::uint64_t sqn, const Policy& policy, Random& random) {
    const auto count = std::clamp(request.sip_number_auth_items, 1U, std::max(policy.max_auth_items, 1U));
    const auto ind = ind_of(request.server_name, policy);
    for (std::uint32_t n = 1; n <= count; ++n) {
        sqn = crypto::next_sqn(policy.sqn, sqn, ind);
        auto& item = d.answer.sip_auth_data_item.emplace_back(aka_item(*p.aka, sqn, random));
        if (count > 1) item.sip_item_number = n;
    }
    d.changes.push_back(SetSqn{p.impi, sqn});
}

void add_items(Decision<cx::MultimediaAuthAnswer>& d, const cx::MultimediaAuthRequest& request,
               AuthenticationScheme scheme, const PrivateIdentity& p, std::uint64_t sqn, const Policy& policy,
               Random& random) {
    if (scheme == AuthenticationScheme::DigestAkaV1Md5)
        return add_aka_items(d, request, p, sqn, policy, random);
    auto& item = d.answer.sip_auth_data_item.emplace_back();
    item.sip_authentication_scheme = std::string{name(scheme)};
    switch (scheme) {
        case AuthenticationScheme::SipDigest: item.sip_digest_authenticate = p.sip_digest; break;
        case AuthenticationScheme::NassBundled: item.line_identifier = p.line_identifiers; break;
        case AuthenticationScheme::EarlyIms: item.framed_ip_address = p.framed_ip_address; break;
        case AuthenticationScheme::DigestAkaV1Md5: break;
    }
}

}  // namespace

Decision<cx::MultimediaAuthAnswer> decide(const cx::MultimediaAuthRequest& request, const Origin& origin,
                                          const Snapshot& snapshot, const Policy& policy, Random& random) {
    Decision<cx::MultimediaAuthAnswer> d;
    d.answer.supported_features = answered(request.supported_features, policy);
    const auto refuse = [&](diameter::Result result) {
        d.answer.result = result;
        return d;
    };

    const auto who = identify(snapshot, request.user_name, request.public_identity);
    if (!who) return refuse(who.error());
    const auto& subscription = *who->subscription;
    const auto& match = who->match;
    if (!match.distinct) return refuse(cx::ExperimentalResultCode::ErrorUserUnknown);
    const auto& p = *subscription.find(request.user_name);

    const auto scheme = scheme_of(request.sip_auth_data_item, p);
    if (!scheme) return refuse(cx::ExperimentalResultCode::ErrorAuthSchemeNotSupported);

    const bool same_server =
        subscription.assignment && subscription.assignment->server_name == request.server_name;
    auto sqn = p.sqn;
    if (*scheme == AuthenticationScheme::DigestAkaV1Md5 && request.sip_auth_data_item.sip_authorization) {
        if (!same_server) return refuse(cx::ResultCode::UnableToComply);
        if (const auto next =
                resynchronized(*p.aka, *request.sip_auth_data_item.sip_authorization, sqn, policy)) {
            sqn = *next;
            d.notes.emplace_back(Severity::Info, "hss.mar.resynchronized",
                                 std::vector<Note::Field>{{"impi", p.impi.value()}});
        } else {
            // 33.102 6.3.5: a wrong MAC-S moves nothing; new vectors go out all the same.
            d.notes.emplace_back(Severity::Warning, "hss.mar.auts_wrong",
                                 std::vector<Note::Field>{{"impi", p.impi.value()}});
        }
    }

    const bool flagged =
        *scheme == AuthenticationScheme::DigestAkaV1Md5 || *scheme == AuthenticationScheme::SipDigest;
    if (!same_server) {
        if (match.set->state == RegistrationState::Registered && subscription.reassignment_pending)
            d.changes.push_back(SetReassignmentPending{false});
        // 8.1.1: not to the same Diameter peer, which may host several names.
        if (subscription.assignment && !iequals(subscription.assignment->origin_host, origin.host))
            d.pushes = new_server_assigned(subscription, *match.set,
                                           restoration(request.supported_features, policy));
    }
    if (const Assignment now{request.server_name, origin.host, origin.realm,
                             announced(request.supported_features)};
        !same_server || subscription.assignment->origin_host != now.origin_host ||
        subscription.assignment->origin_realm != now.origin_realm)
        d.changes.push_back(Assign{now});
    if (flagged && !p.authentication_pending &&
        (!same_server || match.set->state != RegistrationState::Registered))
        d.changes.push_back(SetAuthenticationPending{p.impi, true});

    add_items(d, request, *scheme, p, sqn, policy, random);
    d.answer.result = cx::ResultCode::Success;
    d.answer.user_name = request.user_name;
    d.answer.public_identity = request.public_identity;
    return d;
}

}  // namespace ims::hss
