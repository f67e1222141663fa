#include "tests/ue/shell/rtp_port.hpp"

#include <array>
#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::ue {

namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

udp::endpoint endpoint_of(const IpEndpoint& e) {
    const auto octets = e.address.octets();
    if (e.address.is_v6()) {
        boost::asio::ip::address_v6::bytes_type bytes{};
        std::copy(octets.begin(), octets.end(), bytes.begin());
        return {boost::asio::ip::address_v6{bytes}, e.port};
    }
    boost::asio::ip::address_v4::bytes_type bytes{};
    std::copy(octets.begin(), octets.end(), bytes.begin());
    return {boost::asio::ip::address_v4{bytes}, e.port};
}

constexpr int attempts = 50;

}  // namespace

struct RtpPort::Impl : std::enable_shared_from_this<RtpPort::Impl> {
    explicit Impl(boost::asio::io_context& io) : socket{io}, timer{io} {}

    void receive() {
        socket.async_receive_from(
            boost::asio::buffer(buffer), from,
            [self = shared_from_this()](error_code error, std::size_t size) {
                if (error == boost::asio::error::operation_aborted || !self->socket.is_open()) return;
                if (!error && self->running)
                    self->receiver.receive({self->buffer.data(), size}, std::chrono::steady_clock::now());
                self->receive();
            });
    }

    void tick() {
        timer.expires_at(next);
        timer.async_wait([self = shared_from_this()](error_code error) {
            if (error || !self->running) return;
            self->send();
            self->next += rtp_packet_time;
            self->tick();
        });
    }

    void send() {
        const bool sends = direction == sdp::Direction::SendRecv || direction == sdp::Direction::SendOnly;
        if (!sends) return sender->skip();
        error_code ignored;  // what is lost here the other side counts
        socket.send_to(boost::asio::buffer(sender->next()), remote, 0, ignored);
    }

    udp::socket socket;
    boost::asio::steady_timer timer;
    std::array<std::uint8_t, 2048> buffer{};
    udp::endpoint from, remote;
    TimePoint next{};
    bool running = false;
    sdp::Direction direction = sdp::Direction::SendRecv;
    std::optional<RtpSender> sender;
    RtpReceiver receiver;
};

RtpPort::RtpPort(boost::asio::io_context& io) : impl_{std::make_shared<Impl>(io)} {}

RtpPort::~RtpPort() {
    stop();
    error_code ignored;
    impl_->socket.close(ignored);
}

Result<IpEndpoint, std::string> RtpPort::open(const IpAddress& address) {
    error_code error;
    for (int i = 0; i < attempts; ++i) {
        const auto at = endpoint_of({address, 0});
        udp::socket socket{impl_->socket.get_executor()};
        socket.open(at.protocol(), error);
        if (!error) socket.bind(at, error);
        if (error) return error.message();
        const auto port = socket.local_endpoint().port();
        if (port % 2 != 0) continue;
        impl_->socket = std::move(socket);
        impl_->receive();
        return IpEndpoint{address, port};
    }
    return std::string{"no even port is free"};
}

void RtpPort::start(const IpEndpoint& remote, std::uint8_t payload_type, std::uint32_t ssrc) {
    impl_->remote = endpoint_of(remote);
    impl_->direction = sdp::Direction::SendRecv;
    impl_->sender.emplace(payload_type, ssrc, static_cast<std::uint16_t>(ssrc), ssrc * 7);
    impl_->receiver = {};
    impl_->running = true;
    impl_->next = std::chrono::steady_clock::now();
    impl_->tick();
}

void RtpPort::change(const IpEndpoint& remote, sdp::Direction direction) {
    impl_->remote = endpoint_of(remote);
    impl_->direction = direction;
}

void RtpPort::stop() {
    impl_->running = false;
    impl_->timer.cancel();
}

bool RtpPort::running() const {
    return impl_->running;
}
std::uint64_t RtpPort::sent() const {
    return impl_->sender ? impl_->sender->sent() : 0;
}
const RtpReceiver& RtpPort::received() const {
    return impl_->receiver;
}

}  // namespace ims::ue
