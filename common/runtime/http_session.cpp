#include "common/runtime/http_session.hpp"

#include "common/sip/net/socket_address.hpp"

#include <atomic>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace ims::runtime {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr Duration linger_time = 2s;
constexpr std::size_t linger_octets = 1 << 20;

}  // namespace

// Given to the handler, perhaps to another thread. The first of a reply and its own end counts.
struct HttpSession::Answer {
    Answer(std::weak_ptr<HttpSession> s, std::uint64_t r) : session{std::move(s)}, request{r} {}
    ~Answer() {
        if (!given) give({500, "no answer\n"});
    }
    void give(HttpResponse reply) {
        if (given.exchange(true)) return;
        auto alive = session.lock();
        if (!alive) return;
        const auto executor = alive->stream_.get_executor();
        // The session moves along: its last reference must not end on a foreign thread.
        boost::asio::post(executor,
                          [alive = std::move(alive), r = request, reply = std::move(reply)]() mutable {
                              alive->on_reply(r, std::move(reply));
                          });
    }

    std::weak_ptr<HttpSession> session;
    std::uint64_t request;
    std::atomic<bool> given = false;
};

HttpSession::HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpHost> host)
    : host_{std::move(host)}, stream_{std::move(socket)}, handler_timer_{stream_.get_executor()} {
    error_code ignored;
    const auto peer = stream_.socket().remote_endpoint(ignored);
    remote_ = sip::endpoint_of(peer);
    stream_.socket().set_option(boost::asio::ip::tcp::no_delay{true}, ignored);
}

void HttpSession::read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(host_->config.header_octets));
    parser_->body_limit(host_->config.body_octets);
    stream_.expires_after(host_->config.idle_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, std::size_t) { self->on_header(error); });
}

void HttpSession::on_header(const error_code& error) {
    if (error) return refuse(error);
    if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";  // RFC 9110 10.1.1
    boost::asio::async_write(stream_, boost::asio::buffer(go_on),
                             [self = shared_from_this()](const error_code& e, std::size_t) {
                                 if (e) return self->close();
                                 self->read_body();
                             });
}

void HttpSession::read_body() {
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, std::size_t) { self->on_body(error); });
}

void HttpSession::on_body(const error_code& error) {
    if (error) return refuse(error);
    stream_.expires_never();
    dispatch();
}

void HttpSession::dispatch() {
    auto message = parser_->release();
    const bool keep_alive = message.keep_alive();
    head_ = message.method() == http::verb::head;
    HttpRequest request;
    request.method = std::string{message.method_string()};
    const std::string_view target{message.target()};
    const auto mark = target.find('?');
    request.raw_path = std::string{target.substr(0, mark)};
    if (mark != std::string_view::npos) request.query = std::string{target.substr(mark + 1)};
    const auto path = percent_decoded(request.raw_path);
    if (!path || !request.raw_path.starts_with('/')) {
        host_->refused(remote_, 400, "bad request target");
        return write({400, "bad request target\n"}, false);
    }
    request.path = *path;
    for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
    request.body = std::move(message.body());
    request.remote = remote_;

    response_.emplace();
    response_->version(message.version());
    response_->keep_alive(keep_alive);
    awaiting_reply_ = true;
    handler_timer_.expires_after(host_->config.handler_timeout);
    handler_timer_.async_wait([self = shared_from_this(), r = ++request_](const error_code& cancelled) {
        if (!cancelled) self->on_reply(r, {503, "no answer in time\n"});
    });
    auto answer = std::make_shared<Answer>(weak_from_this(), request_);
    host_->handle(std::move(request), [answer](HttpResponse reply) { answer->give(std::move(reply)); });
}

void HttpSession::on_reply(std::uint64_t request, HttpResponse reply) {
    if (closed_ || request != request_ || !std::exchange(awaiting_reply_, false)) return;
    handler_timer_.cancel();
    write(std::move(reply), response_->keep_alive());
}

void HttpSession::write(HttpResponse reply, bool keep_alive) {
    const unsigned version = response_ ? response_->version() : 11;
    response_.emplace(static_cast<http::status>(reply.status), version);
    for (const auto& [name, value] : reply.headers) response_->set(name, value);
    if (!reply.content_type.empty() && reply.status != 204)
        response_->set(http::field::content_type, reply.content_type);
    response_->body() = std::move(reply.body);
    response_->keep_alive(keep_alive);
    response_->prepare_payload();
    if (head_) response_->body().clear();  // RFC 9110 9.3.2: Content-Length as a GET would have it
    stream_.expires_after(host_->config.idle_timeout);
    http::async_write(stream_, *response_,
                      [self = shared_from_this(), keep_alive](const error_code& error, std::size_t) {
                          if (error) return self->close();
                          if (!keep_alive) return self->linger();
                          self->read_header();
                      });
}

void HttpSession::refuse(const error_code& error) {
    response_.reset();
    head_ = false;
    if (error == http::error::end_of_stream ||
        error.category() != make_error_code(http::error::bad_version).category())
        return close();
    int status = 400;
    if (error == http::error::header_limit) status = 431;
    if (error == http::error::body_limit) status = 413;
    host_->refused(remote_, status, error.message());
    write({status, error.message() + "\n"}, false);
}

// The peer may still be sending what we refused: closing now would reset the connection and take our answer
// with it.
void HttpSession::linger() {
    error_code ignored;
    stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    if (lingered_ == 0) stream_.expires_after(linger_time);
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(16 * 1024),
                            [self = shared_from_this()](const error_code& error, std::size_t n) {
                                self->lingered_ += n;
                                if (error || self->lingered_ > linger_octets) return self->close();
                                self->linger();
                            });
}

void HttpSession::close() {
    if (std::exchange(closed_, true)) return;
    handler_timer_.cancel();
    stream_.close();
    host_->ended(this);
}

}  // namespace ims::runtime
