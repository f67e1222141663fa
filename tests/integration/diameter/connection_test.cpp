#include "common/diameter/net/stream_connection.hpp"

#include <list>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;
using Tcp = StreamConnection::Tcp;

namespace {

const auto loopback_address = boost::asio::ip::address_v4::loopback();

// Listens and never accepts: when its queue is full, the kernel leaves a SYN without an answer.
struct Silent {
    explicit Silent(boost::asio::io_context& io) : acceptor{io} {
        acceptor.open(Tcp::v4());
        acceptor.bind({loopback_address, 0});
        acceptor.listen(0);
        for (int i = 0; i < 4; ++i)
            waiting.emplace_back(io, Tcp::v4())
                .async_connect(acceptor.local_endpoint(), [](const boost::system::error_code&) {});
    }
    Tcp::acceptor acceptor;
    std::list<Tcp::socket> waiting;
};

struct Outcome {
    explicit Outcome(boost::asio::io_context& context) : io{context} {
        owner.ready = [this](Connection&) { ready = true; };
        owner.failed = [this](Connection&, const std::string& why) { reason = why; };
        owner.readable = [](Connection&, codec::Framer&) {};
        owner.gone = [](Connection&, const std::string&) {};
        owner.flushes = [](Connection&) { return false; };
    }
    void connect(std::vector<Tcp::endpoint> addresses) {
        connection = std::make_shared<StreamConnection>(io, owner, 65536, nullptr);
        connection->connect(std::move(addresses), "hss.ims.example");
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (!ready && reason.empty() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds{50});
        }
    }
    ~Outcome() {
        if (connection) connection->abandon();
        io.restart();
        io.poll();
    }
    boost::asio::io_context& io;
    Connection::Owner owner;
    std::shared_ptr<StreamConnection> connection;
    bool ready = false;
    std::string reason;
};

}  // namespace

TEST_CASE("a peer whose first address is silent is reached at its second", "[RFC6733-5.2][RFC8305-5]") {
    boost::asio::io_context io;
    const Silent silent{io};
    Tcp::acceptor listening{io, {loopback_address, 0}};
    Outcome outcome{io};
    outcome.connect({silent.acceptor.local_endpoint(), listening.local_endpoint()});
    CHECK(outcome.ready);
    CHECK(outcome.reason.empty());
    CHECK(outcome.connection->transport().remote ==
          "127.0.0.1:" + std::to_string(listening.local_endpoint().port()));
}

TEST_CASE("a peer that refuses at every address has failed for the last reason", "[RFC6733-5.2]") {
    boost::asio::io_context io;
    const auto refusing = Tcp::acceptor{io, {loopback_address, 0}}.local_endpoint();  // closed again
    Outcome outcome{io};
    outcome.connect({refusing, refusing});
    CHECK_FALSE(outcome.ready);
    CHECK(outcome.reason == "Connection refused");
}
