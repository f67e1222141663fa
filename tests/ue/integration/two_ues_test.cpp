#include "tests/ue/shell/runner.hpp"

#include <future>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::ue;

// Two UEs on loopback sockets, each the other's P-CSCF: what needs no network works between them.
namespace {

IpEndpoint free_endpoint(const std::string& address) {
    boost::asio::io_context io;
    const boost::asio::ip::tcp::acceptor probe{io, {boost::asio::ip::make_address(address), 0}};
    return {*IpAddress::parse(address), probe.local_endpoint().port()};
}

Options options_of(int n, const IpEndpoint& local, const IpEndpoint& peer, sip::Transport transport,
                   const std::vector<std::string>& script) {
    Options options;
    options.ue.impi = Impi{std::to_string(n) + "@ims.example"};
    options.ue.impu = Impu{"sip:" + std::to_string(n) + "@ims.example"};
    options.ue.domain = "ims.example";
    options.ue.credentials = Password{"secret"};
    options.ue.local = local;
    options.ue.pcscf = peer;
    options.ue.transport = transport;
    options.json = true;
    options.patience = 20s;
    options.script = *parse_script(script);
    return options;
}

struct Pair {
    IpEndpoint alice, bob;
    sip::Transport transport;

    Pair(const std::string& address, sip::Transport t)
        : alice{free_endpoint(address)}, bob{free_endpoint(address)}, transport{t} {}

    // Exit status of both.
    std::pair<int, int> run(const std::vector<std::string>& caller,
                            const std::vector<std::string>& callee) const {
        Runner one{options_of(1, alice, bob, transport, caller)};
        Runner two{options_of(2, bob, alice, transport, callee)};
        REQUIRE(one.open());
        REQUIRE(two.open());
        auto other = std::async(std::launch::async, [&] { return two.run(); });
        const int status = one.run();
        return {status, other.get()};
    }
};

}  // namespace

TEST_CASE("a message and a call with media pass between two UEs on real sockets", "[RFC3261][RFC3550]") {
    const std::string address = GENERATE("127.0.0.1", "::1");
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    const Pair pair{address, transport};
    const auto status = pair.run(
        {"receive", "ready", "message", "sip:2@ims.example", "hello", "call", "sip:2@ims.example", "1.2"},
        {"message", "sip:1@ims.example", "ready", "receive", "hello", "answer"});
    CHECK(status == std::pair{0, 0});
}

TEST_CASE("a step that fails ends the script with the status of its kind") {
    const Pair pair{"127.0.0.1", sip::Transport::Tcp};
    const auto status = pair.run({"receive", "ready", "call", "sip:2@ims.example", "wait", "100"},
                                 {"message", "sip:1@ims.example", "ready", "reject", "603"});
    CHECK(status == std::pair{4, 0});
}

TEST_CASE("a UE that nobody answers says that registration failed") {
    const auto local = free_endpoint("127.0.0.1");
    const auto nobody = free_endpoint("127.0.0.1");
    CHECK(Runner{options_of(1, local, nobody, sip::Transport::Tcp, {"register"})}.run() == 3);
}
