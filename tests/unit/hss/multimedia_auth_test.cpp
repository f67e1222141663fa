#include "tests/unit/hss/fixture.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

namespace ims::hss::test {
namespace {

cx::MultimediaAuthRequest a_mar(std::string_view scheme = cx::scheme::digest_aka_v1_md5) {
    cx::MultimediaAuthRequest r;
    r.user_name = alice;
    r.public_identity = alice_sip;
    r.server_name = scscf;
    r.sip_auth_data_item.sip_authentication_scheme = std::string{scheme};
    return r;
}
cx::MultimediaAuthAnswer maa(World& w, const cx::MultimediaAuthRequest& r, const Origin& from = origin) {
    return w.ask<cx::MultimediaAuthAnswer>(r, from);
}
crypto::UsimResult try_on_usim(crypto::SqnChecker& card, const cx::SipAuthDataItem& item) {
    crypto::Block rand{};
    std::array<std::uint8_t, 16> autn{};
    REQUIRE(item.sip_authenticate);
    REQUIRE(item.sip_authenticate->size() == 32);
    std::copy_n(item.sip_authenticate->begin(), 16, rand.begin());
    std::copy_n(item.sip_authenticate->begin() + 16, 16, autn.begin());
    return crypto::usim_authenticate(keys(), card, rand, autn);
}

}  // namespace

TEST_CASE("MAR for unknown or unrelated identities is refused", "[TS29.228-6.3.1]") {
    World w;
    w.add_wildcard();
    auto r = a_mar();
    r.user_name = Impi{"nobody@" + realm};
    CHECK(answers(maa(w, r), X::ErrorUserUnknown));
    r = a_mar();
    r.public_identity = Impu{"sip:nobody@" + realm};
    CHECK(answers(maa(w, r), X::ErrorUserUnknown));
    r.public_identity = w.of_wildcard();
    CHECK(answers(maa(w, r), X::ErrorUserUnknown));
    auto bob = usual_subscriber();
    bob.imsi = "001010000000009";
    bob.msisdn = "15550009";
    w.store.add_subscriber(bob);
    r.public_identity = Impu{"tel:+15550009"};
    CHECK(answers(maa(w, r), X::ErrorIdentitiesDontMatch));
    CHECK(w.subscription().private_identities[0].sqn == 0);
}
TEST_CASE("a USIM accepts the vector of an MAA and computes the same keys", "[TS33.102-6.3]") {
    World w;
    const auto a = maa(w, a_mar());
    CHECK(answers(a, R::Success));
    CHECK(a.user_name == alice);
    CHECK(a.public_identity == alice_sip);
    REQUIRE(a.sip_auth_data_item.size() == 1);
    const auto& item = a.sip_auth_data_item[0];
    CHECK_FALSE(item.sip_item_number);
    CHECK(item.sip_authentication_scheme == std::string{cx::scheme::digest_aka_v1_md5});

    crypto::SqnChecker card;
    const auto result = try_on_usim(card, item);
    const auto* ok = std::get_if<crypto::UsimSuccess>(&result);
    REQUIRE(ok);
    CHECK(item.sip_authorization == Octets(ok->res.begin(), ok->res.end()));
    CHECK(item.confidentiality_key == Octets(ok->ck.begin(), ok->ck.end()));
    CHECK(item.integrity_key == Octets(ok->ik.begin(), ok->ik.end()));
}
TEST_CASE("several vectors are numbered, fresh each, and no more than the limit", "[TS29.228-6.3.1]") {
    World w;
    w.policy.max_auth_items = 3;
    auto r = a_mar();
    r.sip_number_auth_items = 10;
    const auto a = maa(w, r);
    REQUIRE(a.sip_auth_data_item.size() == 3);
    crypto::SqnChecker card;
    std::uint32_t n = 0;
    for (const auto& item : a.sip_auth_data_item) {
        CHECK(item.sip_item_number == ++n);
        CHECK(std::holds_alternative<crypto::UsimSuccess>(try_on_usim(card, item)));
    }
}
TEST_CASE("the IND of SQN belongs to the S-CSCF, so two of them never spoil each other's vectors",
          "[TS33.102-C.3.4]") {
    World w;
    CHECK(ind_of(scscf, w.policy) == ind_of("SIP:SCSCF.ims.example:6060", w.policy));
    CHECK(ind_of(scscf, w.policy) != ind_of(other_scscf, w.policy));
    maa(w, a_mar());
    CHECK((w.subscription().private_identities[0].sqn & 31U) == ind_of(scscf, w.policy));
    w.policy.first_ind = 16;
    w.policy.ind_count = 1;
    CHECK(ind_of(scscf, w.policy) == 16);
}
TEST_CASE("MAR of a user who is not registered stores the name and marks authentication as pending",
          "[TS29.228-6.3.1]") {
    World w;
    CHECK(answers(maa(w, a_mar()), R::Success));
    REQUIRE(w.subscription().assignment);
    CHECK(*w.subscription().assignment == Assignment{scscf, origin.host, origin.realm, 0});
    CHECK(w.subscription().private_identities[0].authentication_pending);
    CHECK(w.set().state == State::NotRegistered);
}
TEST_CASE("MAR of an unregistered user keeps an identical name and replaces another", "[TS29.228-6.3.1]") {
    World w;
    w.has_state(State::Unregistered);
    CHECK(answers(maa(w, a_mar()), R::Success));
    CHECK(w.subscription().assignment->server_name == scscf);
    CHECK(w.subscription().private_identities[0].authentication_pending);
    auto r = a_mar();
    r.server_name = other_scscf;
    CHECK(answers(maa(w, r, other_origin), R::Success));
    CHECK(w.subscription().assignment->server_name == other_scscf);
}
TEST_CASE("MAR of a registered user from the same S-CSCF changes nothing but SQN", "[TS29.228-6.3.1]") {
    World w;
    w.has_state(State::Registered);
    CHECK(answers(maa(w, a_mar()), R::Success));
    CHECK_FALSE(w.subscription().private_identities[0].authentication_pending);
    CHECK(w.subscription().private_identities[0].sqn > 0);
    CHECK(w.pushes.empty());
}
TEST_CASE("MAR of a registered user from another S-CSCF moves him and tells the old one",
          "[TS29.228-6.3.1]") {
    World w;
    w.has_state(State::Registered);
    const auto office = w.add_second_set(State::Registered);
    w.stores_restoration_info();
    w.change([](Subscription& s) { s.reassignment_pending = true; });
    auto r = a_mar();
    r.server_name = other_scscf;
    const auto restoration = GENERATE(true, false);
    if (restoration) r.supported_features = with_restoration();
    CHECK(answers(maa(w, r, other_origin), R::Success));
    CHECK(w.subscription().assignment->server_name == other_scscf);
    CHECK(w.subscription().assignment->origin_host == other_origin.host);
    CHECK_FALSE(w.subscription().reassignment_pending);
    CHECK(w.subscription().private_identities[0].authentication_pending);
    CHECK(w.set().associations[0].restoration_info);

    REQUIRE(w.pushes.size() == 2);
    const auto& first = std::get<cx::RegistrationTerminationRequest>(w.pushes[0].request);
    const auto& second = std::get<cx::RegistrationTerminationRequest>(w.pushes[1].request);
    CHECK(w.pushes[0].destination_host == origin.host);
    CHECK(first.deregistration_reason.reason_code == cx::ReasonCode::NewServerAssigned);
    CHECK(std::ranges::find(first.public_identity, alice_sip) != first.public_identity.end());
    CHECK(second.public_identity == std::vector{office});
    CHECK(second.deregistration_reason.reason_code ==
          (restoration ? cx::ReasonCode::NewServerAssigned : cx::ReasonCode::ServerChange));
}
TEST_CASE("an S-CSCF with another name at the same Diameter peer gets no RTR", "[TS29.228-8.1.1]") {
    World w;
    w.has_state(State::Registered);
    auto r = a_mar();
    r.server_name = other_scscf;
    CHECK(answers(maa(w, r, origin), R::Success));
    CHECK(w.pushes.empty());
}
TEST_CASE("AUTS moves the counter behind the card's", "[TS33.102-6.3.5]") {
    World w;
    w.is_being_authenticated();
    crypto::SqnChecker card;
    card.set_highest(1'000'000);
    const auto stale = maa(w, a_mar()).sip_auth_data_item.at(0);
    const auto result = try_on_usim(card, stale);
    const auto* failure = std::get_if<crypto::UsimSyncFailure>(&result);
    REQUIRE(failure);

    auto r = a_mar();
    auto& rand_auts = r.sip_auth_data_item.sip_authorization.emplace(stale.sip_authenticate->begin(),
                                                                     stale.sip_authenticate->begin() + 16);
    rand_auts.insert(rand_auts.end(), failure->auts.begin(), failure->auts.end());
    SECTION("from the S-CSCF that has the user") {
        const auto a = maa(w, r);
        CHECK(answers(a, R::Success));
        CHECK(std::holds_alternative<crypto::UsimSuccess>(try_on_usim(card, a.sip_auth_data_item.at(0))));
        CHECK(w.notes.front().id == "hss.mar.resynchronized");
    }
    SECTION("but not from another S-CSCF") {
        r.server_name = other_scscf;
        CHECK(answers(maa(w, r, other_origin), R::UnableToComply));
        CHECK(w.subscription().assignment->server_name == scscf);
    }
    SECTION("and not with a wrong MAC-S") {
        const auto before = w.subscription().private_identities[0].sqn;
        rand_auts.back() ^= 1U;
        const auto a = maa(w, r);
        CHECK(answers(a, R::Success));
        CHECK(w.subscription().private_identities[0].sqn < before + 64);
        CHECK(w.notes.front().id == "hss.mar.auts_wrong");
    }
    SECTION("nor with a length that is none") {
        rand_auts.pop_back();
        CHECK(answers(maa(w, r), R::Success));
        CHECK(w.notes.front().id == "hss.mar.auts_wrong");
    }
}
TEST_CASE("SIP Digest gives HA1, once, whatever number was asked", "[TS29.228-6.3.1]") {
    World w{[](Subscription& s) {
        s.private_identities[0].sip_digest =
            cx::SipDigestAuthenticate{realm, "MD5", "auth", std::string(32, 'a')};
    }};
    auto r = a_mar(cx::scheme::sip_digest);
    r.sip_number_auth_items = 4;
    const auto a = maa(w, r);
    CHECK(answers(a, R::Success));
    REQUIRE(a.sip_auth_data_item.size() == 1);
    REQUIRE(a.sip_auth_data_item[0].sip_digest_authenticate);
    CHECK(a.sip_auth_data_item[0].sip_digest_authenticate->digest_ha1 == std::string(32, 'a'));
    CHECK(w.subscription().private_identities[0].authentication_pending);
}
TEST_CASE("scheme Unknown names the stored scheme, if it is one without AKA", "[TS29.228-6.3.1]") {
    World w;
    CHECK(answers(maa(w, a_mar(cx::scheme::unknown)), X::ErrorAuthSchemeNotSupported));
    w.change([](Subscription& s) {
        s.private_identities[0].scheme = AuthenticationScheme::SipDigest;
        s.private_identities[0].sip_digest =
            cx::SipDigestAuthenticate{realm, {}, "auth", std::string(32, 'a')};
    });
    const auto a = maa(w, a_mar(cx::scheme::unknown));
    CHECK(answers(a, R::Success));
    CHECK(a.sip_auth_data_item.at(0).sip_authentication_scheme == std::string{cx::scheme::sip_digest});
}
TEST_CASE("NASS-Bundled gives line identifiers and leaves no authentication pending", "[TS29.228-6.3.1]") {
    World w{[](Subscription& s) {
        s.private_identities[0].scheme = AuthenticationScheme::NassBundled;
        s.private_identities[0].line_identifiers = {Octets{1, 2, 3}};
    }};
    const auto a = maa(w, a_mar(cx::scheme::unknown));
    CHECK(answers(a, R::Success));
    CHECK(a.sip_auth_data_item.at(0).line_identifier == std::vector<Octets>{Octets{1, 2, 3}});
    CHECK_FALSE(w.subscription().private_identities[0].authentication_pending);
}
TEST_CASE("Early IMS gives the address of the PDN connection", "[TS29.228-6.3.1]") {
    World w{[](Subscription& s) { s.private_identities[0].framed_ip_address = Octets{192, 0, 2, 1}; }};
    const auto a = maa(w, a_mar(cx::scheme::early_ims));
    CHECK(answers(a, R::Success));
    CHECK(a.sip_auth_data_item.at(0).framed_ip_address == Octets{192, 0, 2, 1});
    CHECK_FALSE(w.subscription().private_identities[0].authentication_pending);
}
TEST_CASE("a scheme nobody knows, or without a credential, is AUTH_SCHEME_NOT_SUPPORTED",
          "[TS29.228-6.3.1]") {
    World w;
    for (const auto scheme : {std::string_view{"HTTP-Basic"}, cx::scheme::sip_digest,
                              cx::scheme::nass_bundled, cx::scheme::early_ims}) {
        const auto a = maa(w, a_mar(scheme));
        CHECK(answers(a, X::ErrorAuthSchemeNotSupported));
        CHECK(a.sip_auth_data_item.empty());
    }
    CHECK_FALSE(w.subscription().assignment);
}

}  // namespace ims::hss::test
