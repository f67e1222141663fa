#include "common/ims/reginfo.hpp"
#include "tests/unit/ue/home.hpp"

using namespace ims;
using namespace ims::ue;
using namespace ims::ue::test;
using Lines = std::vector<std::string>;

namespace {

struct Subscriber {
    Home home;
    Ue& alice;

    Subscriber() : alice{add(home)} {
        home.registers(alice);
        REQUIRE(home.subscribed());
        REQUIRE(alice.idle());
    }
    static Ue& add(Home& home) {
        auto config = home.config_of(1);
        config.subscribe_to_reg_event = true;
        return home.add(config);
    }
    void notified(std::uint32_t version, reginfo::ContactEvent event,
                  std::optional<std::uint64_t> expires = {},
                  const std::string& state = "active;expires=600000") {
        const bool active =
            event == reginfo::ContactEvent::Registered || event == reginfo::ContactEvent::Shortened;
        reginfo::Contact contact;
        contact.id = "1";
        contact.active = active;
        contact.event = event;
        contact.expires = expires;
        contact.uri = "sip:001010000000001@127.0.0.1:5060";
        if (event == reginfo::ContactEvent::Probation) contact.retry_after = 60;
        reginfo::Registration registration{
            .aor = alice.config().impu.value(),
            .id = "a",
            .state = active ? reginfo::State::Active : reginfo::State::Terminated,
            .contacts = {contact},
            .wildcarded_identity = {}};
        reginfo::Document document;
        document.version = version;
        document.registrations = {registration};
        home.notify(reginfo::print(document), state);
        home.run();
    }
};

}  // namespace

TEST_CASE("a registered UE subscribes to its registration state and hears of it", "[TS24.229-5.1.1.3]") {
    Subscriber s;
    const auto subscribe = s.home.of("SUBSCRIBE").at(0);
    CHECK(subscribe.raw(sip::HeaderId::Event) == "reg");
    CHECK(*subscribe.get<sip::h::Expires>() == 600'000);
    CHECK(subscribe.request_uri().text() == s.alice.config().impu.value());
    s.notified(0, reginfo::ContactEvent::Registered);
    CHECK(s.home.happenings(s.alice) == Lines{"notified 0 active"});
    s.notified(0, reginfo::ContactEvent::Registered);  // an old document
    CHECK(s.home.happenings(s.alice).empty());
}

TEST_CASE("a UE that the network deactivates registers again at once", "[TS24.229-5.1.1.7]") {
    Subscriber s;
    s.notified(0, reginfo::ContactEvent::Deactivated, {}, "terminated;reason=deactivated");
    CHECK(s.home.happenings(s.alice) == Lines{"notified 0 terminated", "deregistered by network: deactivated",
                                              "challenged AKAv1-MD5", "registered 600000"});
    CHECK(s.home.of("SUBSCRIBE").size() == 2);
}

TEST_CASE("a rejected UE stays away, one on probation comes back later",
          "[TS24.229-5.1.1.7][RFC3680-4.7.1]") {
    Subscriber s;
    SECTION("rejected") {
        s.notified(0, reginfo::ContactEvent::Rejected, {}, "terminated;reason=rejected");
        s.home.advance(1000s);
        CHECK(s.home.happenings(s.alice) ==
              Lines{"notified 0 terminated", "deregistered by network: rejected"});
        CHECK_FALSE(s.alice.registered());
    }
    SECTION("probation") {
        s.notified(0, reginfo::ContactEvent::Probation);
        s.home.advance(58s);
        CHECK_FALSE(s.alice.registered());
        s.home.advance(2s);
        CHECK(s.alice.registered());
    }
}

TEST_CASE("a shortened registration is refreshed at half of what is left", "[TS24.229-5.1.1.5]") {
    Subscriber s;
    s.notified(0, reginfo::ContactEvent::Registered);
    s.notified(1, reginfo::ContactEvent::Shortened, 60);
    s.home.happenings(s.alice);
    s.home.advance(28s);
    CHECK(s.home.happenings(s.alice).empty());
    s.home.advance(2s);
    CHECK(s.home.happenings(s.alice) == Lines{"challenged AKAv1-MD5", "refreshed 600000"});
}

TEST_CASE("a NOTIFY of another subscription gets 481, a broken document changes nothing", "[RFC6665-4.1.3]") {
    Subscriber s;
    std::vector<int> answers;
    s.home.wire = [&](const sip::Message& m, bool to_ue) {
        if (!to_ue && m.is_response()) answers.push_back(m.status());
        return true;
    };
    s.home.notify("<reginfo", "active");
    s.home.run();
    CHECK(answers == std::vector<int>{200});
    CHECK(s.alice.registered());
    s.home.command(s.alice, [](Ue& u, TimePoint now, Effects& out) { u.deregister(now, out); });
    s.home.run();
    answers.clear();
    s.home.notify("", "active");
    s.home.run();
    CHECK(answers == std::vector<int>{481});
}
