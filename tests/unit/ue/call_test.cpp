#include "tests/unit/ue/home.hpp"

using namespace ims;
using namespace ims::ue;
using namespace ims::ue::test;
using Lines = std::vector<std::string>;
namespace h = ims::sip::h;

namespace {

const std::string alice_impu = "sip:+15550001@" + std::string{domain};
const Impu bob_impu{"tel:+15550002"};

// Alice and Bob, registered.
struct Pair {
    Home home;
    Ue& alice;
    Ue& bob;
    CallHandle call{};

    explicit Pair(const std::function<void(Config&)>& change = {}, bool v6 = false)
        : alice{add(1, change, v6)}, bob{add(2, change, v6)} {
        home.registers(alice);
        home.registers(bob);
        home.seen.clear();
    }
    Ue& add(int n, const std::function<void(Config&)>& change, bool v6) {
        auto config = home.config_of(n, v6);
        if (change) change(config);
        return home.add(config);
    }
    void calls() {
        home.command(alice, [&](Ue& u, TimePoint now, Effects& out) { call = u.call(bob_impu, now, out); });
    }
    void answers() {
        home.command(bob, [&](Ue& u, TimePoint now, Effects& out) { u.answer(CallHandle{1}, now, out); });
        home.run();
    }
    void hangs_up(Ue& who) {
        home.command(who, [](Ue& u, TimePoint now, Effects& out) { u.hang_up(now, out); });
        home.run();
    }
    void talk() {
        calls();
        home.run();
        answers();
        CHECK(alice.calls() == 1);
        CHECK(bob.calls() == 1);
        home.happenings(alice);
        home.happenings(bob);
    }
};

}  // namespace

TEST_CASE("a call rings, is acknowledged reliably, answered, held by nobody and hung up",
          "[RFC3261-13][RFC3262-3]") {
    const bool v6 = GENERATE(false, true);
    Pair p{{}, v6};
    p.calls();
    p.home.run();
    CHECK(p.home.happenings(p.bob) == Lines{"call from " + alice_impu});
    CHECK(p.home.happenings(p.alice) == Lines{"progress 180"});
    CHECK(p.home.of("PRACK").size() == 1);
    p.answers();
    const std::string alice_media = v6 ? "[2001:db8::1]:49170" : "127.0.0.1:49170";
    const std::string bob_media = v6 ? "[2001:db8::2]:49170" : "127.0.0.2:49170";
    CHECK(p.home.happenings(p.alice) == Lines{"established with " + bob_media});
    CHECK(p.home.happenings(p.bob) == Lines{"established with " + alice_media});
    p.home.advance(200s);
    CHECK(p.alice.idle());
    CHECK(p.home.of("ACK").size() == 1);

    const bool caller_hangs_up = GENERATE(true, false);
    p.hangs_up(caller_hangs_up ? p.alice : p.bob);
    CHECK(p.home.happenings(caller_hangs_up ? p.alice : p.bob) == Lines{"ended: hung up 200"});
    CHECK(p.home.happenings(caller_hangs_up ? p.bob : p.alice) == Lines{"ended: the other side hung up"});
    CHECK(p.alice.calls() == 0);
    CHECK(p.bob.calls() == 0);
}

TEST_CASE("an automatic callee answers when it has rung, a rejecting one says so", "[RFC3261-13.3.1]") {
    Pair p;
    SECTION("automatic") {
        p.bob.set_answering(Answering::Automatic);
        p.calls();
        p.home.advance(990ms);
        CHECK(p.home.happenings(p.alice) == Lines{"progress 180"});
        p.home.advance(20ms);
        CHECK(p.home.happenings(p.alice) == Lines{"established with 127.0.0.2:49170"});
    }
    SECTION("rejecting") {
        p.bob.set_answering(Answering::Reject, 486);
        p.calls();
        p.home.run();
        CHECK(p.home.happenings(p.alice) == Lines{"ended: rejected 486 Busy Here"});
        CHECK(p.home.happenings(p.bob) ==
              Lines{"call from " + alice_impu, "ended: rejected by this side 486"});
        p.home.advance(200s);
        CHECK(p.alice.idle());
        CHECK(p.bob.idle());
    }
}

TEST_CASE("a caller who gives up cancels", "[RFC3261-9.1]") {
    Pair p;
    p.calls();
    p.home.run();
    p.home.happenings(p.alice);
    p.hangs_up(p.alice);
    CHECK(p.home.happenings(p.alice) == Lines{"ended: cancelled 487 Request Terminated"});
    CHECK(p.home.happenings(p.bob).back() == "ended: the caller gave up 487");
    CHECK(p.bob.calls() == 0);
}

TEST_CASE("a 2xx that crosses the CANCEL is acknowledged and ended with BYE", "[RFC3261-15]") {
    Pair p;
    p.calls();
    p.home.run();
    p.home.wire = [](const sip::Message& m, bool to_ue) {
        return !(m.method() == sip::Method::Cancel && to_ue && m.is_request());
    };
    p.home.command(p.alice, [](Ue& u, TimePoint now, Effects& out) { u.hang_up(now, out); });
    p.answers();
    p.home.advance(5s);
    CHECK(p.home.happenings(p.alice).back() == "ended: hung up 200");
    CHECK(p.home.happenings(p.bob).back() == "ended: the other side hung up");
    CHECK(p.home.of("BYE").size() == 1);
}

TEST_CASE("the 2xx is repeated until the ACK comes, and the ACK each time", "[RFC3261-13.3.1.4]") {
    Pair p;
    int lost = 3;
    p.home.wire = [&](const sip::Message& m, bool to_ue) {
        return !(to_ue && m.method() == sip::Method::Ack && m.is_request() && lost-- > 0);
    };
    p.calls();
    p.home.run();
    p.answers();
    CHECK(p.home.happenings(p.bob) == Lines{"call from " + alice_impu});
    p.home.advance(2s + 4s + 8s);
    CHECK(p.home.happenings(p.bob) == Lines{"established with 127.0.0.1:49170"});
    CHECK(p.home.of("ACK").size() == 4);
    CHECK(p.home.happenings(p.alice) == Lines{"progress 180", "established with 127.0.0.2:49170"});
}

TEST_CASE("without an ACK the callee gives up at 64*T1 and says BYE", "[RFC3261-13.3.1.4]") {
    Pair p;
    p.alice.set_misbehaviour(Misbehaviour::NoAck);
    p.calls();
    p.home.run();
    p.answers();
    p.home.advance(126s);
    CHECK(p.bob.calls() == 1);
    p.home.advance(3s);
    CHECK(p.home.happenings(p.bob).back() == "ended: no answer no ACK");
    CHECK(p.home.happenings(p.alice).back() == "ended: the other side hung up");
}

TEST_CASE("a lost reliable 180 comes again; without any PRACK the call is refused", "[RFC3262-3]") {
    Pair p;
    SECTION("once") {
        bool lose = true;
        p.home.wire = [&](const sip::Message& m, bool to_ue) {
            return !(to_ue && m.status() == 180 && std::exchange(lose, false));
        };
        p.calls();
        p.home.advance(3s);
        CHECK(p.home.happenings(p.alice) == Lines{"progress 180"});
        CHECK(p.home.of("PRACK").size() == 1);
    }
    SECTION("for ever") {
        p.home.wire = [&](const sip::Message& m, bool to_ue) {
            return !(to_ue && m.method() == sip::Method::Prack && m.is_request());
        };
        p.calls();
        p.home.advance(130s);
        CHECK(p.home.happenings(p.bob).back() == "ended: no answer 504 no PRACK");
        CHECK(p.home.happenings(p.alice).back() == "ended: rejected 504 Server Time-out");
    }
}

TEST_CASE("a caller without 100rel gets an ordinary 180", "[RFC3262-3]") {
    Pair p{[](Config& c) { c.reliable_provisional = false; }};
    p.calls();
    p.home.run();
    CHECK(p.home.happenings(p.alice) == Lines{"progress 180"});
    CHECK(p.home.of("PRACK").empty());
}

TEST_CASE("nobody there: the call ends with the network's answer, or with none", "[RFC3261-13.2.2.3]") {
    Home home;
    auto& alice = home.add(1);
    home.registers(alice);
    home.command(alice, [](Ue& u, TimePoint now, Effects& out) { u.call(bob_impu, now, out); });
    home.run();
    CHECK(home.happenings(alice) == Lines{"ended: rejected 404 Not Found"});
    home.behaviour.silent = true;
    home.command(alice, [](Ue& u, TimePoint now, Effects& out) { u.call(bob_impu, now, out); });
    home.advance(129s);
    CHECK(home.happenings(alice) == Lines{"ended: no answer no answer"});
}

TEST_CASE("requests of a dialog that is gone get 481", "[RFC3261-12.2.2]") {
    Pair p;
    p.talk();
    p.home.remove(p.bob);
    auto& reborn = p.home.add(2);
    p.hangs_up(p.alice);
    CHECK(p.home.happenings(p.alice) == Lines{"ended: hung up 481"});
    CHECK(p.home.happenings(reborn).empty());
}

TEST_CASE("a call survives each lost packet", "[RFC3261-17]") {
    int packets = 0;
    {
        Pair p;
        p.home.wire = [&](const sip::Message&, bool) { return ++packets > 0; };
        p.bob.set_answering(Answering::Automatic);
        p.calls();
        p.home.advance(3s);
        p.hangs_up(p.alice);
    }
    CHECK(packets >= 16);
    for (int lost = 1; lost <= packets; ++lost) {
        CAPTURE(lost);
        Pair p;
        int count = 0;
        p.home.wire = [&](const sip::Message&, bool) { return ++count != lost; };
        p.bob.set_answering(Answering::Automatic);
        p.calls();
        p.home.advance(30s);
        CHECK(p.home.happenings(p.alice).back() == "established with 127.0.0.2:49170");
        CHECK(p.home.happenings(p.bob).back() == "established with 127.0.0.1:49170");
        p.hangs_up(p.alice);
        p.home.advance(30s);
        CHECK(p.home.happenings(p.alice).back() == "ended: hung up 200");
        CHECK(p.home.happenings(p.bob).back() == "ended: the other side hung up");
    }
}
