#pragma once
#include "common/base/turn.hpp"
#include "common/diameter/net/connection.hpp"
#include "common/sctp/association.hpp"

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::diameter {

// A connection over SCTP (RFC 6733 2.1.1): a message of Diameter is a message of SCTP, of payload
// protocol 46. All go over stream 0, unordered as soon as the peer is known to be open, so that a lost one
// does not delay others.
class SctpConnection final : public Connection, private sctp::Association::Owner {
  public:
    SctpConnection(boost::asio::io_context& io, Turn& turn, const Connection::Owner& owner,
                   std::size_t max_message,
                   std::vector<IpAddress> from);  // empty: all addresses of this host

    void connect(const Connect& to) override;
    void accept(sctp::Socket socket);
    void write(const Octets& octets) override;
    void flush() override;
    void close() override;
    void abandon() override;

    Node::Transport transport() const override;
    bool sctp() const override { return true; }

  private:
    using Resolver = boost::asio::ip::tcp::resolver;

    void resolve();
    void up();
    void fail(const std::string& reason);
    void association_up() override { up(); }
    void association_message(std::string_view message, bool whole) override;
    void association_writable() override;
    void association_path(const sctp::PathChanged&) override {}
    void association_unsent(const sctp::SendFailed&) override {}  // the Node repeats what got no answer
    void association_down(std::string_view reason) override { fail(std::string{reason}); }
    std::shared_ptr<void> association_owner() override { return shared_from_this(); }
    bool unordered() const { return received_ >= (accepted_ ? 2 : 1); }
    std::shared_ptr<SctpConnection> self() {
        return std::static_pointer_cast<SctpConnection>(shared_from_this());
    }

    std::array<char, 65536> scratch_;
    sctp::Association association_;
    Resolver resolver_;
    boost::asio::steady_timer linger_;
    std::vector<IpAddress> from_;
    std::vector<std::string> hosts_;  // still to be looked up
    SctpEndpoint to_;
    std::deque<Octets> queue_;
    std::size_t queued_octets_ = 0;
    unsigned received_ = 0;
    bool accepted_ = false, flushing_ = false, awaiting_writable_ = false, ready_ = false, closing_ = false,
         gone_ = false;
};

}  // namespace ims::diameter
