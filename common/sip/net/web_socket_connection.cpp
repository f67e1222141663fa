#include "common/sip/net/web_socket_connection.hpp"

#include "common/base/text.hpp"
#include "common/sip/net/refusal.hpp"

#include <algorithm>
#include <optional>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace ims::sip {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

// What Boost.Beast wants to know of a stream of ours.
void beast_close_socket(OctetStream& stream) {
    stream.close();
}
void teardown(boost::beast::role_type, OctetStream& stream, error_code& error) {
    stream.end();
    error = {};
}
template <class Handler>
void async_teardown(boost::beast::role_type, OctetStream& stream, Handler&& handler) {
    stream.end();
    boost::asio::post(stream.get_executor(),
                      boost::beast::bind_front_handler(std::forward<Handler>(handler), error_code{}));
}

namespace {

constexpr std::string_view subprotocol = "sip";  // RFC 7118 4.1
constexpr std::uint32_t upgrade_octets = 16384;  // browsers send cookies
constexpr std::string_view double_crlf = "\r\n\r\n";

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto at = [&](std::size_t n) {
            return n < text.size() ? static_cast<std::uint8_t>(text[n]) : 0U;
        };
        const unsigned first = at(i);
        if (first < 0x80) {
            ++i;
            continue;
        }
        const std::size_t more = first >= 0xC2 && first < 0xE0   ? 1
                                 : first >= 0xE0 && first < 0xF0 ? 2
                                 : first >= 0xF0 && first < 0xF5 ? 3
                                                                 : 0;
        if (more == 0) return false;
        for (std::size_t n = 1; n <= more; ++n)
            if ((at(i + n) & 0xC0U) != 0x80) return false;
        const unsigned second = at(i + 1);
        // Too long a form, a surrogate, or beyond the last character (RFC 3629 4).
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
            return false;
        i += more + 1;
    }
    return true;
}

template <class Fields>
bool offers_sip(const Fields& fields) {
    for (const auto& field : fields) {
        if (field.name() != http::field::sec_websocket_protocol) continue;
        for (const auto& token : http::token_list{field.value()})
            if (token == subprotocol) return true;
    }
    return false;
}

}  // namespace

struct WebSocketConnection::Beast {
    explicit Beast(OctetStream& stream) : socket{stream} {}

    websocket::stream<OctetStream&, false> socket;  // without compression
    boost::beast::flat_buffer buffer;
    std::optional<http::request_parser<http::empty_body>> upgrade;
    std::optional<http::response<http::string_body>> refusal;
    websocket::response_type answer;
};

WebSocketConnection::WebSocketConnection(Transport transport, boost::asio::ip::tcp::socket socket,
                                         SslPointer ssl, Wire& wire, std::uint64_t id)
    : StreamConnection{transport, std::move(socket), std::move(ssl), wire, id},
      beast_{std::make_unique<Beast>(stream_)} {
    beast_->socket.read_message_max(wire.config.message_octets);
    beast_->socket.auto_fragment(false);  // a message is one frame
    // A peer that is there answers pings (RFC 6455 5.5.2); a browser that is gone does not.
    beast_->socket.set_option(
        websocket::stream_base::timeout{wire.config.handshake_timeout, wire.config.idle_timeout, true});
}

WebSocketConnection::~WebSocketConnection() = default;

void WebSocketConnection::begin() {
    if (accepted_)
        read_upgrade();
    else
        ask_upgrade();
}

// ---- the opening handshake (RFC 6455 4, RFC 7118 4)

void WebSocketConnection::read_upgrade() {
    beast_->upgrade.emplace();
    beast_->upgrade->header_limit(upgrade_octets);
    http::async_read_header(stream_, beast_->buffer, *beast_->upgrade,
                            [self = self<WebSocketConnection>()](const error_code& error, std::size_t) {
                                self->on_upgrade(error);
                            });
}

void WebSocketConnection::on_upgrade(const error_code& error) {
    if (state_ != State::Connecting) return;
    if (error && error.category() != make_error_code(http::error::bad_version).category())
        return close(stream_.text(error));
    if (error == http::error::end_of_stream || error == http::error::partial_message)
        return close("closed by the peer");
    if (error) return refuse_upgrade(400, "no HTTP request: " + error.message());
    const auto& request = beast_->upgrade->get();
    const auto& config = wire_.config.web_socket;
    const std::string target{request.target()};
    if (!config.path.empty() && target.substr(0, target.find('?')) != config.path)
        return refuse_upgrade(404, "nothing at " + target + ", SIP is at " + config.path);
    if (!websocket::is_upgrade(request))
        return refuse_upgrade(426, "this is SIP over WebSocket (RFC 7118), not a web page");
    if (request[http::field::sec_websocket_version] != "13")
        return refuse_upgrade(426, "only version 13 of the WebSocket protocol is spoken here");
    if (!offers_sip(request)) return refuse_upgrade(400, "Sec-WebSocket-Protocol does not offer sip");
    const std::string origin{request[http::field::origin]};
    const auto allowed = [&](const std::string& o) { return iequals(o, origin); };
    // RFC 6455 10.2: only browsers say where a page comes from, and only pages are kept out by it.
    if (!origin.empty() && !config.origins.empty() &&
        std::none_of(config.origins.begin(), config.origins.end(), allowed))
        return refuse_upgrade(403, "pages of " + origin + " may not use this");
    beast_->socket.set_option(websocket::stream_base::decorator([](websocket::response_type& answer) {
        answer.set(http::field::sec_websocket_protocol, subprotocol);
        answer.set(http::field::server, "IMS");  // else Beast names itself and its version
    }));
    beast_->socket.async_accept(request, [self = self<WebSocketConnection>()](const error_code& failed) {
        if (self->state_ != State::Connecting) return;
        if (failed) return self->close(self->text(failed));
        self->begin_messages();
    });
}

void WebSocketConnection::refuse_upgrade(unsigned status, std::string_view reason) {
    auto& answer = beast_->refusal.emplace(static_cast<http::status>(status), 11);
    answer.keep_alive(false);
    answer.set(http::field::content_type, "text/plain");
    if (status == 426) {
        answer.set(http::field::upgrade, "websocket");
        answer.set(http::field::connection, "Upgrade, close");
        answer.set(http::field::sec_websocket_version, "13");
        answer.set(http::field::sec_websocket_protocol, subprotocol);
    }
    answer.body() = std::string{reason} + "\n";
    answer.prepare_payload();
    http::async_write(stream_, answer,
                      [self = self<WebSocketConnection>(),
                       why = "HTTP " + std::to_string(status) + ": " + std::string{reason}](
                          const error_code& error, std::size_t) {
                          if (self->state_ != State::Connecting) return;
                          if (!error) self->stream_.end();
                          self->close(why);
                      });
}

void WebSocketConnection::ask_upgrade() {
    const auto path = wire_.config.web_socket.path.empty() ? "/" : wire_.config.web_socket.path;
    beast_->socket.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
        request.set(http::field::sec_websocket_protocol, subprotocol);
        request.set(http::field::user_agent, "IMS");
    }));
    beast_->socket.async_handshake(
        beast_->answer, host_.empty() ? flow_.remote.text() : host_, path,
        [self = self<WebSocketConnection>()](const error_code& error) {
            if (self->state_ != State::Connecting) return;
            auto& answer = self->beast_->answer;
            if (error == websocket::error::upgrade_declined)
                return self->close("HTTP " + std::to_string(answer.result_int()) + ": " +
                                   std::string{trim(answer.body())});
            if (error) return self->close(self->text(error));
            if (!offers_sip(answer))
                return self->close("the server does not speak sip (Sec-WebSocket-Protocol)");
            answer = {};
            self->begin_messages();
        });
}

// ---- messages

void WebSocketConnection::begin_messages() {
    beast_->upgrade.reset();
    beast_->buffer = {};
    beast_->socket.control_callback([this](websocket::frame_type, boost::beast::string_view) {
        ++wire_.counters.keepalives;
        active_ = clock_now();
    });
    open();
    if (state_ == State::Open) read();
}

void WebSocketConnection::read() {
    beast_->socket.async_read(
        beast_->buffer,
        [self = self<WebSocketConnection>()](const error_code& error, std::size_t) { self->on_read(error); });
}

void WebSocketConnection::on_read(const error_code& error) {
    if (state_ != State::Open) return;
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
        refused(1009, "message too large");
    else if (error.category() == make_error_code(websocket::error::bad_opcode).category() &&
             error != websocket::error::closed)
        refused(1002, error.message());
    if (error) return close(text(error));
    message_began_.reset();
    active_ = clock_now();
    std::string message{static_cast<const char*>(beast_->buffer.data().data()), beast_->buffer.size()};
    beast_->buffer = {};  // an idle connection keeps none
    wire_.counters.octets_received += message.size();
    {
        const Turn::Scope turn{wire_.turn};
        take(std::move(message));
    }
    if (state_ == State::Open) read();
}

void WebSocketConnection::take(std::string message) {
    if (is_keepalive(message)) {
        ++wire_.counters.keepalives;
        static const Buffer pong = make_buffer("\r\n");  // RFC 5626 4.4.1, RFC 7118 6
        if (message.starts_with(double_crlf)) send(0, pong);
        return;
    }
    if (count_header_lines(message, wire_.config.header_lines) > wire_.config.header_lines) {
        constexpr std::string_view reason = "Too Many Headers";
        refused(400, reason);
        if (auto answer =
                refusal(std::string_view{message}.substr(0, message.find(double_crlf) + 4), 400, reason))
            send(0, make_buffer(std::move(*answer)));
        return;
    }
    ++wire_.counters.of(flow_.transport).received;
    wire_.received(make_buffer(std::move(message)), flow_);
}

// One after the other: a message is a frame, and frames are not interleaved.
void WebSocketConnection::flush() {
    if (!can_flush() || queue_.empty()) return;
    writing_ = true;
    const auto bytes = queue_.front().bytes;
    // RFC 7118 5: browsers fail a text frame that is not UTF-8 (RFC 6455 8.1).
    beast_->socket.text(is_utf8(*bytes));
    beast_->socket.async_write(boost::asio::buffer(*bytes), [self = self<WebSocketConnection>(), bytes](
                                                                const error_code& error, std::size_t n) {
        self->writing_ = false;
        if (self->state_ != State::Open) return;
        if (error) return self->close(self->text(error));
        self->wire_.counters.octets_sent += n;
        self->active_ = clock_now();
        self->written(n);
        self->flush();
    });
}

// Beast's pings notice who is silent; what came of a message is seen here.
void WebSocketConnection::check(TimePoint now) {
    if (state_ != State::Open) return;
    if (beast_->buffer.size() == 0)
        message_began_.reset();
    else if (!message_began_)
        message_began_ = now;
    StreamConnection::check(now);
}

// The close frame leaves at once if it can leave without waiting; nobody waits for the answer.
void WebSocketConnection::say_goodbye() {
    if (writing_ || !stream_.socket().is_open() || !beast_->socket.is_open()) return;
    beast_->socket.async_close(websocket::close_code::going_away,
                               [self = self<WebSocketConnection>()](const error_code&) {});
}

std::string WebSocketConnection::text(const error_code& error) const {
    if (error == websocket::error::closed) return "closed by the peer";
    if (error == boost::beast::error::timeout) return "idle";
    return stream_.text(error);
}

}  // namespace ims::sip
