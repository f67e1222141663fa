#include "tests/unit/ue/home.hpp"

using namespace ims;
using namespace ims::ue;
using namespace ims::ue::test;
using Lines = std::vector<std::string>;
namespace h = ims::sip::h;

namespace {

void sends(Home& home, Ue& ue, const std::string& to, const std::string& text) {
    home.command(ue, [&](Ue& u, TimePoint now, Effects& out) { u.message(Impu{to}, text, now, out); });
    home.run();
}

}  // namespace

TEST_CASE("a MESSAGE goes through the P-CSCF along the Service-Route and arrives", "[TS24.229-5.1.2A.1.1]") {
    Home home;
    auto& alice = home.add(1);
    auto& bob = home.add(2);
    home.registers(alice);
    home.registers(bob);
    sends(home, alice, "tel:+15550002", "hello");
    CHECK(home.happenings(alice) == Lines{"delivered 200"});
    CHECK(home.happenings(bob) == Lines{"message from sip:+15550001@" + std::string{domain} + ": hello"});

    const auto sent = home.of("MESSAGE").at(0);
    const auto route = sent.all<h::Route>();
    REQUIRE(route->size() == 2);
    CHECK((*route)[0].uri.text() == "sip:127.0.1.10:5060;lr");
    CHECK((*route)[1].uri.user == "orig");
    CHECK(sent.get<h::PPreferredIdentity>()->uri.text() == "sip:+15550001@" + std::string{domain});
    CHECK(sent.has<h::PAccessNetworkInfo>());
}

TEST_CASE("a MESSAGE to nobody fails with the network's reason, one to no URI at once", "[RFC3428-4]") {
    Home home;
    auto& alice = home.add(1);
    home.registers(alice);
    sends(home, alice, "tel:+15559999", "hello");
    CHECK(home.happenings(alice) == Lines{"not delivered 404 Not Found"});
    sends(home, alice, "nonsense", "hello");
    CHECK(home.happenings(alice) == Lines{"not delivered no URI: nonsense"});
    home.behaviour.silent = true;
    sends(home, alice, "tel:+15559999", "hello");
    home.advance(128s);
    CHECK(home.happenings(alice) == Lines{"not delivered no answer"});
    CHECK(alice.idle());
}

TEST_CASE("a repeated MESSAGE is told once", "[RFC3261-17.2.2]") {
    Home home;
    auto& alice = home.add(1);
    auto& bob = home.add(2);
    home.registers(alice);
    home.registers(bob);
    bool lose = true;
    home.wire = [&](const sip::Message& m, bool to_ue) {
        return !(to_ue && m.is_response() && m.method() == sip::Method::Message &&
                 std::exchange(lose, false));
    };
    sends(home, alice, "tel:+15550002", "once");
    home.advance(5s);
    CHECK(home.happenings(alice) == Lines{"delivered 200"});
    CHECK(home.happenings(bob).size() == 1);
}

TEST_CASE("OPTIONS is answered with what the UE can do", "[RFC3261-11.2]") {
    Home home;
    auto& alice = home.add(1);
    auto& bob = home.add(2);
    home.registers(alice);
    home.registers(bob);
    std::string allow;
    home.wire = [&](const sip::Message& m, bool to_ue) {
        if (to_ue && m.status() == 200) allow = m.raw(sip::HeaderId::Allow).value_or("");
        return true;
    };
    home.command(alice,
                 [](Ue& u, TimePoint now, Effects& out) { u.options(Impu{"tel:+15550002"}, now, out); });
    home.run();
    CHECK(home.happenings(alice) == Lines{"options 200"});
    CHECK(allow.find("PRACK") != std::string::npos);
}
