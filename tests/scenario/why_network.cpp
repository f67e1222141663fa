#include "tests/scenario/why.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

// What the network itself does wrong, provoked with real cores.

TEST_CASE("why: malformed-message, with header and octet", "[why]") {
    World world;
    world.ue("alice");
    auto text = a_register("001010000000001", 1);
    const auto at = text.find("CSeq: 1 REGISTER");
    text.replace(at, 16, "CSeq: x REGISTER");
    says(world, "alice", text);
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "malformed-message");
    CHECK(why.sentence().find("header CSeq, octet " + std::to_string(at + 6)) != std::string::npos);
}

TEST_CASE("why: overload", "[why]") {
    Options options;
    options.max_transactions = 0;
    World world{options};
    world.ue("alice").registers();
    world.advance(1s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "overload");
    CHECK(why.sentence().find("P-CSCF") != std::string::npos);
}

TEST_CASE("why: going-out-of-service", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.on<Node>("pcscf", [](Node& n, TimePoint now, Effects& out) { n.drain(now, out); });
    alice.registers();
    world.advance(1s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "going-out-of-service");
}

TEST_CASE("why: dns-does-not-resolve, with the query", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    alice.calls(Impu{"sip:bob@elsewhere.example"});
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "dns-does-not-resolve");
    CHECK(why.sentence().find("The S-CSCF cannot resolve a name: ") == 0);
    CHECK(why.sentence().find("elsewhere.example") != std::string::npos);
}

TEST_CASE("why: database-away, and hss-busy where the HSS cannot be asked why", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.hss_store().set_away(true);
    alice.registers();
    world.run();
    {
        const Why why{world, "001010000000001"};
        INFO(why.text());
        CHECK(why.cause() == "database-away");
    }
    world.kill("hss");
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "hss-busy");
    CHECK(why.story.silent == std::vector<std::string>{"hss: connection refused"});
    CHECK(why.text().find("Not asked, it does not answer: hss") != std::string::npos);
}

TEST_CASE("why: hss-unreachable", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.kill("hss");
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "hss-unreachable");
    CHECK(why.sentence().find("The I-CSCF cannot reach the HSS") == 0);
}

TEST_CASE("why: no-scscf-with-capabilities", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.hss_store().change_catalogue([](hss::Catalogue& c) {
        c.capability_sets[hss::CapabilitySetId{1}] = cx::ServerCapabilities{{17}, {}, {}};
    });
    world.hss_store().change(alice.impi(),
                             [](hss::Subscription& s) { s.capability_set = hss::CapabilitySetId{1}; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "no-scscf-with-capabilities");
    CHECK(why.sentence().find("capabilities 17,") != std::string::npos);
}

TEST_CASE("why: scscf-unreachable", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.register_again_by_itself = false; });
    world.kill("scscf");
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() > 0; }));
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "scscf-unreachable");
    CHECK(why.sentence().find("sip:127.0.1.30:6060") != std::string::npos);
}

TEST_CASE("why: transaction-timeout, with the hop", "[why]") {
    Options options;
    options.udp_only = true;
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.register_again_by_itself = false; });
    world.freeze("icscf", true);
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() > 0; }));
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "transaction-timeout");
    CHECK(why.sentence().find("The P-CSCF sent REGISTER to the I-CSCF (127.0.1.20:4060)") == 0);
}

TEST_CASE("why: no-final-response, while nobody can say more", "[why]") {
    Options options;
    options.udp_only = true;
    World world{options};
    auto& alice = world.ue("alice");
    world.freeze("icscf", true);
    alice.registers();
    world.advance(10s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "no-final-response");
    CHECK(why.answer.verdict.outcome == why::Verdict::Outcome::UnderWay);
}

TEST_CASE("why: refused, by whom and with what reason", "[why]") {
    Options options;
    options.pcscf.accept_registrations = false;
    World world{options};
    world.ue("alice").registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "refused");
    CHECK(why.sentence() == "The P-CSCF answered 305 Use Proxy: no registrations are accepted here.");
}

TEST_CASE("why: nothing-seen", "[why]") {
    World world;
    const Why why{world, "001010000000001"};
    CHECK(why.cause() == "nothing-seen");
    CHECK(why.answer.verdict.outcome == why::Verdict::Outcome::Nothing);
}

TEST_CASE("why: pcscf-tcp-closed", "[why]") {
    Options options;
    options.udp_only = true;
    World world{options};
    const Why why{world, "001010000000001"};
    CHECK(why.cause() == "pcscf-tcp-closed");
}

TEST_CASE("why: a restart of a service takes its memory, and the others still answer", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.hss_store().bar(alice.impi());
    alice.registers();
    world.run();
    world.save_and_restore("icscf");
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.story.silent.empty());
    CHECK(why.answer.verdict.outcome == why::Verdict::Outcome::Failure);
}

TEST_CASE("why: the ladder has SIP and Diameter on one time axis", "[why]") {
    World world;
    world.ue("alice").registers();
    world.run();
    const Why why{world, "001010000000001"};
    const auto& ladder = why.answer.verdict.ladder;
    INFO(ladder.text());
    CHECK(ladder.columns ==
          std::vector<std::string>{"UE 127.0.2.1:5060", "P-CSCF", "I-CSCF", "S-CSCF", "HSS"});
    std::vector<std::string> steps;
    for (const auto& s : ladder.steps)
        if (s.from != s.to)
            steps.push_back(ladder.columns[s.from].substr(0, 6) + " " + ladder.columns[s.to].substr(0, 6) +
                            " " + s.label.substr(0, 12));
    CHECK(steps == std::vector<std::string>{"UE 127 P-CSCF REGISTER",
                                            "P-CSCF I-CSCF REGISTER",
                                            "I-CSCF HSS UAR",
                                            "HSS I-CSCF UAA FIRST_RE",
                                            "I-CSCF S-CSCF REGISTER",
                                            "S-CSCF HSS MAR",
                                            "HSS S-CSCF MAA SUCCESS ",
                                            "S-CSCF I-CSCF 401 Unauthor",
                                            "I-CSCF P-CSCF 401 Unauthor",
                                            "P-CSCF UE 127 401 Unauthor",
                                            "UE 127 P-CSCF REGISTER",
                                            "P-CSCF I-CSCF REGISTER",
                                            "I-CSCF HSS UAR",
                                            "HSS I-CSCF UAA SUBSEQUE",
                                            "I-CSCF S-CSCF REGISTER",
                                            "S-CSCF HSS SAR",
                                            "HSS S-CSCF SAA SUCCESS ",
                                            "S-CSCF I-CSCF 200 OK",
                                            "I-CSCF P-CSCF 200 OK",
                                            "P-CSCF UE 127 200 OK"});
    const auto page = why::html_of(why.answer, why.story);
    CHECK(page.find("<svg ") != std::string::npos);
    CHECK(page.find("http://") == page.find("http://www.w3.org/2000/svg"));  // nothing from outside
    CHECK(page.find("http://", page.find("http://") + 1) == std::string::npos);
}

TEST_CASE("why: no key is ever told, whatever is asked", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    // What the S-CSCF tells the P-CSCF alone.
    std::vector<std::string> keys;
    for (const auto& c : world.crossings())
        for (const auto* name : {"ck=\"", "ik=\""})
            if (const auto at = c.text.find(name); at != std::string::npos)
                keys.push_back(c.text.substr(at + 4, 32));
    REQUIRE_FALSE(keys.empty());
    const Why why{world, "001010000000001"};
    const auto all = why::html_of(why.answer, why.story) + why::json_of(why.answer, why.story) + why.text();
    for (const auto& key : keys) CHECK(all.find(key) == std::string::npos);
    CHECK(all.find("465b5ce8b199b49faa5f0a2ee238a6bc") == std::string::npos);
    CHECK(all.find("cd63cb71954a9f4e48a5994e37a02baf") == std::string::npos);
}
