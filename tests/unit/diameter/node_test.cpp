#include "common/diameter/peer/uri.hpp"
#include "wire.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;
using Reason = cx::SendFailed::Reason;

namespace {

// One S-CSCF and two HSSs of one realm.
struct Realm {
    Wire wire;
    Wire::Member *hss1, *hss2, *scscf;

    explicit Realm(unsigned second_priority = 1, unsigned attempts = 2) {
        hss1 = &hss("hss1.ims.example");
        hss2 = &hss("hss2.ims.example");
        auto config = config_of("scscf.ims.example");
        config.peers = {peer_at("hss1.ims.example"), peer_at("hss2.ims.example", second_priority)};
        config.attempts = attempts;
        scscf = &wire.add(config);
        wire.start(*scscf);
    }
    Wire::Member& hss(const std::string& name) {
        auto config = config_of(name);
        config.accept_unknown_peers = true;
        auto& m = wire.add(config);
        m.application = usual_application;
        return m;
    }
    std::vector<Wire::Sent> requests() const { return wire.sent<cx::Request>("scscf.ims.example"); }
};

Octets error_to(const codec::Message& request, ResultCode code,
                std::vector<std::string> redirect_hosts = {}) {
    codec::Malformed m;
    m.code = code;
    m.header = request.header;
    m.session_id = request.head.session_id;
    for (const auto& host : redirect_hosts) {
        // Redirect-Host (292), M: an agent's answer, put in as it were a Proxy-Info.
        Octets avp{0, 0, 292 >> 8, 292 & 0xff, 0x40, 0, 0, static_cast<std::uint8_t>(8 + host.size())};
        avp.insert(avp.end(), host.begin(), host.end());
        m.proxy_info.push_back(avp);
    }
    return codec::encode_error(m, "hss1.ims.example", "ims.example");
}

}  // namespace

TEST_CASE("requests go to the peer of the best priority, and equal ones share them", "[RFC6733-6.1.6]") {
    SECTION("by priority") {
        Realm world;
        for (int i = 0; i < 4; ++i) world.wire.send_mar(*world.scscf, 1);
        CHECK(world.hss1->requests.size() == 4);
    }
    SECTION("in turn") {
        Realm world{0};
        for (int i = 0; i < 4; ++i) world.wire.send_mar(*world.scscf, 1);
        CHECK(world.hss1->requests.size() == 2);
        CHECK(world.hss2->requests.size() == 2);
    }
    SECTION("by Destination-Host") {
        Realm world;
        world.wire.send_mar(*world.scscf, 1, "HSS2.ims.example");
        CHECK(world.hss2->requests.size() == 1);
    }
}

TEST_CASE("with nobody to ask a request fails at once and says why", "[RFC6733-6.1.6]") {
    Realm world;
    world.wire.send_mar(*world.scscf, 1, "hss3.ims.example");
    REQUIRE(world.scscf->failures.size() == 1);
    CHECK(world.scscf->failures[0].reason == Reason::NoPeer);
    CHECK(world.scscf->failures[0].detail == "no open connection to hss3.ims.example");
}

TEST_CASE("an unanswered request is sent to the other HSS with the T flag, and then given up",
          "[RFC6733-5.5.4]") {
    Realm world;
    world.hss1->deaf = true;
    world.wire.send_mar(*world.scscf, 1);
    world.wire.advance(5s - 1ms);
    CHECK(world.requests().size() == 1);

    SECTION("the other one answers") {
        world.wire.advance(1ms);
        const auto sent = world.requests();
        REQUIRE(sent.size() == 2);
        CHECK(sent[1].to == "hss2.ims.example");
        CHECK_FALSE(sent[0].message.header.retransmitted);
        CHECK(sent[1].message.header.retransmitted);
        CHECK(sent[1].message.header.end_to_end == sent[0].message.header.end_to_end);
        CHECK(sent[1].message.header.hop_by_hop != sent[0].message.header.hop_by_hop);
        CHECK(sent[1].message.head.session_id == sent[0].message.head.session_id);
        REQUIRE(world.scscf->answers.size() == 1);
        CHECK(world.scscf->answers[0].origin_host == "hss2.ims.example");
    }
    SECTION("nor does the other one") {
        world.hss2->deaf = true;
        world.wire.advance(5s);
        CHECK(world.scscf->failures.empty());
        world.wire.advance(1ms);
        REQUIRE(world.scscf->failures.size() == 1);
        CHECK(world.scscf->failures[0].reason == Reason::Timeout);
        CHECK(world.scscf->failures[0].detail == "no answer from hss2.ims.example");
        CHECK(world.scscf->node.pending() == 0);
    }
}

TEST_CASE("requests that wait for a lost peer go to the other at once, in order", "[RFC6733-5.5.4]") {
    Realm world;
    world.hss1->application = {};
    for (std::uint64_t i = 1; i <= 3; ++i) world.wire.send_mar(*world.scscf, i);
    world.wire.kill(*world.hss1);

    REQUIRE(world.scscf->answers.size() == 3);
    for (std::uint64_t i = 1; i <= 3; ++i) CHECK(world.scscf->answers[i - 1].id == cx::RequestId{i});
    CHECK(world.hss2->requests.size() == 3);
}

TEST_CASE("with no other peer a lost one is a failure the application hears of at once", "[RFC6733-5.5.4]") {
    Realm world;
    world.wire.kill(*world.hss2);
    world.hss1->application = {};
    world.wire.send_mar(*world.scscf, 1);
    world.wire.kill(*world.hss1);
    REQUIRE(world.scscf->failures.size() == 1);
    CHECK(world.scscf->failures[0].reason == Reason::PeerLost);
}

TEST_CASE("an only peer that is leaving or suspect may still answer what it was asked", "[RFC6733-5.4]") {
    Realm world;
    world.wire.kill(*world.hss2);
    world.hss1->application = {};
    SECTION("after its DPR") {
        world.wire.send_mar(*world.scscf, 1);
        DisconnectPeerRequest dpr{"hss1.ims.example", "ims.example", DisconnectCause::Rebooting};
        world.wire.inject(*world.hss1, *world.scscf, codec::encode(samples::header(), dpr));
        CHECK(world.scscf->state_of("hss1.ims.example") == Peer::State::Closing);
        CHECK(world.scscf->failures.empty());
        world.wire.reply(*world.hss1, world.hss1->requests.at(0).id, samples::usual_maa());
        CHECK(world.scscf->answers.size() == 1);
    }
    SECTION("while it is suspect") {
        world.hss1->deaf = true;
        while (world.scscf->watchdog_of("hss1.ims.example") == Watchdog::Status::Okay) {
            if (world.scscf->node.pending() == 0) {
                world.scscf->failures.clear();
                world.wire.send_mar(*world.scscf, 1);
            }
            world.wire.advance(100ms);
        }
        CHECK(world.scscf->failures.empty());
        CHECK(world.scscf->node.pending() == 1);
    }
}

TEST_CASE("a suspect peer gets nothing until it speaks again", "[RFC3539-3.4.1]") {
    Realm world;
    world.hss1->deaf = true;
    world.wire.advance(66s);  // Tw, and Tw for the DWA
    CHECK(world.scscf->watchdog_of("hss1.ims.example") == Watchdog::Status::Suspect);
    world.wire.send_mar(*world.scscf, 1);
    CHECK(world.hss2->requests.size() == 1);

    world.hss1->deaf = false;  // failback
    DeviceWatchdogRequest dwr{"hss1.ims.example", "ims.example", {}};
    world.wire.inject(*world.hss1, *world.scscf, codec::encode(samples::header(), dwr));
    CHECK(world.scscf->watchdog_of("hss1.ims.example") == Watchdog::Status::Okay);
    world.wire.send_mar(*world.scscf, 2);
    CHECK(world.hss1->requests.size() == 1);
}

TEST_CASE("a busy HSS sends us to the other, and is spared for a second", "[RFC6733-7.1.3]") {
    Realm world;
    world.hss1->application = {};
    world.wire.send_mar(*world.scscf, 1);
    const auto request = world.requests().at(0).message;
    world.wire.inject(*world.hss1, *world.scscf, error_to(request, ResultCode::TooBusy));

    CHECK(world.scscf->answers.size() == 1);
    CHECK_FALSE(world.requests().at(1).message.header.retransmitted);  // it was not done there
    world.wire.send_mar(*world.scscf, 2);
    CHECK(world.hss1->requests.size() == 1);
    world.wire.advance(1s);
    world.wire.send_mar(*world.scscf, 3);
    CHECK(world.hss1->requests.size() == 2);
}

TEST_CASE("a protocol error that another peer would repeat is the request's end", "[RFC6733-7.1.3]") {
    Realm world;
    world.hss1->application = {};
    world.wire.send_mar(*world.scscf, 1);
    world.wire.inject(*world.hss1, *world.scscf,
                      error_to(world.requests().at(0).message, ResultCode::RealmNotServed));
    REQUIRE(world.scscf->failures.size() == 1);
    CHECK(world.scscf->failures[0].reason == Reason::Protocol);
    CHECK(world.scscf->failures[0].detail == "DIAMETER_REALM_NOT_SERVED (3003)");
}

TEST_CASE("an SLF redirects a request to the HSS that has the user", "[TS29.228-6.4][RFC6733-6.1.8]") {
    Realm world;
    world.hss1->application = {};  // the SLF
    world.wire.send_mar(*world.scscf, 1);
    const auto request = world.requests().at(0).message;
    const auto redirect = [&](std::vector<std::string> hosts) {
        world.wire.inject(*world.hss1, *world.scscf,
                          error_to(request, ResultCode::RedirectIndication, std::move(hosts)));
    };
    SECTION("one that is a peer already") {
        redirect({"aaa://HSS2.ims.example:3868;transport=tcp"});
        REQUIRE(world.scscf->answers.size() == 1);
        CHECK(world.scscf->answers[0].origin_host == "hss2.ims.example");
    }
    SECTION("one that must be connected to first, and is forgotten with its connection") {
        auto& third = world.hss("hss3.ims.example");
        redirect({"aaa://hss9.ims.example;transport=sctp", "aaa://hss3.ims.example"});
        REQUIRE(world.scscf->answers.size() == 1);
        CHECK(world.scscf->answers[0].origin_host == "hss3.ims.example");
        world.wire.kill(third);
        CHECK(world.scscf->node.peers().size() == 2);
    }
    SECTION("one that cannot be reached") {
        redirect({"aaa://nowhere.ims.example"});
        world.wire.advance(1s);
        CHECK(world.scscf->answers.size() + world.scscf->failures.size() == 1);
    }
    SECTION("none that we can use") {
        redirect({"aaa://h;transport=sctp", "nonsense"});
        REQUIRE(world.scscf->failures.size() == 1);
        CHECK(world.scscf->failures[0].reason == Reason::Protocol);
    }
}

TEST_CASE("a request sent again after a failover is not done twice", "[RFC6733-5.5.4]") {
    Realm world;
    world.wire.send_mar(*world.scscf, 1);
    auto message = world.requests().at(0).message;
    auto again = codec::encode(message.header, message.head, std::get<cx::Request>(message.content));

    SECTION("one with the T flag gets the same answer again") {
        codec::set_retransmitted(again);
        codec::set_hop_by_hop(again, 77);
        world.wire.inject(*world.scscf, *world.hss1, again);
        CHECK(world.hss1->requests.size() == 1);
        CHECK(world.wire.sent<cx::Answer>("hss1.ims.example").back().message.header.hop_by_hop == 77);
    }
    SECTION("one without it is another request: the sender may have restarted") {
        world.wire.inject(*world.scscf, *world.hss1, again);
        CHECK(world.hss1->requests.size() == 2);
    }
    SECTION("while the first is being worked on the answer takes the newer way") {
        world.hss1->application = {};
        world.wire.send_mar(*world.scscf, 2);
        message = world.requests().back().message;
        again = codec::encode(message.header, message.head, std::get<cx::Request>(message.content));
        codec::set_retransmitted(again);
        codec::set_hop_by_hop(again, 78);
        world.wire.inject(*world.scscf, *world.hss1, again);
        REQUIRE(world.hss1->requests.size() == 2);
        world.wire.reply(*world.hss1, world.hss1->requests[1].id, samples::usual_maa());
        CHECK(world.wire.sent<cx::Answer>("hss1.ims.example").back().message.header.hop_by_hop == 78);
    }
    SECTION("after four minutes it is forgotten") {
        world.wire.advance(4min);
        codec::set_retransmitted(again);
        world.wire.send_mar(*world.scscf, 3);
        world.wire.inject(*world.scscf, *world.hss1, again);
        CHECK(world.hss1->requests.size() == 3);
    }
}

TEST_CASE("a request that is not for us gets the error that says so", "[RFC6733-6.1.4]") {
    Realm world;
    auto head = samples::head();
    head.destination_realm = "ims.example";
    const auto answer_to = [&](const codec::Head& h) {
        world.wire.inject(*world.scscf, *world.hss1,
                          codec::encode(samples::header(5, 6), h, samples::usual_mar()));
        const auto errors = world.wire.sent<ErrorAnswer>("hss1.ims.example");
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].message.header.error);
        CHECK(errors[0].message.header.hop_by_hop == 5);
        CHECK(errors[0].message.header.end_to_end == 6);
        CHECK(world.hss1->requests.empty());
        return std::get<ErrorAnswer>(errors[0].message.content).result_code;
    };
    SECTION("it has been here before") {
        head.route_record = {"relay.example", "HSS1.ims.example"};
        CHECK(answer_to(head) == ResultCode::LoopDetected);
    }
    SECTION("it is for another host") {
        head.destination_host = "hss2.ims.example";
        CHECK(answer_to(head) == ResultCode::UnableToDeliver);
    }
    SECTION("it is for another realm") {
        head.destination_realm = "elsewhere.example";
        CHECK(answer_to(head) == ResultCode::RealmNotServed);
    }
}

TEST_CASE("Proxy-Info comes back in the answer octet for octet", "[RFC6733-6.2]") {
    Realm world;
    auto head = samples::head();
    head.destination_realm = "ims.example";
    // Proxy-Info { Proxy-Host "r", Proxy-State 1 2 3 }
    const Octets proxy_info{0,   0, 1, 28, 0x40, 0, 0, 32, 0,    0, 1, 24, 0x40, 0, 0, 9,
                            'r', 0, 0, 0,  0,    0, 0, 33, 0x40, 0, 0, 11, 1,    2, 3, 0};
    head.proxy_info = {proxy_info};
    world.wire.inject(*world.scscf, *world.hss1,
                      codec::encode(samples::header(), head, samples::usual_mar()));
    const auto answers = world.wire.sent<cx::Answer>("hss1.ims.example");
    REQUIRE(answers.size() == 1);
    REQUIRE(answers[0].message.head.proxy_info.size() == 1);
    CHECK(answers[0].message.head.proxy_info[0] == proxy_info);
}

TEST_CASE("beyond max_pending a request fails at once", "[RFC6733-6.1]") {
    Wire wire;
    auto config = config_of("hss.ims.example");
    config.accept_unknown_peers = true;
    wire.add(config);
    config = config_of("scscf.ims.example");
    config.peers = {peer_at("hss.ims.example")};
    config.max_pending = 2;
    auto& scscf = wire.add(config);
    wire.start(scscf);
    for (std::uint64_t i = 1; i <= 3; ++i) wire.send_mar(scscf, i);
    REQUIRE(scscf.failures.size() == 1);
    CHECK(scscf.failures[0].id == cx::RequestId{3});
}

TEST_CASE("a relay carries what we have no peer for", "[RFC6733-6.1.6]") {
    Wire wire;
    auto relay_config = config_of("relay.ims.example");
    relay_config.accept_unknown_peers = true;
    auto& relay = wire.add(relay_config);
    auto config = config_of("scscf.ims.example");
    auto peer = peer_at("relay.ims.example");
    peer.relay = true;
    config.peers = {peer};
    auto& scscf = wire.add(config);
    wire.start(scscf);
    wire.send_mar(scscf, 1, "hss.ims.example");
    const auto sent = wire.sent<cx::Request>("scscf.ims.example");
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].to == "relay.ims.example");
    CHECK(sent[0].message.head.destination_host == "hss.ims.example");
    // The relay of this test is no relay: it cannot deliver, nobody else can, and the application hears it.
    CHECK(relay.requests.empty());
    REQUIRE(scscf.failures.size() == 1);
    CHECK(scscf.failures[0].detail == "DIAMETER_UNABLE_TO_DELIVER (3002)");
}

TEST_CASE("a DiameterURI is read with its defaults", "[RFC6733-4.3.1]") {
    CHECK(Uri::parse("aaa://host.example.com") == Uri{"host.example.com", 3868, false, "tcp", "diameter"});
    CHECK(Uri::parse("aaas://host.example.com") == Uri{"host.example.com", 5658, true, "tcp", "diameter"});
    CHECK(Uri::parse("aaa://host.example.com:1813;transport=udp;protocol=radius") ==
          Uri{"host.example.com", 1813, false, "udp", "radius"});
    for (const auto* bad :
         {"", "sip:host", "aaa://", "aaa://h:0", "aaa://h:65536", "aaa://h:x", "aaa://a b", "aaa://h;x=y"})
        CHECK_FALSE(Uri::parse(bad));
}
