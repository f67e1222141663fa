#pragma once
#include "common/base/note.hpp"
#include "common/base/time.hpp"
#include "common/trace/hep.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace ims::runtime {

// Sends HEP to a collector over UDP and never waits: what the socket does not take, or nobody listens for, is
// dropped and counted. A name is looked up beside the loop, and again after a minute while it fails.
//
// Notes: trace.hep.away (warning; at most one a minute), with peer and reason.
class HepSender {
  public:
    using NoteSink = std::function<void(const Note&)>;
    struct Counters {
        std::uint64_t sent = 0;
        std::uint64_t dropped = 0;  // not sent, or the one before met nobody
        std::uint64_t cut = 0;      // sent, but too long for a datagram
    };

    HepSender(boost::asio::io_context& io, trace::Collector collector, NoteSink notes);
    ~HepSender();
    HepSender(const HepSender&) = delete;
    HepSender& operator=(const HepSender&) = delete;

    // `message` holds no secret any more.
    void send(const trace::WireMessage& message, std::string_view correlation, std::string_view node);
    const trace::Collector& collector() const;
    const Counters& counters() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::runtime
