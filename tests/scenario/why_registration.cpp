#include "common/crypto/digest.hpp"
#include "common/crypto/milenage.hpp"
#include "tests/scenario/flows.hpp"
#include "tests/scenario/why.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

// Each cause of a registration that fails is provoked with real cores, and must be told from all others.

TEST_CASE("why: a registration that went well has no cause", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    for (const auto& key : {std::string{"001010000000001"}, std::string{"15550000001"}, alice.impi().value(),
                            alice.impu().value(), alice.number().value()}) {
        const Why why{world, key};
        INFO(why.text());
        CHECK(why.cause().empty());
        CHECK(why.answer.verdict.outcome == why::Verdict::Outcome::Fine);
        CHECK(why.sentence() == "The registration of " + alice.impu().value() + " went well (200).");
    }
}

TEST_CASE("why: unknown-impi, with the identity that differs by a digit", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.impi = impi_of_imsi("001010000000011", home);  // the subscriber has ...001
        c.impu = temporary_impu_of_imsi("001010000000011", home);
    });
    alice.registers();
    world.run();
    const Why why{world, "001010000000011"};
    INFO(why.text());
    CHECK(why.cause() == "unknown-impi");
    CHECK(why.sentence() ==
          "The HSS does not know the private identity "
          "001010000000011@ims.mnc001.mcc001.3gppnetwork.org. It has "
          "001010000000001@ims.mnc001.mcc001.3gppnetwork.org: one digit differs, is missing or is too much.");
}

TEST_CASE("why: unknown-impi, with the identity of another domain", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.hss_store().remove(alice.impi());
    hss::Subscriber elsewhere;
    elsewhere.imsi = "001010000000001";
    elsewhere.realm = "ims.example";
    world.hss_store().add_subscriber(elsewhere);
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "unknown-impi");
    CHECK(why.sentence().find("It has 001010000000001@ims.example: the domain differs.") !=
          std::string::npos);
}

TEST_CASE("why: unknown-impu", "[why]") {
    World world;
    auto& alice =
        world.ue("alice", [](ue::Config& c) { c.impu = temporary_impu_of_imsi("001010000000101", home); });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "unknown-impu");
    CHECK(why.sentence().find("nobody has the public identity sip:001010000000101@") != std::string::npos);
    CHECK(why.sentence().find("It has sip:001010000000001@") != std::string::npos);
}

TEST_CASE("why: mnc-padding", "[why]") {
    for (const auto* mnc : {"mnc01", "mnc010"}) {
        Options options;
        options.pcscf.entry_points = {"sip:127.0.1.20:4060"};
        World world{options};
        const auto domain = "ims." + std::string{mnc} + ".mcc001.3gppnetwork.org";
        auto& alice = world.ue("alice", [&](ue::Config& c) {
            c.domain = domain;
            c.impi = impi_of_imsi("001010000000001", domain);
            c.impu = temporary_impu_of_imsi("001010000000001", domain);
        });
        alice.registers();
        world.run();
        const Why why{world, "001010000000001"};
        INFO(why.text());
        CHECK(why.cause() == "mnc-padding");
        CHECK(why.sentence() ==
              "The UE registers 001010000000001@" + domain +
                  ", and the HSS knows 001010000000001@ims.mnc001.mcc001.3gppnetwork.org: the MNC "
                  "is written differently.");
    }
}

TEST_CASE("why: identities-dont-match", "[why]") {
    World world;
    auto& alice =
        world.ue("alice", [](ue::Config& c) { c.impu = temporary_impu_of_imsi("001010000000002", home); });
    world.ue("bob");
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "identities-dont-match");
}

TEST_CASE("why: roaming-not-allowed", "[why]") {
    Options options;
    options.pcscf.visited_network = "ims.mnc002.mcc262.3gppnetwork.org";
    World world{options};
    auto& alice = world.ue("alice");
    world.hss_store().change(
        alice.impi(), [](hss::Subscription& s) { s.allowed_visited_networks = std::vector<std::string>{}; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "roaming-not-allowed");
    CHECK(why.sentence().find("ims.mnc002.mcc262.3gppnetwork.org") != std::string::npos);
}

TEST_CASE("why: barred", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.hss_store().bar(alice.impi());
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "barred");
}

TEST_CASE("why: no-credentials-for-scheme", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.hss_store().change(alice.impi(),
                             [](hss::Subscription& s) { s.private_identities.front().aka.reset(); });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "no-credentials-for-scheme");
}

TEST_CASE("why: security-not-offered", "[why]") {
    Options options;
    options.security_required = true;
    World world{options};
    world.ue("alice").registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "security-not-offered");
}

TEST_CASE("why: no-common-security, with what the UE offers", "[why]") {
    Options options;
    options.security_required = true;
    World world{options};
    world.ue("alice");
    says(world, "alice",
         a_register("001010000000001", 1,
                    "Require: sec-agree\r\nProxy-Require: sec-agree\r\n"
                    "Security-Client: ipsec-3gpp;alg=hmac-md5-96;spi-c=1;spi-s=2;port-c=3;port-s=4\r\n"));
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "no-common-security");
    CHECK(why.sentence().find("alg=hmac-md5-96") != std::string::npos);
}

TEST_CASE("why: no-common-security, with what the P-CSCF has", "[why]") {
    Options options;
    options.ipsec = true;
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.ipsec.transforms = {{ipsec::Integrity::HmacMd5_96, ipsec::Encryption::AesCbc}};
    });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "no-common-security");
    CHECK(why.sentence().find("hmac-md5-96/des-ede3-cbc") != std::string::npos);
}

TEST_CASE("why: security-verify-differs", "[why]") {
    Options options;
    options.ipsec = true;
    World world{options};
    auto& alice =
        world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::ChangesSecurityVerify; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "security-verify-differs");
}

TEST_CASE("why: connection-of-another-user", "[why]") {
    Options options;
    options.connections = true;
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) { World::first_hop(c, sip::Transport::Tls); });
    world.ue("bob");
    alice.registers();
    REQUIRE(world.until([&] { return alice.is_registered(); }));
    const auto& crossed = world.crossings();
    const auto hers =
        std::find_if(crossed.begin(), crossed.end(), [](const Crossing& c) { return c.from == "alice"; });
    auto text = a_register("001010000000002", 1);
    text.replace(text.find("SIP/2.0/UDP"), 11, "SIP/2.0/TLS");
    world.on<Node>("alice", [&](Node&, TimePoint, Effects& out) {
        out.emplace_back(sip::Transmit{0, sip::make_buffer(text),
                                       sip::Target{sip::Transport::Tls, hers->destination, std::nullopt}});
    });
    world.run();
    const Why why{world, "001010000000002"};
    INFO(why.text());
    CHECK(why.cause() == "connection-of-another-user");
    CHECK(why.sentence().find("001010000000002@" + std::string{home} + " cannot register") !=
          std::string::npos);
    CHECK(Why{world, "001010000000001"}.answer.verdict.outcome == why::Verdict::Outcome::Fine);
}

TEST_CASE("why: sigcomp-unreadable", "[why]") {
    Options options;
    options.ipsec = true;
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.sigcomp = true; });
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, bob));
    // What she compresses arrives as something that names a state nobody has.
    const auto breaks_what_she_compresses = [&] {
        world.garble = [](const std::string& from, std::string& octets) {
            if (from == "alice" && sigcomp::begins_sigcomp(static_cast<std::uint8_t>(octets.front())))
                octets = "\xf9nobody";
        };
    };
    SECTION("the answer to the challenge") {
        breaks_what_she_compresses();
        alice.registers();
        world.advance(10s);
        const Why why{world, "001010000000001"};
        INFO(why.text());
        CHECK(why.cause() == "sigcomp-unreadable");
        CHECK(why.sentence().find("STATE_NOT_FOUND (one message") != std::string::npos);
        CHECK(why.answer.verdict.title.starts_with("registration of "));
        CHECK(why.answer.verdict.action.find("does not go back to messages that need no state") !=
              std::string::npos);
        CHECK(Why{world, "001010000000002"}.answer.verdict.outcome == why::Verdict::Outcome::Fine);
    }
    SECTION("what it sends when it is registered, until it sends something else") {
        REQUIRE(flows::registers(world, alice));
        breaks_what_she_compresses();
        alice.sends("hello", bob);
        world.advance(1s);
        const Why why{world, "001010000000001"};
        INFO(why.text());
        CHECK(why.cause() == "sigcomp-unreadable");
        CHECK(why.sentence().find("(one message") != std::string::npos);
        CHECK(Why{world, "001010000000002"}.answer.verdict.outcome == why::Verdict::Outcome::Fine);
        world.garble = {};
        alice.sends("hello", bob);
        REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
        world.run();
        CHECK(Why{world, "001010000000001"}.cause() != "sigcomp-unreadable");
    }
}

TEST_CASE("why: challenge-answered-elsewhere", "[why]") {
    Options options;
    options.ipsec = true;
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::AnswersInClear; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "challenge-answered-elsewhere");
}

TEST_CASE("why: associations-not-made", "[why]") {
    Options options;
    options.ipsec = true;
    World world{options};
    world.why_no_associations = "CAP_NET_ADMIN is missing";
    world.ue("alice").registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "associations-not-made");
    CHECK(why.sentence().find("CAP_NET_ADMIN") != std::string::npos);
}

TEST_CASE("why: nat-before-pcscf, protected-port-in-use, too-many-associations", "[why]") {
    const auto offer = [](std::string_view port) {
        return "Require: sec-agree\r\nProxy-Require: sec-agree\r\nSecurity-Client: "
               "ipsec-3gpp;alg=hmac-sha-1-96;"
               "ealg=aes-cbc;spi-c=1001;spi-s=1002;port-c=" +
               std::string{port} + ";port-s=5062\r\n";
    };
    Options options;
    options.ipsec = true;
    SECTION("nat") {
        World world{options};
        world.ue("alice");
        auto text = a_register("001010000000001", 1, offer("5064"));
        const auto via = text.find("127.0.2.1", text.find("Via:"));
        REQUIRE(via != std::string::npos);
        says(world, "alice", text.replace(via, 9, "198.18.7.7"));
        world.run();
        const Why why{world, "001010000000001"};
        INFO(why.text());
        CHECK(why.cause() == "nat-before-pcscf");
    }
    SECTION("port") {
        World world{options};
        auto& alice = world.ue("alice");
        world.ue("bob");
        alice.registers();
        world.run();
        says(world, "alice", a_register("001010000000002", 1, offer("5064")));
        world.run();
        const Why why{world, "001010000000002"};
        INFO(why.text());
        CHECK(why.cause() == "protected-port-in-use");
    }
    SECTION("many") {
        options.pcscf.ipsec.waiting_per_address = 1;
        World world{options};
        world.ue("alice");
        world.ue("bob");
        says(world, "alice", a_register("001010000000001", 1, offer("5064")));
        world.run();
        says(world, "alice", a_register("001010000000002", 2, offer("5065")));
        world.run();
        const Why why{world, "001010000000002"};
        INFO(why.text());
        CHECK(why.cause() == "too-many-associations");
    }
}

// ---- authentication

TEST_CASE("why: mac-refused", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { milenage(c).k[0] ^= 1; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "mac-refused");
}

TEST_CASE("why: silent-after-challenge, as most phones answer a wrong K", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) {
        milenage(c).k[0] ^= 1;
        c.misbehaviour = ue::Misbehaviour::NoAnswerToMac;
    });
    alice.registers();
    world.advance(20s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "silent-after-challenge");
    CHECK(why.sentence().find("20 s ago") != std::string::npos);
    world.advance(300s);  // after reg-await-auth nothing else is said
    CHECK(Why{world, "001010000000001"}.cause() == "silent-after-challenge");
}

TEST_CASE("why: op-given-as-opc, which another subscriber of the same operator shows", "[why]") {
    World world;
    const auto op = crypto::Block{0xcd, 0xc2, 0x02, 0xd5, 0x12, 0x3e, 0x20, 0xf6,
                                  0x2b, 0x6d, 0x67, 0x6a, 0xc7, 0x2c, 0xb3, 0x18};
    for (const auto misbehaviour : {ue::Misbehaviour::None, ue::Misbehaviour::NoAnswerToMac}) {
        World same;
        auto& alice = same.ue("alice", [&](ue::Config& c) {
            milenage(c).opc = crypto::milenage_opc(milenage(c).k, op);
            c.misbehaviour = misbehaviour;
        });
        auto& bob = same.ue("bob");
        same.hss_store().change(alice.impi(), [&](hss::Subscription& s) {
            std::get<crypto::MilenageKeys>(s.private_identities.front().aka->keys).opc = op;
        });
        same.hss_store().change(bob.impi(), [&](hss::Subscription& s) {
            auto& keys = std::get<crypto::MilenageKeys>(s.private_identities.front().aka->keys);
            keys.k[3] ^= 7;
            keys.opc = crypto::milenage_opc(keys.k, op);
        });
        alice.registers();
        same.advance(10s);
        const Why why{same, "001010000000001"};
        INFO(why.text());
        CHECK(why.cause() == "op-given-as-opc");
        // The HSS says yes or no, and no key.
        CHECK(why.text().find("cdc202d5") == std::string::npos);
    }
}

TEST_CASE("why: wrong-res", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::WrongResponse; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "wrong-res");
}

namespace {

Phone& with_password(World& world, std::string_view right,
                     const std::function<void(ue::Config&)>& change = {}) {
    auto& phone = world.ue("alice", [&](ue::Config& c) {
        c.credentials = ue::Password{"secret"};
        if (change) change(c);
    });
    world.hss_store().change(phone.impi(), [&](hss::Subscription& s) {
        auto& p = s.private_identities.front();
        p.aka.reset();
        p.scheme = hss::AuthenticationScheme::SipDigest;
        p.sip_digest = cx::SipDigestAuthenticate{
            std::string{home},
            {},
            "auth",
            crypto::ha1(crypto::HashAlgorithm::Md5, p.impi.value(), home, octets_of(right))};
    });
    return phone;
}

}  // namespace

TEST_CASE("why: wrong-password", "[why]") {
    World world;
    with_password(world, "another").registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "wrong-password");
}

TEST_CASE("why: silent-after-password-challenge", "[why]") {
    World world;
    with_password(world, "secret", [](ue::Config& c) {
        c.misbehaviour = ue::Misbehaviour::NeverAnswers;
    }).registers();
    world.advance(10s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "silent-after-password-challenge");
}

TEST_CASE("why: sqn-resynchronised, and nothing failed", "[why]") {
    World world;
    auto& alice =
        world.ue("alice", [](ue::Config& c) { std::get<ue::Card>(c.credentials).sqn_ms = 5U << 20; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "sqn-resynchronised");
    CHECK(why.answer.verdict.outcome == why::Verdict::Outcome::Fine);
}

TEST_CASE("why: resynchronisation-failed", "[why]") {
    Options options;
    options.scscf.resynchronisations = 0;
    World world{options};
    auto& alice =
        world.ue("alice", [](ue::Config& c) { std::get<ue::Card>(c.credentials).sqn_ms = 5U << 20; });
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "resynchronisation-failed");
    CHECK(why.sentence().find("the SQN schemes differ") != std::string::npos);
}

TEST_CASE("why: resynchronisation-failed, with an AUTS that the HSS cannot verify", "[why]") {
    World world;
    world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::NeverAnswers; });
    says(world, "alice", a_register("001010000000001", 1));
    world.advance(1s);
    std::string nonce;
    for (const auto& c : world.crossings())
        if (const auto at = c.text.find("nonce=\""); c.to == "alice" && at != std::string::npos)
            nonce = c.text.substr(at + 7, c.text.find('"', at + 7) - at - 7);
    auto answer = a_register("001010000000001", 2);
    answer.replace(answer.find("nonce=\"\""), 8, "nonce=\"" + nonce + "\",auts=\"AAAAAAAAAAAAAAAAAAA=\"");
    says(world, "alice", answer);
    world.advance(10s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "resynchronisation-failed");
    CHECK(why.sentence().find("the HSS cannot verify its AUTS") != std::string::npos);
}

TEST_CASE("why: challenge-not-delivered", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.transport = sip::Transport::Tcp; });
    alice.registers();
    REQUIRE(world.until([&] { return world.noted("icscf.scscf.chosen") == 1; }));
    world.kill("alice");  // its connection goes, and nobody takes another one
    world.advance(2s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "challenge-not-delivered");
    CHECK(why.sentence().find("connection") != std::string::npos);
}

TEST_CASE("why: challenge-lost", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.drop = [](std::uint64_t, const Crossing& c) { return c.to == "alice"; };
    alice.registers();
    world.advance(20s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "challenge-lost");
}

TEST_CASE("why: nat", "[why]") {
    World world;
    world.ue("alice");
    world.drop = [](std::uint64_t, const Crossing& c) { return c.to == "alice"; };
    const auto request = a_register("001010000000001", 1, {}, "10.45.0.7:5060");
    for (int n = 0; n < 3; ++n) {
        says(world, "alice", request);
        world.advance(1s);
    }
    world.advance(5s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "nat");
    CHECK(why.sentence().find("calls itself 10.45.0.7 and comes from 127.0.2.1:5060") != std::string::npos);
}

TEST_CASE("why: connection-closed-after-challenge", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.transport = sip::Transport::Tcp;
        c.misbehaviour = ue::Misbehaviour::NeverAnswers;
    });
    alice.registers();
    world.advance(1s);
    world.kill("alice");
    world.advance(10s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "connection-closed-after-challenge");
}

TEST_CASE("why: challenge-ignored", "[why]") {
    World world;
    world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::NeverAnswers; });
    for (unsigned cseq = 1; cseq <= 3; ++cseq) {
        says(world, "alice", a_register("001010000000001", cseq));
        world.advance(2s);
    }
    world.advance(5s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "challenge-ignored");
    CHECK(why.sentence().find("3 times with AKAv1-MD5") != std::string::npos);
}

TEST_CASE("why: a failure that was mended is not the answer any more", "[why]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.register_again_by_itself = false; });
    world.hss_store().bar(alice.impi());
    alice.registers();
    world.run();
    REQUIRE(Why{world, "001010000000001"}.cause() == "barred");
    world.hss_store().unbar(alice.impi());
    alice.registers();
    world.run();
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause().empty());
    CHECK(why.answer.verdict.outcome == why::Verdict::Outcome::Fine);
}
