#pragma once
#include "common/sip/net/connection.hpp"
#include "common/sip/net/octet_stream.hpp"
#include "common/sip/net/wire.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>

namespace ims::sip {

// What connections on a TCP socket have in common, plain or under TLS (RFC 3261 18, 26.2): how they begin and
// end, what waits to be written, and the limits of both. What the octets mean is for the kinds of it to say.
class StreamConnection : public Connection {
  public:
    // `ssl` if it goes under TLS.
    StreamConnection(Transport transport, boost::asio::ip::tcp::socket socket, SslPointer ssl, Wire& wire,
                     std::uint64_t id);

    bool accepted(std::string& why);  // then Connecting, while hands are shaken, or Open
    // Then Connecting. From any port of the address where the port is 0.
    void connect(const Target& to, const std::optional<IpEndpoint>& from);

    void send(std::uint64_t transmit, Buffer bytes) override;
    void close(std::string_view reason) final;
    void check(TimePoint now) override;
    bool reaches(const Target& target) const final;

  protected:
    // Octets can go both ways; open() when messages can.
    virtual void begin() = 0;
    virtual void say_goodbye() {}  // to a peer that is there, before the socket closes
    void open();
    void refused(int status, std::string_view reason);  // counts and notes it
    // The last words are in the queue: they leave, and the peer gets a moment to read them.
    void close_after_last_words(std::string_view reason);
    // Takes so many octets from the front of the queue, which have been written.
    void written(std::size_t octets);
    bool can_flush() const { return (state_ == State::Open || state_ == State::Closing) && !writing_; }
    template <class Self>
    std::shared_ptr<Self> self() {
        return std::static_pointer_cast<Self>(shared_from_this());
    }

    Wire& wire_;
    OctetStream stream_;
    boost::asio::steady_timer timer_;  // connecting, shaking hands, and the last grace of Closing
    std::deque<QueuedMessage> queue_;
    std::size_t queued_octets_ = 0;
    std::size_t written_ = 0;  // of the first in the queue
    bool writing_ = false;     // somebody comes back to write
    bool accepted_ = false;    // the peer began
    std::string host_;         // whom we look for
    TimePoint active_{};
    std::optional<TimePoint> message_began_;

  private:
    bool set_up(std::string& why);
    void limit(Duration time, std::string reason);
    void on_connected(const boost::system::error_code& error);
    void shake_hands();
    void await_client();
    bool on_hands_shaken();

    SslPointer ssl_;  // until the socket is connected
};

TimePoint clock_now();

}  // namespace ims::sip
