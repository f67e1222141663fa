#include "common/runtime/hep_sender.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

namespace ims::runtime {

namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

constexpr Duration patience = 60s;  // between two complaints, and two questions for a name

TimePoint clock_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

struct HepSender::Impl : std::enable_shared_from_this<HepSender::Impl> {
    Impl(boost::asio::io_context& io, trace::Collector c, NoteSink n)
        : collector{std::move(c)}, notes{std::move(n)}, socket{io}, resolver{io} {}

    void open(const udp::endpoint& at) {
        error_code error;
        socket.open(at.protocol(), error);
        if (!error) socket.non_blocking(true, error);
        // Connected, so that we are told when nobody listens there.
        if (!error) socket.connect(at, error);
        if (!error) return;
        error_code ignored;
        socket.close(ignored);
        complain(error.message());
    }

    void look_up() {
        if (resolving || clock_now() < next_look_up) return;
        resolving = true;
        next_look_up = clock_now() + patience;
        resolver.async_resolve(collector.host, std::to_string(collector.port),
                               [self = shared_from_this()](const error_code& error, const auto& found) {
                                   self->resolving = false;
                                   if (self->closed) return;
                                   if (error) return self->complain(error.message());
                                   self->open(*found.begin());
                               });
    }

    void complain(const std::string& reason) {
        if (!notes || clock_now() < next_complaint) return;
        next_complaint = clock_now() + patience;
        notes(
            Note{Severity::Warning, "trace.hep.away"}.with("peer", collector.text()).with("reason", reason));
    }

    void send(const std::string& packet) {
        if (!socket.is_open()) {
            look_up();
            ++counters.dropped;
            return;
        }
        error_code error;
        socket.send(boost::asio::buffer(packet), 0, error);
        // The error of a connected socket may be that of the datagram before.
        if (!error) {
            ++counters.sent;
            return;
        }
        ++counters.dropped;
        complain(error.message());
    }

    trace::Collector collector;
    NoteSink notes;
    udp::socket socket;
    udp::resolver resolver;
    Counters counters;
    TimePoint next_complaint{}, next_look_up{};
    bool resolving = false, closed = false;
};

HepSender::HepSender(boost::asio::io_context& io, trace::Collector collector, NoteSink notes)
    : impl_{std::make_shared<Impl>(io, std::move(collector), std::move(notes))} {
    error_code no_address;
    const auto address = boost::asio::ip::make_address(impl_->collector.host, no_address);
    if (no_address)
        impl_->look_up();
    else
        impl_->open({address, impl_->collector.port});
}

HepSender::~HepSender() {
    impl_->closed = true;
    impl_->notes = {};
    impl_->resolver.cancel();
    error_code ignored;
    impl_->socket.close(ignored);
}

void HepSender::send(const trace::WireMessage& message, std::string_view correlation, std::string_view node) {
    const auto packet = trace::hep_packet(message, correlation, impl_->collector, node);
    if (packet.cut) ++impl_->counters.cut;
    impl_->send(packet.octets);
}

const trace::Collector& HepSender::collector() const {
    return impl_->collector;
}
const HepSender::Counters& HepSender::counters() const {
    return impl_->counters;
}

}  // namespace ims::runtime
