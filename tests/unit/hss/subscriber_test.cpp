#include "hss/core/subscriber.hpp"

#include <catch2/catch.hpp>

namespace ims::hss {
namespace {

std::vector<std::string> identities_of(const Subscriber& subscriber) {
    const auto made = subscription_of(subscriber);
    CHECK(inconsistency(made) == std::nullopt);
    std::vector<std::string> out;
    for (const auto& r : made.implicit_registration_sets.front().public_identities)
        out.push_back(r.identity.identity.value() + (r.identity.barring_indication ? " barred" : ""));
    return out;
}

Subscriber somebody() {
    Subscriber s;
    s.imsi = "001010000000001";
    s.realm = "ims.example";
    s.msisdn = "15550001";
    return s;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a subscriber has an implicit set of sip:IMSI, sip:MSISDN and tel:MSISDN", "[TS23.228-E.3.1]") {
    auto s = somebody();
    CHECK(identities_of(s) ==
          Texts{"sip:001010000000001@ims.example", "sip:+15550001@ims.example", "tel:+15550001"});
    s.bar_imsi_identity = true;
    CHECK(identities_of(s) ==
          Texts{"sip:+15550001@ims.example", "tel:+15550001", "sip:001010000000001@ims.example barred"});
    s = somebody();
    s.msisdn.reset();
    CHECK(identities_of(s) == Texts{"sip:001010000000001@ims.example"});
}

TEST_CASE("each further number has what the template has for the first", "[issue]") {
    auto s = somebody();
    s.further_msisdns = {"15550002"};
    CHECK(identities_of(s) == Texts{"sip:001010000000001@ims.example", "sip:+15550001@ims.example",
                                    "tel:+15550001", "sip:+15550002@ims.example", "tel:+15550002"});
}

TEST_CASE("a template names the identities", "[issue]") {
    auto s = somebody();
    s.public_identities = {"sip:{msisdn}.{imsi}@phones.{realm}", "tel:+{msisdn}"};
    CHECK(identities_of(s) == Texts{"sip:15550001.001010000000001@phones.ims.example", "tel:+15550001"});
}

TEST_CASE("a template that could make nobody is refused with the reason", "[issue]") {
    const auto why = [](Texts patterns) {
        SubscriberTemplate t;
        t.public_identities = std::move(patterns);
        return inconsistency(t).value_or("");
    };
    CHECK(inconsistency(SubscriberTemplate{}) == std::nullopt);
    CHECK(why({"sip:info@{realm}"}).find("the same for everybody") != std::string::npos);
    CHECK(why({"tel:+{msisdn}"}).find("must be a SIP URI") != std::string::npos);
    CHECK(why({"{imsi}"}).find("neither a SIP URI") != std::string::npos);
    CHECK(why({}).find("no public identity") != std::string::npos);
}

}  // namespace ims::hss
