#include "tests/unit/ue/home.hpp"

using namespace ims;
using namespace ims::ue;
using namespace ims::ue::test;
using Lines = std::vector<std::string>;

namespace {

struct Talk {
    Home home;
    Ue& alice;
    Ue& bob;
    CallHandle call{};

    Talk() : alice{home.add(1)}, bob{home.add(2)} {
        home.registers(alice);
        home.registers(bob);
        bob.set_answering(Answering::Automatic);
        home.command(alice, [&](Ue& u, TimePoint now, Effects& out) {
            call = u.call(Impu{"tel:+15550002"}, now, out);
        });
        home.advance(3s);
        REQUIRE(home.happenings(alice).back() == "established with 127.0.0.2:49170");
        home.happenings(bob);
    }
};

}  // namespace

TEST_CASE("a call is put on hold and taken back by re-INVITE", "[RFC3264-8.4][RFC3261-14]") {
    Talk t;
    t.home.command(t.alice, [&](Ue& u, TimePoint now, Effects& out) { u.hold(t.call, now, out); });
    t.home.run();
    CHECK(t.home.happenings(t.alice) == Lines{"media sendonly"});
    CHECK(t.home.happenings(t.bob) == Lines{"media recvonly"});
    t.home.command(t.alice, [&](Ue& u, TimePoint now, Effects& out) { u.resume(t.call, now, out); });
    t.home.run();
    CHECK(t.home.happenings(t.alice) == Lines{"media sendrecv"});
    CHECK(t.home.happenings(t.bob) == Lines{"media sendrecv"});
    CHECK(t.home.of("ACK").size() == 3);
}

TEST_CASE("the callee can hold too", "[RFC3261-14]") {
    Talk t;
    t.home.command(t.bob, [&](Ue& u, TimePoint now, Effects& out) { u.hold(CallHandle{1}, now, out); });
    t.home.run();
    CHECK(t.home.happenings(t.alice) == Lines{"media recvonly"});
    CHECK(t.home.happenings(t.bob) == Lines{"media sendonly"});
}

TEST_CASE("UPDATE renews the session without ACK", "[RFC3311-5]") {
    Talk t;
    t.home.seen.clear();
    t.home.command(t.alice, [&](Ue& u, TimePoint now, Effects& out) { u.update(t.call, now, out); });
    t.home.run();
    CHECK(t.home.happenings(t.alice) == Lines{"media sendrecv"});
    CHECK(t.home.happenings(t.bob) == Lines{"media sendrecv"});
    CHECK(t.home.of("UPDATE").size() == 1);
    CHECK(t.home.of("ACK").empty());
}

TEST_CASE("two re-INVITEs that cross are refused with 491 and one comes again", "[RFC3261-14.1]") {
    Talk t;
    std::vector<int> finals;
    t.home.wire = [&](const sip::Message& m, bool to_ue) {
        if (!to_ue && m.is_response() && m.status() >= 200 && m.method() == sip::Method::Invite)
            finals.push_back(m.status());
        return true;
    };
    t.home.command(t.alice, [&](Ue& u, TimePoint now, Effects& out) { u.hold(t.call, now, out); });
    t.home.command(t.bob, [&](Ue& u, TimePoint now, Effects& out) { u.update(CallHandle{1}, now, out); });
    t.home.advance(10s);
    CHECK(finals == std::vector<int>{491, 200});
    CHECK(t.alice.calls() == 1);
    CHECK(t.home.happenings(t.alice).back() == "media sendonly");
    CHECK(t.home.happenings(t.bob).back() == "media recvonly");
}

TEST_CASE("a lost answer to a re-INVITE is repeated", "[RFC3261-14.2]") {
    Talk t;
    bool lose = true;
    t.home.wire = [&](const sip::Message& m, bool to_ue) {
        return !(to_ue && m.status() == 200 && m.method() == sip::Method::Invite &&
                 std::exchange(lose, false));
    };
    t.home.command(t.alice, [&](Ue& u, TimePoint now, Effects& out) { u.hold(t.call, now, out); });
    t.home.advance(3s);
    CHECK(t.home.happenings(t.alice) == Lines{"media sendonly"});
    t.home.advance(300s);
    CHECK(t.alice.idle());
    CHECK(t.bob.idle());
    CHECK(t.bob.calls() == 1);
}
