#pragma once
#include "common/sip/net/transports.hpp"

#include <functional>

namespace ims::bench {

// How the UEs of one process reach their P-CSCF. Each has a loopback address of its own, which is the local
// one of its Targets and Flows.
class Wire {
  public:
    using Sink = std::function<void(sip::Transports::Event)>;

    virtual ~Wire() = default;
    virtual void send(sip::Transmit transmit) = 0;  // leaves with the next flush()
    virtual void flush() = 0;
    virtual bool wait(int milliseconds) = 0;     // until something happens
    virtual void receive(const Sink& sink) = 0;  // everything that has happened
};

}  // namespace ims::bench
