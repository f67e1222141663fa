#include "tests/unit/ue/home.hpp"

using namespace ims;
using namespace ims::ue;
using namespace ims::ue::test;
using Lines = std::vector<std::string>;
namespace h = ims::sip::h;

namespace {

void start(Home& home, Ue& ue) {
    home.command(ue, [](Ue& u, TimePoint now, Effects& out) { u.register_(now, out); });
    home.run();
}

std::string authorization_of(const sip::Message& request, std::string_view param) {
    const auto value = request.get<h::Authorization>();
    return value ? std::string{value->params.get(param).value_or("absent")} : "no header";
}

}  // namespace

TEST_CASE("a UE registers with AKA, over UDP and TCP, IPv4 and IPv6", "[TS24.229-5.1.1.2]") {
    const bool v6 = GENERATE(false, true);
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    Home home;
    auto config = home.config_of(1, v6);
    config.transport = transport;
    auto& alice = home.add(config);
    start(home, alice);
    CHECK(home.happenings(alice) == Lines{"challenged AKAv1-MD5", "registered 600000"});
    CHECK(alice.registered());
    CHECK(alice.associated_uris().size() == 2);
    CHECK(alice.idle());
}

TEST_CASE(
    "the first REGISTER is what phones send: empty nonce, empty response, instance and service in Contact",
    "[TS24.229-5.1.1.2.2]") {
    Home home;
    auto& alice = home.add(1);
    start(home, alice);
    const auto registers = home.of("REGISTER");
    REQUIRE(registers.size() == 2);
    const auto& first = registers[0];
    CHECK(first.request_uri().text() == "sip:" + std::string{domain});
    CHECK(authorization_of(first, "username") == alice.config().impi.value());
    CHECK(authorization_of(first, "nonce") == "");
    CHECK(authorization_of(first, "response") == "");
    CHECK(authorization_of(first, "uri") == "sip:" + std::string{domain});
    CHECK(first.raw(sip::HeaderId::Authorization)->find("nonce=\"\"") != std::string_view::npos);
    const auto contact = first.get<h::Contact>();
    CHECK(contact->address.params.get("+sip.instance")->starts_with("<urn:uuid:"));
    CHECK(contact->address.params.get("+g.3gpp.icsi-ref") == "urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel");
    CHECK(*first.get<h::Expires>() == 600'000);
    CHECK(first.has_option(sip::HeaderId::Supported, "path"));
    CHECK(first.has<h::PAccessNetworkInfo>());
    CHECK_FALSE(first.has<h::Route>());

    CHECK(registers[1].call_id() == first.call_id());
    CHECK(registers[1].cseq().number == first.cseq().number + 1);
    CHECK(authorization_of(registers[1], "qop") == "auth");
    CHECK(authorization_of(registers[1], "nc") == "00000001");
}

TEST_CASE("each algorithm of challenges is answered", "[RFC3310-3][RFC4169-2][RFC8760-2]") {
    Home home;
    home.behaviour.algorithm =
        GENERATE("AKAv1-MD5", "AKAv2-SHA-256", "MD5", "SHA-256", "SHA-512-256", "MD5-sess");
    home.behaviour.qop = GENERATE("", "auth", "auth-int", "auth,auth-int");
    auto config = home.config_of(1);
    if (!home.behaviour.algorithm.starts_with("AKA")) config.credentials = Password{"secret"};
    auto& alice = home.add(config);
    start(home, alice);
    CHECK(home.happenings(alice) == Lines{"challenged " + home.behaviour.algorithm, "registered 600000"});
}

TEST_CASE("a card whose SQN is ahead resynchronises and is registered with the next vector",
          "[TS24.229-5.1.1.5.3][TS33.102-6.3.5]") {
    Home home;
    auto config = home.config_of(1);
    std::get<Card>(config.credentials).sqn_ms = 9000 << 5;
    auto& alice = home.add(config);
    start(home, alice);
    CHECK(home.happenings(alice) == Lines{"SQN out of range", "challenged AKAv1-MD5", "registered 600000"});
    CHECK(home.resynchronised == 9000 << 5);
}

TEST_CASE("a network that does not know the key is told so with an empty response", "[TS24.229-5.1.1.5.3]") {
    Home home;
    auto config = home.config_of(1);
    auto keys = std::get<crypto::MilenageKeys>(test_keys());
    keys.k[3] ^= 1;
    config.credentials = Card{.keys = keys, .sqn_ms = 0, .scheme = {}};
    SECTION("and refuses") {
        auto& alice = home.add(config);
        start(home, alice);
        CHECK(home.happenings(alice) == Lines{"MAC failure", "registration failed 403 Forbidden"});
        const auto answer = home.of("REGISTER").at(1);
        CHECK(authorization_of(answer, "response") == "");
        CHECK(authorization_of(answer, "auts") == "absent");
        CHECK(authorization_of(answer, "nonce") != "");
    }
    SECTION("or, from a handset that says nothing, hears no more") {
        config.misbehaviour = Misbehaviour::NoAnswerToMac;
        auto& alice = home.add(config);
        start(home, alice);
        CHECK(home.happenings(alice) ==
              Lines{"MAC failure",
                    "registration failed MAC failure: the network does not know this card's key"});
        CHECK(home.of("REGISTER").size() == 1);
    }
}

TEST_CASE("a wrong response is refused", "[TS24.229-5.4.1.2.3]") {
    Home home;
    auto config = home.config_of(1);
    config.misbehaviour = Misbehaviour::WrongResponse;
    auto& alice = home.add(config);
    start(home, alice);
    CHECK(home.failed_responses == 1);
    CHECK(home.happenings(alice) == Lines{"challenged AKAv1-MD5", "registration failed 403 Forbidden"});
    CHECK_FALSE(alice.registered());
}

TEST_CASE("a network that answers nothing is given up at Timer F", "[TS24.229-5.1.1.2.1]") {
    Home home;
    home.behaviour.silent = true;
    auto& alice = home.add(1);
    start(home, alice);
    CHECK(home.happenings(alice).empty());
    home.advance(127s - 1ms);
    CHECK(home.happenings(alice).empty());
    home.advance(1s);
    CHECK(home.happenings(alice) == Lines{"registration failed no answer"});
    CHECK(home.of("REGISTER").size() > 5);
}

TEST_CASE("a registration is refreshed 600 s before its end, a short one at half time",
          "[TS24.229-5.1.1.4.1]") {
    Home home;
    auto& alice = home.add(1);
    home.behaviour.granted = GENERATE(3600U, 600U);
    home.registers(alice);
    const auto before = home.behaviour.granted == 3600 ? 3000s : 300s;
    home.advance(before - 2s);
    CHECK(home.happenings(alice).empty());
    home.advance(2s);
    CHECK(home.happenings(alice) ==
          Lines{"challenged AKAv1-MD5", "refreshed " + std::to_string(home.behaviour.granted)});
    // The last nonce, and one Call-ID for all of them.
    const auto registers = home.of("REGISTER");
    REQUIRE(registers.size() == 4);
    CHECK(authorization_of(registers[2], "nonce") == authorization_of(registers[1], "nonce"));
    CHECK(registers[2].call_id() == registers[0].call_id());
    home.advance(10h);
    CHECK(alice.registered());
}

TEST_CASE("a too short expiry is raised to Min-Expires", "[TS24.229-5.1.1.2.1]") {
    Home home;
    home.behaviour.min_expires = 1000;
    auto config = home.config_of(1);
    config.expires = 60s;
    auto& alice = home.add(config);
    start(home, alice);
    CHECK(home.happenings(alice).back() == "registered 600000");
    CHECK(*home.of("REGISTER").back().get<h::Expires>() == 1000);
}

TEST_CASE("the UE deregisters its contact with expiry 0", "[TS24.229-5.1.1.6]") {
    Home home;
    auto& alice = home.add(1);
    home.registers(alice);
    home.command(alice, [](Ue& u, TimePoint now, Effects& out) { u.deregister(now, out); });
    home.run();
    CHECK(home.happenings(alice).back() == "deregistered");
    CHECK_FALSE(alice.registered());
    const auto last = home.of("REGISTER").back();
    CHECK(*last.get<h::Expires>() == 0);
    CHECK(last.get<h::Contact>()->address.params.get("expires") == "0");
    home.advance(1'000'000s);
    CHECK(home.happenings(alice).empty());
}

TEST_CASE("a refresh that fails is tried again while the binding lasts, and from the beginning after",
          "[TS24.229-5.1.1.4.1]") {
    Home home;
    home.behaviour.granted = 600;
    auto& alice = home.add(1);
    home.registers(alice);
    home.behaviour.refuse_register = 503;
    home.advance(300s);
    CHECK(home.happenings(alice) == Lines{"registration failed 503 Service Unavailable"});
    CHECK(alice.registered());
    home.behaviour.refuse_register = 0;
    home.advance(31s);
    CHECK(home.happenings(alice).back() == "refreshed 600");

    home.behaviour.silent = true;
    home.advance(600s);
    CHECK_FALSE(alice.registered());
    home.behaviour.silent = false;
    home.advance(300s);
    CHECK(alice.registered());
    CHECK(home.happenings(alice).back() == "registered 600");
}

TEST_CASE("every packet of a registration may be lost once", "[RFC3261-17.1.2]") {
    for (int lost = 0; lost < 4; ++lost) {
        CAPTURE(lost);
        Home home;
        int count = 0;
        home.wire = [&](const sip::Message&, bool) { return count++ != lost; };
        auto& alice = home.add(1);
        start(home, alice);
        home.advance(10s);
        CHECK(alice.registered());
        CHECK(home.happenings(alice).back() == "registered 600000");
    }
}
