#pragma once
#include "common/base/time.hpp"
#include "common/base/turn.hpp"
#include "common/sctp/notification.hpp"
#include "common/sctp/socket.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::sctp {

// An association on Asio's loop: whole messages out and in, and what becomes of it. Knows nothing of what the
// messages say. A member of its owner, who holds what waits to be sent.
class Association {
  public:
    // Each is called from the loop, never from within a call of ours.
    class Owner {
      public:
        virtual void association_up() = 0;
        // `whole` is false where it was longer than the largest message allowed: then it is the beginning.
        virtual void association_message(std::string_view message, bool whole) = 0;
        virtual void association_writable() = 0;  // after await_writable()
        virtual void association_path(const PathChanged& path) = 0;
        virtual void association_unsent(const SendFailed& message) = 0;
        virtual void association_down(std::string_view reason) = 0;  // at most once; also before it was up
        virtual std::shared_ptr<void> association_owner() = 0;       // keeps the owner alive

      protected:
        ~Owner() = default;
    };

    // What is read goes through `scratch`, which all of one loop may share.
    Association(boost::asio::io_context& io, Turn& turn, Owner& owner, std::size_t largest_message,
                std::span<char> scratch);
    ~Association() { close(); }
    Association(const Association&) = delete;
    Association& operator=(const Association&) = delete;

    bool adopt(Socket socket, std::string& why);  // an accepted one: it is up
    void connect(const SctpEndpoint& to, const std::optional<SctpEndpoint>& from, Duration patience);

    // Full: again after association_writable(). Broken: association_down() follows, or has been told.
    enum class Sent : std::uint8_t { Yes, Full, Broken };
    Sent send(std::string_view message, const Socket::Sending& how);
    void await_writable();

    void close();  // gracefully: what was sent arrives; nothing is told afterwards

    bool up() const { return state_ == State::Up; }
    bool amid_message() const { return !partial_.empty(); }
    const std::vector<IpEndpoint>& local() const { return local_; }  // once it is up
    const std::vector<IpEndpoint>& peer() const { return peer_; }

  private:
    enum class State : std::uint8_t { Idle, Connecting, Up, Down };

    bool set_up(std::string& why);
    void connected();
    void await_readable();
    void read();
    void take_piece(const Socket::Piece& piece);
    void take_notification(std::string_view octets);
    void down(std::string reason);

    Turn& turn_;
    Owner& owner_;
    std::size_t largest_;
    std::span<char> scratch_;
    Socket socket_;
    boost::asio::posix::stream_descriptor descriptor_;
    boost::asio::steady_timer timer_;
    State state_ = State::Idle;
    std::vector<IpEndpoint> local_, peer_;
    std::string partial_;  // of a message that comes in pieces
    std::string ended_;    // why the association has; what it leaves behind is read first
    bool too_long_ = false, amid_notification_ = false;
};

}  // namespace ims::sctp
