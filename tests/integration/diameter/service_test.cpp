#include "common/sctp/socket.hpp"
#include "freediameter.hpp"
#include "service_fixture.hpp"

#include <array>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;

namespace {

// An HSS that listens and an S-CSCF that connects to it.
struct Pair {
    boost::asio::io_context io;
    std::unique_ptr<Host> hss, scscf;

    explicit Pair(Config hss_config = config_of("hss.ims.example"),
                  Config scscf_config = config_of("scscf.ims.example")) {
        hss_config.listen = {loopback()};
        hss_config.accept_unknown_peers = true;
        hss = std::make_unique<Host>(io, hss_config);
        hss->service.start();
        scscf_config.peers = {{"hss.ims.example", "", "127.0.0.1", hss->service.listening().at(0).port}};
        scscf = std::make_unique<Host>(io, scscf_config);
        scscf->service.start();
        REQUIRE(wait_until(io, [&] { return scscf->service.any_open() && hss->service.any_open(); }));
    }
};

}  // namespace

TEST_CASE("an S-CSCF asks an HSS over TCP and gets its answer", "[TS29.228-6.3]") {
    Pair world;
    world.hss->answer_mars();
    world.scscf->send_mar(7);

    REQUIRE(wait_until(world.io, [&] { return !world.scscf->answers.empty(); }));
    CHECK(world.scscf->answers[0].id == cx::RequestId{7});
    CHECK(world.scscf->answers[0].origin_host == "hss.ims.example");
    CHECK(std::get<cx::MultimediaAuthAnswer>(world.scscf->answers[0].answer).user_name ==
          Impi{"user7@ims.example"});
    CHECK(world.hss->requests.at(0).origin_host == "scscf.ims.example");
    CHECK(world.scscf->state_of("hss.ims.example") == "I-Open");
    CHECK(world.hss->state_of("scscf.ims.example") == "R-Open");
}

TEST_CASE("an HSS pushes to the S-CSCF over the connection the S-CSCF made", "[TS29.228-6.1.3]") {
    Pair world;
    world.scscf->on_request = [&](const cx::RequestArrived& r) {
        world.scscf->service.reply(
            {r.id, cx::RegistrationTerminationAnswer{ResultCode::Success, {}, {}, {}}});
    };
    cx::RegistrationTerminationRequest rtr;
    rtr.user_name = Impi{"a@ims.example"};
    world.hss->service.send({cx::RequestId{1}, rtr, "scscf.ims.example"});

    REQUIRE(wait_until(world.io, [&] { return !world.hss->answers.empty(); }));
    CHECK(is(cx::result(world.hss->answers[0].answer), ResultCode::Success));
}

TEST_CASE("a thousand requests at once are answered each with its own answer", "[RFC6733-6.2.1]") {
    Pair world;
    world.hss->answer_mars();
    for (std::uint64_t i = 0; i < 1000; ++i) world.scscf->send_mar(i);

    REQUIRE(wait_until(world.io, [&] { return world.scscf->answers.size() == 1000; }));
    for (const auto& a : world.scscf->answers)
        CHECK(std::get<cx::MultimediaAuthAnswer>(a.answer).user_name ==
              Impi{"user" + std::to_string(a.id.value()) + "@ims.example"});
}

TEST_CASE("a node that stops says so with a DPR and its peers know before TCP does", "[RFC6733-5.4]") {
    Pair world;
    bool stopped = false;
    world.hss->service.stop([&] { stopped = true; });

    REQUIRE(wait_until(world.io, [&] { return stopped && !world.scscf->service.any_open(); }));
    CHECK(world.scscf->noted("diameter.peer.disconnecting"));
    world.scscf->send_mar(1);
    REQUIRE(wait_until(world.io, [&] { return !world.scscf->failures.empty(); }));
    CHECK(world.scscf->failures[0].reason == cx::SendFailed::Reason::NoPeer);
}

TEST_CASE("two nodes that each connect to the other end with one connection", "[RFC6733-5.6.4]") {
    boost::asio::io_context io;
    std::vector<std::unique_ptr<Host>> hosts;
    const std::uint16_t ports[] = {free_port(), free_port()};
    const std::string names[] = {"alpha.ims.example", "beta.ims.example"};
    for (std::size_t i = 0; i < 2; ++i) {
        auto config = config_of(names[i]);
        config.listen = {loopback(ports[i])};
        config.peers = {{names[1 - i], "", "127.0.0.1", ports[1 - i]}};
        hosts.push_back(std::make_unique<Host>(io, config));
    }
    for (auto& h : hosts) h->service.start();
    REQUIRE(wait_until(io, [&] { return hosts[0]->service.any_open() && hosts[1]->service.any_open(); }));
    const auto states = hosts[0]->state_of(names[1]) + " " + hosts[1]->state_of(names[0]);
    CHECK((states == "I-Open R-Open" || states == "R-Open I-Open"));
    hosts[0]->answer_mars();
    hosts[1]->send_mar(1);
    CHECK(wait_until(io, [&] { return hosts[1]->answers.size() == 1; }));
}

TEST_CASE("whatever a stranger sends, the listener lives and serves the others", "[RFC6733-7.1]") {
    Pair world;
    world.hss->answer_mars();
    const auto port = world.hss->service.listening().at(0).port;
    const std::vector<std::string> openings{
        "GET / HTTP/1.1\r\n\r\n",
        std::string(100, '\0'),
        std::string(100, '\xff'),
        std::string{"\x01\x00\x00\x14\xff\xff\xff\xff", 8},
        std::string{"\x01\x00\x00\x14\x80\x00\x01\x01\x00\x00\x00\x00", 12} +
            "12345678",  // a CER without an AVP
        std::string{"\x02\x00\x00\x14\x80\x00\x01\x01\x00\x00\x00\x00", 12} + "12345678",
        "",
    };
    for (const auto& opening : openings) {
        boost::asio::ip::tcp::socket stranger{world.io};
        stranger.connect({boost::asio::ip::make_address("127.0.0.1"), port});
        boost::asio::write(stranger, boost::asio::buffer(opening));
        if (opening.size() < 20) {  // it waits for the rest, which never comes
            stranger.close();
            continue;
        }
        bool closed = false;
        std::array<char, 4096> answer{};
        std::function<void()> read = [&] {
            stranger.async_read_some(boost::asio::buffer(answer), [&](auto error, std::size_t) {
                if (error)
                    closed = true;
                else
                    read();
            });
        };
        read();
        CHECK(wait_until(world.io, [&] { return closed; }));
    }
    world.scscf->send_mar(1);
    CHECK(wait_until(world.io, [&] { return world.scscf->answers.size() == 1; }));
    CHECK(world.hss->noted("diameter.message.malformed"));
}

TEST_CASE("a name that cannot be listened on is an error at start", "[RFC6733-2.1]") {
    boost::asio::io_context io;
    auto config = config_of("hss.ims.example");
    config.listen = {{IpAddress::v4({192, 0, 2, 1}), 0}};
    Host hss{io, config};
    CHECK_THROWS_AS(hss.service.start(), std::runtime_error);
}

TEST_CASE("where the kernel has no SCTP, a node that shall use it does not start", "[RFC6733-2.1]") {
    std::string why;
    if (sctp::available(why)) {
        WARN("this kernel has SCTP: tests/kernel shows what is missing without");
        return;
    }
    boost::asio::io_context io;
    auto listening = config_of("hss.ims.example");
    listening.listen_sctp = {{{loopback().address}, 3868}};
    Host hss{io, listening};
    CHECK_THROWS_WITH(hss.service.start(), "Diameter cannot listen on SCTP 127.0.0.1:3868: " + why);
    auto connecting = config_of("scscf.ims.example");
    connecting.peers = {{"hss.ims.example", "", "127.0.0.1", 3868, PeerTransport::Sctp}};
    Host scscf{io, connecting};
    CHECK_THROWS_WITH(scscf.service.start(), "Diameter over SCTP: " + why);
}
