// Gm with security associations: UE and P-CSCF agree, and what they agreed on is right at every moment of its
// life. The kernel is a table here (tests/support/world/wire.hpp); tests/kernel has a real one.
#include "tests/scenario/gm.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

namespace {

std::size_t sets(World& world, std::string_view host) {
    return world.host(host).associations.size();
}

// What crossed between UEs and the P-CSCF in clear, as first lines.
std::vector<std::string> in_clear(const World& world) {
    std::vector<std::string> lines;
    for (const auto& c : world.crossings())
        if (!c.by_esp && (c.from == "alice" || c.to == "alice" || c.from == "bob" || c.to == "bob"))
            lines.push_back(c.text.substr(0, c.text.find(' ', c.text.find(' ') + 1)));
    return lines;
}

}  // namespace

TEST_CASE("nothing but the first REGISTER and its challenge crosses in clear", "[TS33.203-7.2]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    REQUIRE(alice.is_registered());
    CHECK(in_clear(world) == std::vector<std::string>{"REGISTER sip:" + std::string{home}, "SIP/2.0 401"});
    // The P-CSCF asks for the registration state, the UE does: both over the associations.
    CHECK(alice.count<ue::RegistrationStateNotified>() >= 1);
    CHECK(sets(world, "pcscf") == 1);
    CHECK(sets(world, "alice") == 1);
    // The P-CSCF's first choice among what both have.
    CHECK(newest(world, "pcscf").transform.text() == "hmac-sha-1-96/aes-cbc");
    CHECK(newest(world, "pcscf").own == newest(world, "alice").peer);
    CHECK(newest(world, "pcscf").peer == newest(world, "alice").own);
}

TEST_CASE("calls both ways, messages and the end of a registration on associations", "[TS33.203-7.1]") {
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    World world{with_ipsec()};
    const auto over = [&](ue::Config& c) { c.transport = transport; };
    auto& alice = world.ue("alice", over);
    auto& bob = world.ue("bob", over);
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    for (auto [caller, callee] : {std::pair{&alice, &bob}, std::pair{&bob, &alice}}) {
        caller->calls(*callee);
        REQUIRE(world.until([&, c = callee] { return c->is_ringing(); }));
        callee->answers();
        REQUIRE(world.until([&, a = caller, b = callee] { return a->is_in_call() && b->is_in_call(); }));
        callee->hangs_up();
        REQUIRE(world.until([&, a = caller, b = callee] { return a->has_no_call() && b->has_no_call(); }));
        caller->sends("hello", *callee);
        REQUIRE(world.until([&, b = callee] { return b->count<ue::MessageReceived>() == 1; }));
    }
    world.run();
    alice.deregisters();
    bob.deregisters();
    world.run();
    world.advance(300s);
    CHECK(sets(world, "pcscf") == 0);
    CHECK(sets(world, "alice") == 0);
    CHECK(world.pcscf().bindings() == 0);
    CHECK(in_clear(world).size() == 4);
}

TEST_CASE("a re-registration replaces the associations, and the old ones go when the UE has used the new",
          "[TS33.203-7.4.2a]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = 3600s; });
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    const auto before = newest(world, "alice");
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    const auto after = newest(world, "alice");
    CHECK(after.own.server_port == before.own.server_port);
    CHECK(after.peer.server_port == before.peer.server_port);
    CHECK(after.own.client_port != before.own.client_port);
    CHECK(after.peer.client_port != before.peer.client_port);
    CHECK(sets(world, "pcscf") == 3);  // bob's, and both of alice's

    // She has not used the new ones: what goes to her goes on the old (24.229 5.2.2.2).
    bob.sends("on the old ones", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    alice.sends("on the new ones", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    world.advance(64 * sip::gm_timers.t1 + 1s);
    CHECK(sets(world, "pcscf") == 2);
    CHECK(sets(world, "alice") == 1);
    bob.sends("again", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 2; }));
    CHECK(in_clear(world).size() == 4);
}

TEST_CASE("a thousand re-registrations leave one set of associations", "[TS33.203-7.4.2a]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.subscribe_to_reg_event = false; });
    REQUIRE(flows::registers(world, alice));
    for (std::size_t n = 2; n <= 1000; ++n) {
        alice.registers();
        REQUIRE(world.until([&] { return alice.count<ue::Registered>() == n; }));
        REQUIRE(sets(world, "pcscf") <= 3);
        world.proves_each_turn = n < 20;
        if (n % 3 == 0) world.advance(200s);  // some close after each other, some not
    }
    // What is left is what she uses, once she has used it.
    CHECK(sets(world, "pcscf") <= 2);
    alice.asks_options_of(alice);
    world.run();
    world.advance(300s);
    CHECK(sets(world, "pcscf") == 1);
    CHECK(sets(world, "alice") == 1);
    CHECK(newest(world, "pcscf").own == newest(world, "alice").peer);
}

TEST_CASE("a registration that expires takes its associations with it", "[TS33.203-7.4.2a]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.expires = 600s;
        c.register_again_by_itself = false;
    });
    REQUIRE(flows::registers(world, alice));
    world.advance(1200s);
    CHECK(world.pcscf().bindings() == 0);
    CHECK(sets(world, "pcscf") == 0);
    CHECK(sets(world, "alice") == 0);
}

TEST_CASE("a UE that stays silent after the challenge costs associations for reg-await-auth, no longer",
          "[TS33.203-7.3]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::NeverAnswers; });
    alice.registers();
    world.run(100s);
    CHECK(sets(world, "pcscf") == 1);
    world.advance(241s);
    CHECK(sets(world, "pcscf") == 0);
}

TEST_CASE("a wrong response is answered on the new associations, which then go", "[TS33.203-7.3]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::WrongResponse; });
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 403);
    CHECK(sets(world, "alice") == 0);
    world.advance(150s);
    CHECK(sets(world, "pcscf") == 0);
}

TEST_CASE("an SQN out of range is resynchronised, and the second challenge makes new associations",
          "[TS33.203-7.3][TS33.102-6.3.5]") {
    World world{with_ipsec()};
    auto& alice = world.ue(
        "alice", [](ue::Config& c) { std::get<ue::Card>(c.credentials).sqn_ms = std::uint64_t{1} << 40; });
    REQUIRE(flows::registers(world, alice));
    CHECK(alice.count<ue::Challenged>() == 2);
    CHECK(sets(world, "pcscf") == 1);
    CHECK(newest(world, "pcscf").own == newest(world, "alice").peer);
}

TEST_CASE("a challenge that is answered in clear is not passed on", "[TS33.203-7.2]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::AnswersInClear; });
    alice.registers();
    world.run();
    CHECK_FALSE(alice.is_registered());
    CHECK(world.noted("pcscf.request.discarded") >= 1);
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
}

TEST_CASE("a Security-Verify that is not what was sent gets 494 and the list again", "[RFC3329-2.3.1]") {
    World world{with_ipsec()};
    auto& alice =
        world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::ChangesSecurityVerify; });
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 494);
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
}

TEST_CASE("a UE without a security agreement is told that one is needed, or served, as the policy says",
          "[RFC3329-2.3.2]") {
    auto options = with_ipsec();
    SECTION("required") {
        World world{options};
        auto& alice = world.ue("alice", [](ue::Config& c) { c.ipsec = {}; });
        alice.registers();
        REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
        CHECK(alice.last<ue::RegistrationFailed>()->status == 421);
        const auto& refusal = world.crossings().back().text;
        CHECK(refusal.find("Security-Server: ipsec-3gpp") != std::string::npos);
    }
    SECTION("another address, another policy") {
        options.pcscf.access_policies = {{*AddressRange::parse("127.0.2.1"), pcscf::Security::Off}};
        World world{options};
        auto& alice = world.ue("alice", [](ue::Config& c) { c.ipsec = {}; });
        alice.registers();
        world.run();
        // In clear the S-CSCF wants more than AKA without integrity protection; the P-CSCF let it pass.
        CHECK(world.noted("pcscf.registration.refused") == 0);
        CHECK(world.noted("pcscf.registration.challenged") >= 1);
        CHECK(sets(world, "pcscf") == 0);
    }
}

TEST_CASE(
    "where security is preferred, a UE in clear may change to TCP for what is long, and speaks for no other",
    "[RFC3261-18.1.1]") {
    Options options;
    options.ipsec = true;
    options.pcscf.security = pcscf::Security::Preferred;
    World world{options};
    const auto wordy = [](ue::Config& c) {
        c.ipsec = {};
        c.user_agent = std::string(1200, 'x');
    };
    auto& alice = world.ue("alice", wordy);
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    world.cut_connections("alice");
    world.run();
    alice.calls(bob);
    REQUIRE(world.until([&] { return bob.is_ringing(); }));
    bob.answers();
    REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }));
    // From bob's own address, in clear, in his name: what his associations are for.
    world.on<Node>("bob", [&](Node&, TimePoint, Effects& out) {
        const auto me = bob.number().value();
        out.emplace_back(sip::Transmit{
            0,
            sip::make_buffer(
                "MESSAGE " + alice.number().value() +
                " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.2.2:5060;branch=z9hG4bKf;rport\r\nMax-Forwards: 70\r\n"
                "From: <" +
                me + ">;tag=f\r\nTo: <" + alice.number().value() +
                ">\r\nCall-ID: forged\r\nCSeq: 1 MESSAGE\r\nP-Preferred-Identity: <" + me +
                ">\r\nContent-Length: 0\r\n\r\n"),
            sip::Target{sip::Transport::Udp, *IpEndpoint::parse("127.0.1.10:5060"), std::nullopt}});
    });
    world.run(60s);
    CHECK(alice.count<ue::MessageReceived>() == 0);
    CHECK(world.noted("pcscf.request.discarded") >= 1);
}

TEST_CASE("a UE that offers nothing we accept is told what we do", "[TS33.203-7.2]") {
    auto options = with_ipsec();
    options.pcscf.ipsec.transforms = {{ipsec::Integrity::Null, ipsec::Encryption::AesGcm}};
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.ipsec.transforms = {{ipsec::Integrity::HmacMd5_96, ipsec::Encryption::Null}};
    });
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 494);
    const auto& remarks = world.remarks();
    const auto refused = std::find_if(remarks.begin(), remarks.end(), [](const auto& r) {
        return r.note.id == "pcscf.registration.refused";
    });
    REQUIRE(refused != remarks.end());
    CHECK(refused->note.field("offered").find("hmac-md5-96") != std::string::npos);
    CHECK(refused->note.field("supported").find("aes-gcm") != std::string::npos);
}

TEST_CASE("a UE that offers one old algorithm is served with it", "[TS33.203-H]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.ipsec.transforms = {{ipsec::Integrity::HmacMd5_96, ipsec::Encryption::DesEde3Cbc}};
    });
    REQUIRE(flows::registers(world, alice));
    CHECK(newest(world, "pcscf").transform.text() == "hmac-md5-96/des-ede3-cbc");
}

TEST_CASE("a kernel that refuses is an error with its reason, not a registration", "[TS33.203-7.2]") {
    World world{with_ipsec()};
    world.why_no_associations = "CAP_NET_ADMIN is missing";
    auto& alice = world.ue("alice");
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 500);
    CHECK(world.noted("pcscf.associations.failed") == 1);
    world.run();
    CHECK(world.pcscf().idle());
}

TEST_CASE("registered UEs survive a restart of the P-CSCF, whose keys are the kernel's", "[TS33.203-7.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    // One that nobody knows of, as a process that was killed leaves it.
    auto stray = world.host("pcscf").associations.begin()->second;
    stray.id = 999;
    stray.set.own.spi_client += 1;
    world.host("pcscf").associations.emplace(999, stray);
    world.save_and_restore("pcscf");
    world.run();
    CHECK(sets(world, "pcscf") == 2);
    bob.sends("still there?", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    alice.sends("yes", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    CHECK(in_clear(world).size() == 4);
}

TEST_CASE("a P-CSCF that is killed at any moment goes on with every registered UE", "[TS33.203-7.4.2a]") {
    auto options = with_ipsec();
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = 7200s; });
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    const auto talk = [&](std::size_t times) {
        bob.sends("are you there?", alice);
        REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == times; }));
        alice.sends("yes", bob);
        REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == times; }));
    };
    world.crashes("pcscf");
    talk(1);
    // Between the 200 of a re-registration and the first use of its associations.
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    world.crashes("pcscf");
    talk(2);
    world.crashes("pcscf");
    talk(3);
    world.run();
    CHECK(world.pcscf().subscriptions() == 2);  // made anew where they were lost
    alice.deregisters();
    REQUIRE(world.until([&] { return alice.count<ue::Deregistered>() == 1; }));
    world.crashes("pcscf");
    world.advance(200s);
    CHECK(sets(world, "pcscf") == 1);
    CHECK(world.pcscf().bindings() == 1);
    bob.deregisters();
    world.run();
    world.advance(200s);
    CHECK(sets(world, "pcscf") == 0);
    CHECK(in_clear(world).size() == 4);
}

TEST_CASE("a challenge that is under way when the P-CSCF is killed leaves nothing, and the UE tries again",
          "[TS33.203-7.4.2a]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    alice.registers();
    REQUIRE(world.until([&] { return sets(world, "pcscf") == 1; }));
    world.crashes("pcscf");
    CHECK(sets(world, "pcscf") == 0);
    REQUIRE(flows::registers(world, alice));
    CHECK(sets(world, "pcscf") == 1);
}

TEST_CASE("associations that the kernel lost with a reboot are found to be gone, and the UE registers anew",
          "[TS33.203-7.4]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = 3600s; });
    REQUIRE(flows::registers(world, alice));
    world.host("pcscf").associations.clear();
    world.save_and_restore("pcscf");
    world.run();
    CHECK(world.noted("pcscf.associations.lost") == 1);
    CHECK(world.pcscf().bindings() == 0);
    world.advance(3600s);  // at its next refresh it hears nothing, and starts from the beginning
    CHECK(alice.is_registered());
    CHECK(sets(world, "pcscf") == 1);
}

TEST_CASE("what the kernel has lost while the P-CSCF ran is found at the refresh, and the UE comes back",
          "[TS33.203-7.4]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = 3600s; });
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    auto& kernel = world.host("pcscf").associations;
    std::erase_if(kernel, [&](const auto& one) {
        return one.second.set.peer.address == world.host("alice").at.address;
    });
    bob.sends("into the void", alice);
    REQUIRE(world.until([&] { return bob.count<ue::MessageFailed>() == 1; }));
    world.advance(3600s);
    world.run();
    CHECK(alice.is_registered());
    CHECK(alice.count<ue::Deregistered>() >= 1);
    CHECK(sets(world, "pcscf") == 2);
    bob.sends("there you are", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
}

TEST_CASE("a UE whose bearer is gone is called in vain, and is forgotten when its time is over",
          "[TS33.203-7.4.2a]") {
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [&](ue::Config& c) {
        c.expires = 3600s;
        c.transport = transport;
    });
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    world.kill("alice");
    world.host("alice").associations.clear();
    bob.calls(alice);
    REQUIRE(world.until([&] { return bob.count<ue::CallEnded>() == 1; }));
    CHECK(bob.last<ue::CallEnded>()->status == 408);  // over TCP too: datagrams are tried after it
    world.advance(4000s);
    CHECK(sets(world, "pcscf") == 1);
    CHECK(world.pcscf().bindings() == 1);
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
    world.start("alice");
    REQUIRE(flows::registers(world, alice));
}

TEST_CASE("a UE that was switched off comes back, from the same ports or others, and nothing is left behind",
          "[TS33.203-7.4.2a]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.ipsec.client_ports = {5064}; });
    REQUIRE(flows::registers(world, alice));
    for (int i = 0; i < 5; ++i) {
        world.kill("alice");
        world.host("alice").associations.clear();
        world.start("alice");
        REQUIRE(flows::registers(world, alice));
        world.run();
        CHECK(sets(world, "pcscf") == 1);
        CHECK(world.pcscf().bindings() == 1);
    }
}

TEST_CASE("a UE that registered over TCP and closed the connection is reached over a new one",
          "[TS33.203-7.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.transport = sip::Transport::Tcp; });
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    world.cut_connections("alice");
    world.run();
    bob.calls(alice);
    REQUIRE(world.until([&] { return alice.is_ringing(); }));
    alice.answers();
    REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }));
    CHECK(in_clear(world).size() == 4);
}
