#pragma once
#include "common/base/ip.hpp"
#include "common/diameter/codec/framer.hpp"
#include "common/diameter/peer/effects.hpp"
#include "common/diameter/peer/node.hpp"

#include <functional>
#include <memory>
#include <string>

namespace ims::diameter {

// A transport connection (RFC 6733 1.2) that carries whole messages: TCP, TLS or SCTP. Knows nothing of
// Diameter but the length field.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    struct Owner {  // each is called from the io_context, never from inside a call of ours
        std::function<void(Connection&)> ready;                              // connected, TLS done
        std::function<void(Connection&, const std::string& reason)> failed;  // before ready
        std::function<void(Connection&, codec::Framer&)> readable;           // take messages from the framer
        std::function<void(Connection&, const std::string& reason)> gone;    // after ready, exactly once
        // From within write(): whether the owner will call flush() soon.
        std::function<bool(Connection&)> flushes;
    };

    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    ConnectionId id;  // the Node's name for it

    virtual void connect(const Connect& to) = 0;   // names are looked up
    virtual void write(const Octets& octets) = 0;  // one message; leaves with flush(), or when the running
                                                   // handlers are done
    virtual void flush() = 0;
    virtual void close() = 0;    // when all is written; the peer gets a moment to read it
    virtual void abandon() = 0;  // at once, without a word to the owner

    virtual Node::Transport transport() const = 0;
    virtual bool secure() const { return false; }
    virtual bool sctp() const { return false; }
    const IpEndpoint& local() const { return local_; }  // once it is ready
    const IpEndpoint& remote() const { return remote_; }

  protected:
    Connection(const Owner& owner, std::size_t max_message) : owner_{&owner}, framer_{max_message} {}

    const Owner* owner_;
    codec::Framer framer_;
    IpEndpoint local_, remote_;
};

}  // namespace ims::diameter
