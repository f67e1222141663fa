#include "common/diameter/net/sctp_connection.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace ims::diameter {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr std::uint32_t payload_protocol = 46;       // RFC 6733 11.5: Diameter in a SCTP DATA chunk
constexpr Duration connect_patience = 30s;           // the Node's own is shorter
constexpr Duration last_words = 1s;                  // for the peer to read our last words
constexpr std::size_t max_queue = 32 * 1024 * 1024;  // a peer that does not read is as good as gone
}  // namespace

SctpConnection::SctpConnection(asio::io_context& io, Turn& turn, const Connection::Owner& owner,
                               std::size_t max_message, std::vector<IpAddress> from)
    : Connection{owner, max_message},
      association_{io, turn, *this, max_message, scratch_},
      resolver_{io},
      linger_{io},
      from_{std::move(from)} {}

void SctpConnection::connect(const Connect& to) {
    to_.port = to.port;
    hosts_ = to.further_hosts;
    hosts_.insert(hosts_.begin(), to.host);
    resolve();
}

// One host after the other; those that have no address do not matter if another one has.
void SctpConnection::resolve() {
    if (hosts_.empty()) {
        if (to_.addresses.empty()) return fail("no address");
        std::optional<SctpEndpoint> from;
        if (!from_.empty()) from = SctpEndpoint{from_, 0};
        return association_.connect(to_, from, connect_patience);
    }
    const auto host = hosts_.front();
    hosts_.erase(hosts_.begin());
    resolver_.async_resolve(
        host, {}, [self = self()](const error_code& error, const Resolver::results_type& found) {
            if (self->gone_ || self->closing_) return;
            if (error && self->hosts_.empty() && self->to_.addresses.empty())
                return self->fail(error.message());
            for (const auto& result : found) {
                const auto address = IpAddress::parse(result.endpoint().address().to_string());
                auto& known = self->to_.addresses;
                if (address && std::find(known.begin(), known.end(), *address) == known.end())
                    known.push_back(*address);
            }
            self->resolve();
        });
}

void SctpConnection::accept(sctp::Socket socket) {
    accepted_ = true;
    std::string why;
    // The owner is told in a later turn, as with every other connection.
    if (association_.adopt(std::move(socket), why))
        asio::post(linger_.get_executor(), [self = self()] { self->up(); });
    else
        asio::post(linger_.get_executor(), [self = self(), why] { self->fail(why); });
}

void SctpConnection::up() {
    if (gone_ || ready_) return;
    local_ = association_.local().front();
    remote_ = association_.peer().front();
    ready_ = true;
    owner_->ready(*this);
}

Node::Transport SctpConnection::transport() const {
    Node::Transport t;
    for (const auto& local : association_.local()) t.local.push_back(local.address);
    t.remote = remote_.text();
    return t;
}

void SctpConnection::association_message(std::string_view message, bool whole) {
    up();  // what has come may be read before the owner was told
    if (gone_ || closing_) return;
    ++received_;
    const auto* octets = reinterpret_cast<const std::uint8_t*>(message.data());
    framer_.push({octets, message.size()});
    owner_->readable(*this, framer_);
    // RFC 6733 2.1.1 has whole messages only; a part of one would be taken for the beginning of the next.
    if (!gone_ && !framer_.broken() && (!whole || framer_.waiting() > 0)) fail("not one whole message");
}

void SctpConnection::write(const Octets& octets) {
    if (gone_ || closing_) return;
    if (queued_octets_ + octets.size() > max_queue) {
        asio::post(linger_.get_executor(), [self = self()] { self->fail("it does not read"); });
        return;
    }
    queued_octets_ += octets.size();
    queue_.push_back(octets);
    if (std::exchange(flushing_, true)) return;
    if (!owner_->flushes(*this)) asio::post(linger_.get_executor(), [self = self()] { self->flush(); });
}

void SctpConnection::flush() {
    flushing_ = false;
    if (gone_ || awaiting_writable_) return;
    while (!queue_.empty()) {
        const auto& octets = queue_.front();
        // RFC 6733 2.1.1: what overtook a CEA would meet a peer that is not open yet.
        switch (association_.send(
            {reinterpret_cast<const char*>(octets.data()), octets.size()},
            {.payload_protocol = payload_protocol, .unordered = unordered(), .context = 0})) {
            case sctp::Association::Sent::Full:
                awaiting_writable_ = true;
                return association_.await_writable();
            case sctp::Association::Sent::Broken: return;  // its end follows
            case sctp::Association::Sent::Yes: break;
        }
        queued_octets_ -= octets.size();
        queue_.pop_front();
    }
    if (!closing_) return;
    linger_.cancel();
    // RFC 9260 9.2: all that was sent arrives before the association ends.
    asio::post(linger_.get_executor(), [self = self()] { self->fail("closed"); });
}

void SctpConnection::association_writable() {
    awaiting_writable_ = false;
    flush();
}

void SctpConnection::close() {
    if (gone_ || closing_) return;
    closing_ = true;
    if (!ready_) {
        asio::post(linger_.get_executor(), [self = self()] { self->fail("closed"); });
        return;
    }
    linger_.expires_after(last_words);
    linger_.async_wait([self = self()](const error_code& cancelled) {
        if (!cancelled) self->fail("closed");
    });
    if (!flushing_ && !awaiting_writable_) flush();
}

void SctpConnection::fail(const std::string& reason) {
    if (gone_) return;
    abandon();
    if (ready_)
        owner_->gone(*this, reason);
    else
        owner_->failed(*this, reason);
}

void SctpConnection::abandon() {
    gone_ = true;
    resolver_.cancel();
    linger_.cancel();
    association_.close();
}

}  // namespace ims::diameter
