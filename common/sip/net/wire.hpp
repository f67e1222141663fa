#pragma once
#include "common/sip/net/transports.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace ims::sip {

class Connection;

// What a datagram socket or a connection tells the Transports that own it. received() reaches the sink at
// once and so is called from the loop only; everything else is told in a later turn and may be said while
// somebody is sending.
class Wire {
  public:
    virtual void received(Buffer message, const Flow& flow, Duration waited = {}) = 0;
    virtual void failed(std::uint64_t transmit, std::string_view detail) = 0;
    virtual void closed(const Flow& flow, std::string_view reason, bool was_open) = 0;
    virtual void note(Note note) = 0;
    // A connection that is there has a peer of several addresses: it is the way to each of them.
    virtual void reached(const Connection& connection, const std::vector<IpEndpoint>& remotes) = 0;
    virtual void flush_soon() = 0;
    virtual void flush_soon(Connection& connection) = 0;

    bool may_be_idle(const Flow& flow) const { return is_needed && is_needed(flow); }

    const TransportsConfig config;
    std::function<bool(const Flow&)> is_needed;  // Transports::keep_idle
    Transports::Counters counters;
    Turn& turn;

    // Where all sockets read into; only the pages that are used become resident.
    static constexpr std::size_t datagrams = 64, largest_datagram = 65536;
    const std::unique_ptr<char[]> scratch =
        std::make_unique_for_overwrite<char[]>(datagrams * largest_datagram);

  protected:
    Wire(TransportsConfig c, Turn* t) : config{c}, turn{t != nullptr ? *t : own_turn_} {}
    ~Wire() = default;

  private:
    Turn own_turn_;
};

// A message in the queue of a socket.
struct QueuedMessage {
    std::uint64_t transmit = 0;
    Buffer bytes;
};

}  // namespace ims::sip
