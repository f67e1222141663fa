#pragma once
#include "common/base/time.hpp"
#include "common/sigcomp/message.hpp"
#include "common/sip/message/flow.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace ims::sip {

// A way to one peer that is opened and closed: what the Transports know of TCP and of all that is like it.
// Its flow says which it is. Everything that happens to it is told through the Wire.
//
//   Connecting --connected, greeted--> Open --broken stream, error answered--> Closing --written or 2 s-->
//   Closed
//        \--refused, timeout--> Closed  <--peer closed, reset, idle, write queue full--/
//
// What is sent while it is Connecting waits; what waits when it closes has failed.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    enum class State { Connecting, Open, Closing, Closed };

    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    virtual void send(std::uint64_t transmit, Buffer bytes) = 0;
    virtual void flush() = 0;  // what was sent leaves, as far as the socket takes it
    virtual void close(std::string_view reason) = 0;
    // Called every now and then: closes what is idle or does not finish its message.
    virtual void check(TimePoint now) = 0;
    // Whether a request to that target may use it. Its local address is not looked at.
    virtual bool reaches(const Target& target) const {
        return flow_.transport == target.transport && (state_ == State::Connecting || state_ == State::Open);
    }

    const Flow& flow() const { return flow_; }
    State state() const { return state_; }
    // RFC 5049 5: a connection carries one or the other, from its first octet on.
    enum class Kind : std::uint8_t { Sip, Sigcomp };
    static Kind kind_of(char first_octet) {
        return sigcomp::begins_sigcomp(static_cast<std::uint8_t>(first_octet)) ? Kind::Sigcomp : Kind::Sip;
    }
    std::optional<Kind> speaks;  // nothing: there was no octet yet
    bool dirty = false;          // in the Transports' list of connections to flush

  protected:
    Connection(Transport transport, std::uint64_t id) {
        flow_.transport = transport;
        flow_.connection = id;
    }

    Flow flow_;
    State state_ = State::Closed;
};

}  // namespace ims::sip
