#include "tests/unit/ue/home.hpp"

using namespace ims;
using namespace ims::ue;
using namespace ims::ue::test;
using Lines = std::vector<std::string>;

TEST_CASE("a UE saved and restored in a call hangs it up, refreshes and keeps its card's SQN") {
    Home home;
    auto config = home.config_of(1);
    config.subscribe_to_reg_event = true;
    home.behaviour.granted = 3600;
    auto& alice = home.add(config);
    auto& bob = home.add(2);
    home.registers(alice);
    home.registers(bob);
    bob.set_answering(Answering::Automatic);
    home.command(alice, [](Ue& u, TimePoint now, Effects& out) { u.call(Impu{"tel:+15550002"}, now, out); });
    home.advance(200s);
    REQUIRE(alice.idle());

    const auto saved = home.remove(alice);
    auto& reborn = home.add(config);
    std::string why;
    REQUIRE(ims::test::restore(reborn, saved, home.now(), why));
    CHECK(reborn.registered());
    CHECK(reborn.calls() == 1);
    CHECK(reborn.associated_uris().size() == 2);

    home.happenings(bob);
    home.command(reborn, [](Ue& u, TimePoint now, Effects& out) { u.hang_up(now, out); });
    home.run();
    CHECK(home.happenings(reborn) == Lines{"ended: hung up 200"});
    CHECK(home.happenings(bob) == Lines{"ended: the other side hung up"});

    home.advance(3000s);
    CHECK(home.happenings(reborn) == Lines{"challenged AKAv1-MD5", "refreshed 3600"});
    CHECK(ims::test::heading(reborn) + reborn.save(home.now()) != saved);
}

TEST_CASE("what is no snapshot is refused with the reason") {
    Home home;
    auto& alice = home.add(1);
    std::string why;
    const auto heading = ims::test::heading(alice);
    CHECK_FALSE(ims::test::restore(alice, "", home.now(), why));
    CHECK(why == "not the one record of a UE");
    CHECK_FALSE(ims::test::restore(alice, heading + "ue all {\"version\": 99}\n", home.now(), why));
    CHECK(why == "another version");
    CHECK(ims::test::restore(alice, heading + alice.save(home.now()), home.now(), why));
}
