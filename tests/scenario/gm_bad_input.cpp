// What must not be done to a P-CSCF on Gm, and what comes of it: the specified answer, a counter, a line in
// the log; UEs that are registered do not notice.
#include "tests/scenario/gm.hpp"

#include <algorithm>
#include <utility>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

namespace {

const Note* last_note(const World& world, std::string_view id) {
    const auto& remarks = world.remarks();
    const auto found =
        std::find_if(remarks.rbegin(), remarks.rend(), [&](const auto& r) { return r.note.id == id; });
    return found == remarks.rend() ? nullptr : &found->note;
}

// What `from` has sent that begins like this; the last of it.
const Crossing& last_sent(const World& world, std::string_view from, std::string_view begins) {
    const auto& all = world.crossings();
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Crossing& c) {
        return c.from == from && c.text.starts_with(begins);
    });
    REQUIRE(found != all.rend());
    return *found;
}

void sends_raw(World& world, std::string_view host, std::string text, const IpEndpoint& source,
               const IpEndpoint& to) {
    world.on<Node>(host, [&](Node&, TimePoint, Effects& out) {
        out.emplace_back(sip::Transmit{0, sip::make_buffer(std::move(text)),
                                       sip::Flow{sip::Transport::Udp, source, to, 0}});
    });
}

// Every Security-Client that leaves alice has this in the place of that.
void alice_writes(World& world, const std::string& that, const std::string& instead) {
    world.rewrite = [=](const std::string& from, std::string& text) {
        if (from != "alice") return;
        for (auto line = text.find("Security-Client:"); line != std::string::npos;
             line = text.find("Security-Client:", line + 1))
            for (auto at = text.find(that, line); at != std::string::npos && at < text.find("\r\n", line);
                 at = text.find(that, at + instead.size()))
                text.replace(at, that.size(), instead);
    };
}

// Sends what a test sends, and hears nothing.
struct Deaf final : Node {
    void handle(const Event&, TimePoint, Effects&) override {}
    void handle_timeout(TimePoint, Effects&) override {}
    std::optional<TimePoint> next_deadline() const override { return {}; }
    void drain(TimePoint, Effects&) override {}
    bool idle() const override { return true; }
    std::vector<Gauge> gauges() const override { return {}; }
};

// Bob is called, calls, refreshes and gets a message, whatever goes on.
void bob_does_not_notice(World& world, Phone& bob, Phone& carol) {
    const auto received = bob.count<ue::MessageReceived>();
    carol.sends("hello", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == received + 1; }));
    call(world, bob, carol, bob);
    const auto registered = bob.count<ue::Registered>();
    bob.registers();
    REQUIRE(world.until([&] { return bob.count<ue::Registered>() == registered + 1; }));
}

}  // namespace

TEST_CASE("a request with another Security-Verify than the list that was sent gets 494 and the list again",
          "[RFC3329-2.3.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    alice.ue().set_misbehaviour(ue::Misbehaviour::ChangesSecurityVerify);
    alice.sends("bidding down", bob);
    REQUIRE(world.until([&] { return alice.count<ue::MessageFailed>() == 1; }));
    CHECK(alice.last<ue::MessageFailed>()->status == 494);
    CHECK(bob.count<ue::MessageReceived>() == 0);
    const auto& answer = last_sent(world, "pcscf", "SIP/2.0 494");
    CHECK(answer.by_esp);
    CHECK(std::count(answer.text.begin(), answer.text.end(), '\n') > 0);
    CHECK(answer.text.find("Security-Server: ipsec-3gpp;q=0.990;alg=hmac-sha-1-96;ealg=aes-cbc") !=
          std::string::npos);
    CHECK(world.noted("pcscf.agreement.changed") == 1);
    alice.calls(bob);
    REQUIRE(world.until([&] { return alice.count<ue::CallEnded>() == 1; }));
    CHECK(alice.last<ue::CallEnded>()->status == 494);
    CHECK(world.noted("pcscf.agreement.changed") == 2);
    // She is registered as before, and served as soon as she says it right.
    alice.ue().set_misbehaviour(ue::Misbehaviour::None);
    alice.sends("as agreed", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    bob.sends("fine", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    CHECK(world.noted("pcscf.agreement.changed") == 2);
}

TEST_CASE("phones that leave Security-Verify out of later requests, or write it otherwise, are served",
          "[RFC3329-2.3.1][quirks]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    // One who says nothing of ours has said nothing wrong.
    world.rewrite = [](const std::string& from, std::string& text) {
        if (from != "alice" || text.starts_with("REGISTER") || text.starts_with("SIP/2.0")) return;
        for (auto at = text.find("Security-Verify:"); at != std::string::npos;
             at = text.find("Security-Verify:"))
            text.erase(at, text.find("\r\n", at) + 2 - at);
    };
    alice.sends("without it", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    world.rewrite = [](const std::string& from, std::string& text) {
        if (from != "alice") return;
        for (auto at = text.find(";alg="); at != std::string::npos; at = text.find(";alg=", at + 1))
            text.replace(at, 5, "; ALG=");
    };
    alice.sends("in other letters", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 2; }));
    CHECK(world.noted("pcscf.agreement.changed") == 0);
}

TEST_CASE("in the middle of a re-registration both lists are right, and after it the new one",
          "[RFC3329-2.3.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Challenged>() == 2; }));
    alice.sends("between", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    alice.sends("after", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 2; }));
    CHECK(world.noted("pcscf.agreement.changed") == 0);
}

TEST_CASE("what a UE verifies stays what it was sent when the P-CSCF comes back with other transforms",
          "[RFC3329-2.3.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    world.save_and_restore("pcscf");
    world.on<pcscf::Pcscf>("pcscf", [](pcscf::Pcscf& p, TimePoint now, Effects& out) {
        p.handle(ipsec::Report{ipsec::Started{
                     .missing = {{ipsec::Integrity::HmacSha1_96, ipsec::Encryption::Null}}}},
                 now, out);
    });
    alice.sends("still agreed", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    CHECK(world.noted("pcscf.agreement.changed") == 0);
}

TEST_CASE("a Security-Client with wrong or missing SPIs or ports is no offer: 494, and no associations",
          "[RFC3329-2.3.2][TS33.203-H]") {
    const auto [that, instead] = GENERATE(table<std::string, std::string>({
        {";spi-c=", ";spi-x="},
        {";spi-s=", ";spi-x="},
        {";spi-c=", ";spi-c=4294967296;x="},
        {";spi-c=", ";spi-c=12;x="},  // reserved: RFC 4303 2.1
        {";spi-c=", ";spi-c=abc;x="},
        {";port-c=5064", ";port-c=0"},
        {";port-c=5064", ";port-c=65536"},
        {";port-c=5064", ";port-c=5062"},  // port-s is the same
        {";port-s=", ";port-x="},
        {";prot=esp", ";prot=ah"},
        {";mod=trans", ";mod=tun"},
    }));
    CAPTURE(that, instead);
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    alice_writes(world, that, instead);
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 494);
    CHECK(world.host("pcscf").associations.empty());
    const auto* refused = last_note(world, "pcscf.registration.refused");
    REQUIRE(refused != nullptr);
    CHECK(refused->field("offered").find(instead.substr(1)) != std::string::npos);
}

TEST_CASE("a UE that offers only algorithms nobody knows is told what we have", "[TS33.203-7.2]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    const auto instead =
        GENERATE(as<std::string>{}, "alg=hmac-sha-512;ealg=aes-cbc", "alg=hmac-sha-1-96;ealg=rot13",
                 "ealg=aes-cbc", "alg=null;ealg=null", "alg=hmac-sha-1-96;ealg=aes-gcm");
    world.rewrite = [&](const std::string& from, std::string& text) {
        if (from != "alice" || !text.starts_with("REGISTER")) return;
        std::string kept;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find("\r\n", at) + 2;
            auto line = text.substr(at, end - at);
            if (line.starts_with("Security-Client:"))
                line = "Security-Client: ipsec-3gpp;" + instead +
                       ";spi-c=1000;spi-s=1001;port-c=5064;port-s=5062\r\n";
            kept += line;
            at = end;
        }
        text = kept;
    };
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 494);
    CHECK(last_sent(world, "pcscf", "SIP/2.0 494").text.find("Security-Server: ipsec-3gpp") !=
          std::string::npos);
    CHECK(last_note(world, "pcscf.registration.refused")->field("supported").find("aes-gcm") !=
          std::string::npos);
}

TEST_CASE("a REGISTER that is replayed on other associations than its own changes nothing",
          "[TS24.229-5.2.2.2][TS33.203-7.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    auto& carol = world.ue("carol");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    REQUIRE(flows::registers(world, carol));
    const auto answer = last_sent(world, "alice", "REGISTER").text;
    const auto another_branch = [](std::string text) {
        const auto at = text.find(";branch=z9hG4bK") + 15;
        return text.insert(at, "replay");
    };
    const auto on = [&](std::string_view host) {
        const auto& own = world.host(host).associations.rbegin()->second.set;
        return std::pair{IpEndpoint{own.own.address, own.own.client_port},
                         IpEndpoint{own.peer.address, own.peer.server_port}};
    };
    SECTION("alice's answer to her challenge, on bob's associations: another user") {
        const auto [source, to] = on("bob");
        sends_raw(world, "bob", another_branch(answer), source, to);
        world.run(60s);
        CHECK(last_sent(world, "pcscf", "SIP/2.0 403").to == "bob");
        CHECK(last_note(world, "pcscf.registration.refused")->field("reason") ==
              "another user than that of the associations");
    }
    SECTION("the same once more on her own: its nonce is used up") {
        const auto [source, to] = on("alice");
        const auto binding = world.pcscf().bindings();
        sends_raw(world, "alice", another_branch(answer), source, to);
        world.run(60s);
        CHECK(world.pcscf().bindings() == binding);
    }
    SECTION("in clear: nothing of it is passed on") {
        sends_raw(world, "alice", another_branch(answer), world.host("alice").at, world.host("pcscf").at);
        world.run(60s);
    }
    SECTION("the answer to the next challenge on the associations of the last one") {
        const auto [source, to] = on("alice");
        std::size_t count = 0;
        std::string meant;  // hers, which does not arrive as she sent it
        world.rewrite = [&](const std::string& from, std::string& text) {
            if (from != "alice" || !text.starts_with("REGISTER") || ++count < 2) return;
            meant = std::exchange(text, "\r\n\r\n");
        };
        alice.registers();
        REQUIRE(world.until([&] { return !meant.empty(); }));
        const auto diverted = another_branch(meant);
        world.rewrite = {};
        sends_raw(world, "alice", diverted, source, to);
        world.run(10s);
        CHECK(world.noted("pcscf.request.discarded") == 1);
        CHECK(alice.count<ue::Registered>() == 1);
    }
    CHECK(world.scscf().is_registered(alice.impu()));
    bob_does_not_notice(world, bob, carol);
}

TEST_CASE("ten thousand first REGISTERs from one address cost what the limit says, and nobody else notices",
          "[TS33.203-7.2]") {
    constexpr std::size_t flood = 10'000, limit = 500;
    auto options = with_ipsec();
    options.pcscf.ipsec.waiting_per_address = limit;
    World world{options};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    auto& carol = world.ue("carol");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    REQUIRE(flows::registers(world, carol));
    world.add_host("crowd", *IpEndpoint::parse("127.0.2.77:5060"), [] { return std::make_unique<Deaf>(); });
    // Subscribers that exist: each of them would get a challenge, and associations with it.
    const auto imsi = [](std::size_t n) { return *hss::number_after("001010000100000", n); };
    for (std::size_t n = 1; n <= flood; ++n) {
        hss::Subscriber subscriber;
        subscriber.imsi = imsi(n);
        subscriber.realm = home;
        subscriber.msisdn = *hss::number_after("15551000000", n);
        subscriber.aka = hss::AkaCredential{crypto::MilenageKeys{}, {0x80, 0x00}};
        world.hss_store().add_subscriber(subscriber);
    }
    const auto crowd = *IpAddress::parse("127.0.2.77");
    const auto before = world.crossings().size();
    world.proves_each_turn = false;
    for (std::size_t n = 1; n <= flood; ++n) {
        const auto user = imsi(n) + "@" + std::string{home};
        const auto port = std::to_string(10'000 + 2 * n);
        const auto at = crowd.text() + ":" + port;
        std::string text = "REGISTER sip:" + std::string{home} + " SIP/2.0\r\nVia: SIP/2.0/UDP " + at +
                           ";branch=z9hG4bKflood" + std::to_string(n) +
                           "\r\nMax-Forwards: 70\r\nFrom: <sip:" + user + ">;tag=f\r\nTo: <sip:" + user +
                           ">\r\nCall-ID: flood" + std::to_string(n) +
                           "\r\nCSeq: 1 REGISTER\r\nContact: <sip:" + at +
                           ">\r\nRequire: sec-agree\r\nProxy-Require: sec-agree\r\nSupported: path\r\n"
                           "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=" +
                           std::to_string(100'000 + 2 * n) + ";spi-s=" + std::to_string(100'001 + 2 * n) +
                           ";port-c=" + port + ";port-s=" + std::to_string(10'001 + 2 * n) +
                           "\r\nAuthorization: Digest username=\"" + user + "\", realm=\"" +
                           std::string{home} + "\", nonce=\"\", uri=\"sip:" + std::string{home} +
                           "\", response=\"\"\r\nContent-Length: 0\r\n\r\n";
        sends_raw(world, "crowd", std::move(text), {crowd, static_cast<std::uint16_t>(10'000 + 2 * n)},
                  world.host("pcscf").at);
    }
    world.advance(1s);
    std::size_t challenged = 0, refused = 0;
    for (auto n = before; n < world.crossings().size(); ++n) {
        const auto& c = world.crossings()[n];
        if (c.from != "pcscf" || c.destination.address != crowd) continue;
        challenged += c.text.starts_with("SIP/2.0 401") ? 1U : 0U;
        refused += c.text.starts_with("SIP/2.0 503") && c.text.find("Retry-After: 60") != std::string::npos
                       ? 1U
                       : 0U;
    }
    CHECK(challenged == limit);
    CHECK(refused == flood - limit);
    CHECK(world.host("pcscf").associations.size() == 3 + limit);
    CHECK(world.noted("pcscf.registration.limited") == flood - limit);
    CHECK(world.noted("pcscf.associations.limit") == 1);
    bob_does_not_notice(world, bob, carol);
    // Whoever registers for the first time from elsewhere does so too.
    auto& dave = world.ue("dave");
    REQUIRE(flows::registers(world, dave));
    // And when nobody has answered, nothing is left (reg-await-auth).
    world.advance(300s);
    CHECK(world.host("pcscf").associations.size() == 5);  // bob has not used his newest ones
    const auto gauges = world.pcscf().gauges();
    CHECK(std::all_of(gauges.begin(), gauges.end(), [](const auto& g) { return g.value < 100; }));
}

TEST_CASE("a UE behind the address of a flood refreshes its registration all the same", "[TS33.203-7.2]") {
    auto options = with_ipsec();
    options.pcscf.ipsec.waiting_per_address = 1;
    World world{options};
    auto& alice = world.ue("alice");
    REQUIRE(flows::registers(world, alice));
    // Her first REGISTER is answered by nobody, so one set waits at her address.
    auto& bob = world.ue("bob", [&](ue::Config& c) {
        c.local.address = alice.ue().config().local.address;
        c.local.port = 7060;
        c.ipsec.server_port = 7062;
        c.ipsec.client_ports = {7064, 7066, 7068};
        c.misbehaviour = ue::Misbehaviour::NeverAnswers;
    });
    bob.registers();
    REQUIRE(world.until([&] { return bob.count<ue::RegistrationFailed>() == 1; }));
    auto& carol = world.ue("carol", [&](ue::Config& c) {
        c.local.address = alice.ue().config().local.address;
        c.local.port = 8060;
        c.ipsec.server_port = 8062;
        c.ipsec.client_ports = {8064, 8066, 8068};
    });
    carol.registers();
    REQUIRE(world.until([&] { return carol.count<ue::RegistrationFailed>() == 1; }));
    CHECK(carol.last<ue::RegistrationFailed>()->status == 503);
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
}
