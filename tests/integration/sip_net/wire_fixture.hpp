#pragma once
#include "common/sip/message/message.hpp"
#include "common/sip/net/socket_address.hpp"
#include "common/sip/net/transports.hpp"

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

// Transports on loopback, and bare sockets as their peers.
namespace ims::sip {

inline std::string options(std::string_view call_id, std::string_view transport = "UDP",
                           std::string_view more = {}) {
    return "OPTIONS sip:b@ims.example SIP/2.0\r\nVia: SIP/2.0/" + std::string{transport} +
           " 127.0.0.1:5060;branch=z9hG4bK" + std::string{call_id} +
           ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@ims.example>;tag=1\r\nTo: "
           "<sip:b@ims.example>\r\nCall-ID: " +
           std::string{call_id} + "\r\nCSeq: 1 OPTIONS\r\n" + std::string{more} + "Content-Length: 0\r\n\r\n";
}

struct WireFixture {
    explicit WireFixture(TransportsConfig config = {})
        : transports{io, config, [this](Transports::Event e) { on(std::move(e)); }} {}

    void on(Transports::Event e) {
        if (auto* r = std::get_if<Received>(&e)) {
            received.push_back(*r);
            if (on_received) on_received(*r);
        }
        if (auto* c = std::get_if<FlowClosed>(&e)) closed.push_back(*c);
        if (auto* f = std::get_if<TransportFailed>(&e)) failed.push_back(*f);
        if (auto* n = std::get_if<Note>(&e)) notes.push_back(*n);
    }
    IpEndpoint listen(Transport t, std::string_view at = "127.0.0.1:0") {
        const auto endpoint = transports.listen(t, *IpEndpoint::parse(at));
        REQUIRE(endpoint.has_value());
        return *endpoint;
    }
    // Turns the loop until `done` holds; a test that waits ten seconds has failed.
    bool run_until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) return false;
            io.restart();
            io.run_one_for(50ms);
        }
        return true;
    }
    void turn() {  // whatever is ready now
        io.restart();
        io.poll();
    }
    bool noted(std::string_view id, std::string_view reason = {}) const {
        for (const auto& n : notes)
            if (n.id == id && (reason.empty() || n.field("reason") == reason)) return true;
        return false;
    }

    boost::asio::io_context io{1};
    std::vector<Received> received;
    std::vector<FlowClosed> closed;
    std::vector<TransportFailed> failed;
    std::vector<Note> notes;
    std::function<void(const Received&)> on_received;
    Transports transports;
};

// A peer on UDP: blocking, its socket buffers keep what comes.
class DatagramPeer {
  public:
    explicit DatagramPeer(boost::asio::io_context& io, std::string_view at = "127.0.0.1:0")
        : socket_{io, asio_endpoint<boost::asio::ip::udp>(*IpEndpoint::parse(at))} {}
    IpEndpoint local() const { return endpoint_of(socket_.local_endpoint()); }
    void send(std::string_view text, const IpEndpoint& to) {
        socket_.send_to(boost::asio::buffer(text.data(), text.size()),
                        asio_endpoint<boost::asio::ip::udp>(to));
    }
    std::size_t waiting() const { return socket_.available(); }
    std::string receive(IpEndpoint* from = nullptr) {
        std::string text(65536, '\0');
        boost::asio::ip::udp::endpoint source;
        text.resize(socket_.receive_from(boost::asio::buffer(text), source));
        if (from != nullptr) *from = endpoint_of(source);
        return text;
    }

  private:
    boost::asio::ip::udp::socket socket_;
};

// A peer on TCP; reads what is there without waiting.
class StreamPeer {
  public:
    StreamPeer(boost::asio::io_context& io, const IpEndpoint& to) : socket_{io} {
        socket_.connect(asio_endpoint<boost::asio::ip::tcp>(to));
        socket_.non_blocking(true);
    }
    explicit StreamPeer(boost::asio::ip::tcp::socket socket) : socket_{std::move(socket)} {
        socket_.non_blocking(true);
    }
    void send(std::string_view text) {
        boost::system::error_code
            ignored;  // the other side may have closed: that is what some tests are about
        socket_.write_some(boost::asio::buffer(text.data(), text.size()), ignored);
    }
    const std::string& read() {
        std::string part(65536, '\0');
        boost::system::error_code error;
        while (!error) {
            const auto n = socket_.read_some(boost::asio::buffer(part), error);
            text_.append(part, 0, n);
        }
        ended_ = ended_ || error != boost::asio::error::would_block;
        return text_;
    }
    bool ended() {
        read();
        return ended_;
    }
    void close() { socket_.close(); }
    IpEndpoint local() const { return endpoint_of(socket_.local_endpoint()); }
    IpEndpoint remote() const { return endpoint_of(socket_.remote_endpoint()); }

  private:
    boost::asio::ip::tcp::socket socket_;
    std::string text_;
    bool ended_ = false;
};

}  // namespace ims::sip
