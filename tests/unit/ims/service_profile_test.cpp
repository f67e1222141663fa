#include "common/ims/service_profile.hpp"

#include "tests/unit/ims/schema.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using Spt = ServicePointTrigger;

namespace {

constexpr auto domain = "ims.mnc001.mcc001.3gppnetwork.org";

PublicIdentity identity(std::string text) {
    PublicIdentity p;
    p.identity = Impu{std::move(text)};
    return p;
}

// Everything the Rel-8 schema knows.
ImsSubscription full_profile() {
    ImsSubscription s;
    s.private_id = Impi{"001010000000001@" + std::string{domain}};
    s.imsi = "001010000000001";

    ServiceProfile profile;
    auto temporary = identity("sip:001010000000001@" + std::string{domain});
    temporary.barring_indication = true;
    auto sip = identity("sip:+15550001@" + std::string{domain});
    sip.display_name = "Alice & <\"Bob\">";
    sip.alias_identity_group_id = "1";
    auto tel = identity("tel:+15550001");
    tel.alias_identity_group_id = "1";
    tel.max_num_of_allowed_simult_registrations = 3;
    auto psi = identity("sip:list!.*!@example.com");
    psi.identity_type = IdentityType::WildcardedPsi;
    psi.wildcarded_psi = "sip:list!.*!@example.com";
    auto non_distinct = identity("sip:desk7@pbx.example");
    non_distinct.identity_type = IdentityType::NonDistinctImpu;
    non_distinct.wildcarded_impu = "sip:desk!.*!@pbx.example";
    profile.public_identities = {temporary, sip, tel, psi, non_distinct};
    profile.subscribed_media_profile_id = 7;
    profile.service_ids = {"urn:urn-7:3gpp-service.ims.icsi.mmtel"};
    profile.shared_ifc_set_ids = {1, 17};

    InitialFilterCriterion ifc;
    ifc.priority = 10;
    ifc.profile_part_indicator = ProfilePartIndicator::Registered;
    ifc.application_server = {.server_name = "sip:as1.example",
                              .default_handling = DefaultHandling::SessionTerminated,
                              .service_info = "opaque <x/>",
                              .include_register_request = true,
                              .include_register_response = true};
    TriggerPoint trigger;
    trigger.condition_type_cnf = false;
    trigger.spts = {
        {.condition_negated = false,
         .groups = {0, 1},
         .condition = Spt::Method{"REGISTER"},
         .registration_types = {RegistrationType::InitialRegistration, RegistrationType::DeRegistration}},
        {.condition_negated = true,
         .groups = {0},
         .condition = Spt::RequestUri{"^example\\.com$"},
         .registration_types = {}},
        {.condition_negated = false,
         .groups = {1},
         .condition = Spt::SipHeader{"Subject", ".*x.*"},
         .registration_types = {}},
        {.condition_negated = false,
         .groups = {1},
         .condition = Spt::SipHeader{"Geolocation", {}},
         .registration_types = {}},
        {.condition_negated = false,
         .groups = {1},
         .condition = SessionCase::OriginatingUnregistered,
         .registration_types = {}},
        {.condition_negated = false,
         .groups = {2},
         .condition = Spt::SessionDescription{"m", "audio"},
         .registration_types = {}},
    };
    ifc.trigger_point = trigger;
    InitialFilterCriterion unconditional;
    unconditional.priority = 20;
    unconditional.application_server.server_name = "sip:as2.example";
    profile.initial_filter_criteria = {ifc, unconditional};
    s.service_profiles = {profile};
    return s;
}

std::string failure(std::string_view xml) {
    const auto parsed = parse_user_data(xml);
    return parsed ? "none" : parsed.error().what;
}

}  // namespace

TEST_CASE("a printed profile is valid under the Cx schema and reads back the same", "[TS29.228-E]") {
    const auto profile = full_profile();
    const auto xml = print_user_data(profile);
    CHECK(test::schema_errors(xml, "CxDataType_Rel8.xsd") == "");
    const auto again = parse_user_data(xml);
    REQUIRE(again.has_value());
    CHECK((*again == profile));
}

TEST_CASE("the schema check would see a misplaced element", "[TS29.228-E]") {
    CHECK(test::schema_errors("<IMSSubscription><ServiceProfile/></IMSSubscription>",
                              "CxDataType_Rel8.xsd") != "");
}

TEST_CASE("what came after release 8 stands in the Extension of its release", "[TS29.228-E]") {
    auto profile = full_profile();
    auto& tel = profile.service_profiles[0].public_identities[2];
    tel.service_priority_level = 4;
    profile.service_profiles[0].initial_filter_criteria[0].trigger_point->spts[4].condition =
        SessionCase::OriginatingCdiv;
    const auto xml = print_user_data(profile);
    CHECK(xml.find("<AliasIdentityGroupID>1</AliasIdentityGroupID><Extension><ServicePriorityLevel>4</"
                   "ServicePriorityLevel>"
                   "<Extension><Extension><MaxNumOfAllowedSimultRegistrations>3<") != std::string::npos);
    const auto again = parse_user_data(xml);
    REQUIRE(again.has_value());
    CHECK((*again == profile));
}

TEST_CASE("a reader takes what others write: white space, unknown elements, true and false, foreign prefixes",
          "[TS29.228-B]") {
    const auto parsed = parse_user_data(R"(<?xml version="1.0"?>
<cx:IMSSubscription xmlns:cx="urn:x">
  <cx:PrivateID> 1@x </cx:PrivateID>
  <cx:ServiceProfile>
    <cx:PublicIdentity>
      <cx:BarringIndication>true</cx:BarringIndication>
      <cx:Identity>
        SIP:alice@X.Example:5060;a=b
      </cx:Identity>
      <cx:Vendor>9</cx:Vendor>
      <cx:Extension><cx:Extension><cx:Extension><cx:Extension><cx:ServicePriorityLevel>2</cx:ServicePriorityLevel>
      </cx:Extension></cx:Extension></cx:Extension></cx:Extension>
    </cx:PublicIdentity>
    <cx:PublicIdentity><cx:Identity>tel:+1-555</cx:Identity></cx:PublicIdentity>
  </cx:ServiceProfile>
</cx:IMSSubscription>)");
    REQUIRE(parsed.has_value());
    CHECK(parsed->private_id == Impi{"1@x"});
    const auto& identities = parsed->service_profiles[0].public_identities;
    CHECK(identities[0].identity == Impu{"sip:alice@x.example"});
    CHECK(identities[0].barring_indication);
    CHECK(identities[0].service_priority_level == 2);
    CHECK(identities[1].identity == Impu{"tel:+1555"});
    CHECK_FALSE(identities[1].barring_indication);
}

TEST_CASE("a profile that decides nothing is refused with its place", "[TS29.228-E]") {
    CHECK(failure("") != "none");
    CHECK(failure("<IMSSubscription>") != "none");
    CHECK(failure("<Other/>") == "IMSSubscription expected");
    CHECK(failure("<IMSSubscription/>") == "IMSSubscription without PrivateID");
    CHECK(failure("<IMSSubscription><PrivateID>a</PrivateID></IMSSubscription>") ==
          "IMSSubscription without ServiceProfile");
    const auto with = [](const std::string& inner) {
        return failure("<IMSSubscription><PrivateID>a</PrivateID><ServiceProfile>" + inner +
                       "</ServiceProfile></IMSSubscription>");
    };
    const std::string impu = "<PublicIdentity><Identity>sip:a@b</Identity></PublicIdentity>";
    CHECK(with(impu) == "none");
    CHECK(with("") == "ServiceProfile without PublicIdentity");
    CHECK(with("<PublicIdentity/>") == "PublicIdentity without Identity");
    CHECK(with("<PublicIdentity><BarringIndication>2</BarringIndication><Identity>sip:a@b</Identity></"
               "PublicIdentity>") == "boolean expected in BarringIndication");
    CHECK(with(impu + "<InitialFilterCriteria><Priority>x</Priority></InitialFilterCriteria>") ==
          "number expected in Priority");
    CHECK(with(impu + "<InitialFilterCriteria><Priority>1</Priority></InitialFilterCriteria>") ==
          "InitialFilterCriteria without ApplicationServer");
    const auto ifc = [&](const std::string& trigger) {
        return with(impu + "<InitialFilterCriteria><Priority>1</Priority><TriggerPoint>" + trigger +
                    "</TriggerPoint><ApplicationServer><ServerName>sip:as</ServerName></ApplicationServer></"
                    "InitialFilterCriteria>");
    };
    CHECK(ifc("<ConditionTypeCNF>1</ConditionTypeCNF><SPT><Group>0</Group><Method>INVITE</Method></SPT>") ==
          "none");
    CHECK(ifc("<ConditionTypeCNF>1</ConditionTypeCNF><SPT><Group>0</Group></SPT>") ==
          "SPT without a known condition");
    CHECK(ifc("<ConditionTypeCNF>1</ConditionTypeCNF>") == "TriggerPoint without SPT");
    CHECK(ifc("<ConditionTypeCNF>1</ConditionTypeCNF><SPT><Group>0</Group><SessionCase>9</SessionCase></"
              "SPT>") == "unknown value of SessionCase");
    CHECK(parse_user_data("<IMSSubscription><PrivateID>a</PrivateID><ServiceProfile/></IMSSubscription>")
              .error()
              .offset > 0);
}

TEST_CASE("entities of a document type are never expanded", "[TS29.228-E]") {
    const auto parsed = parse_user_data(
        "<!DOCTYPE x [<!ENTITY e \"sip:evil@b\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>"
        "<IMSSubscription><PrivateID>&f;</PrivateID><ServiceProfile><PublicIdentity><Identity>&e;</Identity>"
        "</PublicIdentity></ServiceProfile></IMSSubscription>");
    REQUIRE(parsed.has_value());
    CHECK(parsed->private_id == Impi{"&f;"});
    CHECK(parsed->service_profiles[0].public_identities[0].identity == Impu{"&e;"});
}

TEST_CASE("the default identity is the first SIP identity that is neither barred nor a wildcard",
          "[TS24.229-5.4.1.2.2F]") {
    auto profile = full_profile();
    REQUIRE(profile.default_identity() != nullptr);
    CHECK(profile.default_identity()->identity == Impu{"sip:+15550001@" + std::string{domain}});
    profile.service_profiles[0].public_identities[1].barring_indication = true;
    CHECK(profile.default_identity() == nullptr);
}

TEST_CASE("a distinct identity wins over a wildcard, wherever it stands", "[TS29.228-B.2.1]") {
    ImsSubscription s;
    ServiceProfile wild;
    auto desks = identity("sip:desk!.*!@pbx.example");
    desks.identity_type = IdentityType::WildcardedImpu;
    wild.public_identities = {desks};
    ServiceProfile plain;
    plain.public_identities = {identity("sip:desk7@pbx.example")};
    s.service_profiles = {wild, plain};

    CHECK(s.find(Impu{"sip:desk7@pbx.example"}) == &s.service_profiles[1].public_identities[0]);
    CHECK(s.profile_of(Impu{"sip:desk7@pbx.example"}) == &s.service_profiles[1]);
    CHECK(s.profile_of(Impu{"sip:desk8@pbx.example"}) == &s.service_profiles[0]);
    CHECK(s.find(Impu{"sip:chair@pbx.example"}) == nullptr);
}
