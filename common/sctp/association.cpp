#include "common/sctp/association.hpp"

#include "common/base/result.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace ims::sctp {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;

namespace {
constexpr int reads_in_a_row = 32;
}

Association::Association(boost::asio::io_context& io, Turn& turn, Owner& owner, std::size_t largest_message,
                         std::span<char> scratch)
    : turn_{turn}, owner_{owner}, largest_{largest_message}, scratch_{scratch}, descriptor_{io}, timer_{io} {}

bool Association::set_up(std::string& why) {
    local_ = socket_.local();
    peer_ = socket_.peer();
    if (!local_.empty() && !peer_.empty()) {
        state_ = State::Up;
        return true;
    }
    why = "the association has no addresses any more";
    return false;
}

bool Association::adopt(Socket socket, std::string& why) {
    socket_ = std::move(socket);
    error_code error;
    descriptor_.assign(socket_.descriptor(), error);
    if (error) {
        why = error.message();
        return false;
    }
    if (!set_up(why)) {
        close();
        return false;
    }
    await_readable();
    return true;
}

void Association::connect(const SctpEndpoint& to, const std::optional<SctpEndpoint>& from,
                          Duration patience) {
    state_ = State::Connecting;
    const auto v6 = [](const SctpEndpoint& e) {
        return std::any_of(e.addresses.begin(), e.addresses.end(),
                           [](const IpAddress& a) { return a.is_v6(); });
    };
    std::string why;
    auto socket = Socket::open(v6(to) || (from && v6(*from)));
    if (!socket) {
        why = socket.error();
    } else {
        socket_ = std::move(*socket);
        std::error_code error;
        if (from) error = socket_.bind(*from);
        if (!error) error = socket_.connect(to);
        error_code unassigned;
        if (!error || would_block(error)) descriptor_.assign(socket_.descriptor(), unassigned);
        if (error && !would_block(error)) why = error.message();
        if (unassigned) why = unassigned.message();
    }
    if (!why.empty()) {  // told like every other failure: later
        boost::asio::post(descriptor_.get_executor(), [this, alive = owner_.association_owner(), why] {
            if (state_ == State::Connecting) down(why);
        });
        return;
    }
    timer_.expires_after(patience);
    timer_.async_wait([this, alive = owner_.association_owner()](const error_code& cancelled) {
        if (!cancelled && state_ == State::Connecting) down("connect timed out");
    });
    descriptor_.async_wait(stream_descriptor::wait_write,
                           [this, alive = owner_.association_owner()](const error_code& error) {
                               if (error || state_ != State::Connecting) return;
                               connected();
                           });
}

void Association::connected() {
    timer_.cancel();
    std::string why;
    if (const auto error = socket_.take_error()) return down(error.message());
    if (!set_up(why)) return down(why);
    const Turn::Scope turn{turn_};
    owner_.association_up();
    if (state_ == State::Up) await_readable();
}

void Association::await_readable() {
    descriptor_.async_wait(stream_descriptor::wait_read,
                           [this, alive = owner_.association_owner()](const error_code& error) {
                               if (error || state_ != State::Up) return;
                               read();
                               if (state_ == State::Up) await_readable();
                           });
}

void Association::read() {
    const Turn::Scope turn{turn_};
    for (int i = 0; i < reads_in_a_row && state_ == State::Up; ++i) {
        Socket::Piece piece;
        const auto error = socket_.receive(scratch_, piece);
        const bool nothing = would_block(error);
        // The messages that failed with the association are told behind its end.
        if (!ended_.empty() && (error || (piece.octets == 0 && !piece.notification)))
            return down(error && !nothing ? ended_ + " (" + error.message() + ")" : ended_);
        if (nothing) return;
        if (error) return down(error.message());
        if (piece.octets == 0 && !piece.notification) return down("closed by the peer");
        take_piece(piece);
    }
}

// A message longer than what we read at once, or than what the kernel keeps for us, comes in pieces, and no
// other one comes in between (RFC 6458 8.1.20: level 0, which is what one-to-one sockets have).
void Association::take_piece(const Socket::Piece& piece) {
    const std::string_view octets{scratch_.data(), piece.octets};
    if (piece.notification) {
        if (!std::exchange(amid_notification_, !piece.last)) take_notification(octets);
        return;
    }
    if (partial_.empty() && !too_long_ && piece.last && octets.size() <= largest_)
        return owner_.association_message(octets, true);
    const auto room = largest_ - std::min(largest_, partial_.size());
    too_long_ = too_long_ || octets.size() > room;
    partial_.append(octets.substr(0, room));
    if (!piece.last) return;
    const auto message = std::exchange(partial_, {});
    owner_.association_message(message, !std::exchange(too_long_, false));
}

void Association::take_notification(std::string_view octets) {
    const auto notification = parse_notification(octets);
    if (!notification) return;
    std::visit(overloaded{
                   [](const AssociationUp&) {},
                   // What SIP and Diameter know of their peer is void: its end is one of this association.
                   [this](const AssociationRestarted&) { down("the peer has restarted"); },
                   [this](const AssociationEnded& ended) { ended_ = ended.reason; },
                   [this](const PathChanged& path) { owner_.association_path(path); },
                   [this](const SendFailed& failed) { owner_.association_unsent(failed); },
                   [](const PeerShutsDown&) {},  // the end of it follows
                   [this](const DeliveryAborted&) {
                       partial_.clear();
                       too_long_ = false;
                   },
               },
               *notification);
}

Association::Sent Association::send(std::string_view message, const Socket::Sending& how) {
    if (state_ != State::Up) return Sent::Broken;
    const auto error = socket_.send(message, how);
    if (!error) return Sent::Yes;
    if (would_block(error)) return Sent::Full;
    boost::asio::post(descriptor_.get_executor(),
                      [this, alive = owner_.association_owner(), why = error.message()] {
                          if (state_ == State::Up) down(why);
                      });
    return Sent::Broken;
}

void Association::await_writable() {
    descriptor_.async_wait(stream_descriptor::wait_write,
                           [this, alive = owner_.association_owner()](const error_code& error) {
                               if (error || state_ != State::Up) return;
                               owner_.association_writable();
                           });
}

void Association::down(std::string reason) {
    const auto alive = owner_.association_owner();
    close();
    owner_.association_down(reason);
}

void Association::close() {
    if (state_ == State::Down) return;
    state_ = State::Down;
    timer_.cancel();
    if (descriptor_.is_open()) descriptor_.release();  // Socket closes it
    socket_.close();
}

}  // namespace ims::sctp
