#include "tests/bench/streams.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace ims::bench {

namespace {

sip::TransportsConfig config(std::size_t ues, std::size_t sigcomp_octets) {
    sip::TransportsConfig c;
    c.connections = ues + 16;
    c.connect_timeout = c.handshake_timeout = 30s;  // a loaded P-CSCF is measured, not refused
    c.idle_timeout = 24h;
    c.sigcomp_octets = sigcomp_octets;
    return c;
}

}  // namespace

struct Streams::Impl {
    Impl(std::size_t ues, std::size_t sigcomp_octets)
        : transports{io, config(ues, sigcomp_octets),
                     [this](sip::Transports::Event e) { events.push_back(std::move(e)); }} {}

    boost::asio::io_context io;
    std::vector<sip::Transports::Event> events;
    sip::Transports transports;
};

Streams::Streams(std::size_t ues, std::size_t sigcomp_octets, const std::optional<sip::TlsConfig>& tls)
    : impl_{std::make_unique<Impl>(ues, sigcomp_octets)} {
    std::string why;
    if (tls && !impl_->transports.use_certificates(*tls, why)) throw std::runtime_error(why);
}
Streams::~Streams() = default;

void Streams::send(sip::Transmit transmit) {
    impl_->transports.send(std::move(transmit));
}

void Streams::flush() {
    impl_->transports.flush();
}

bool Streams::wait(int milliseconds) {
    impl_->io.restart();
    impl_->io.run_one_for(std::chrono::milliseconds{milliseconds});
    impl_->io.poll();
    return !impl_->events.empty();
}

void Streams::receive(const Sink& sink) {
    for (auto& event : std::exchange(impl_->events, {})) sink(std::move(event));
}

}  // namespace ims::bench
