#include "common/runtime/http_server.hpp"

#include "common/base/text.hpp"
#include "common/runtime/http_session.hpp"
#include "common/sip/net/socket_address.hpp"

#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::runtime {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr Duration accept_pause = 100ms;  // after an error that would only repeat (out of descriptors)

int nibble(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = nibble(text[i + 1]), low = nibble(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::string_view HttpRequest::header(std::string_view name) const {
    for (const auto& [n, value] : headers)
        if (iequals(n, name)) return value;
    return {};
}

std::optional<std::string> HttpRequest::parameter(std::string_view name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const auto equal = pair.find('=');
        if (percent_decoded(pair.substr(0, equal), true) != name) continue;
        return percent_decoded(equal == std::string_view::npos ? std::string_view{} : pair.substr(equal + 1),
                               true);
    }
    return std::nullopt;
}

std::vector<std::string> HttpRequest::segments() const {
    std::vector<std::string> all;
    std::string_view rest = raw_path;
    while (!rest.empty()) {
        rest.remove_prefix(rest.front() == '/' ? 1 : 0);
        const auto segment = rest.substr(0, rest.find('/'));
        if (!segment.empty()) all.push_back(percent_decoded(segment).value_or(std::string{segment}));
        rest.remove_prefix(segment.size());
    }
    return all;
}

struct HttpServer::Impl final : HttpHost, std::enable_shared_from_this<HttpServer::Impl> {
    struct Listener {
        explicit Listener(boost::asio::io_context& io) : acceptor{io}, pause{io} {}
        tcp::acceptor acceptor;
        boost::asio::steady_timer pause;
    };

    Impl(boost::asio::io_context& io_context, HttpConfig c, Handler h, NoteSink n)
        : HttpHost{c}, io{io_context}, handler{std::move(h)}, notes{std::move(n)} {}

    void handle(HttpRequest request, Reply reply) override {
        if (handler) handler(std::move(request), std::move(reply));
    }
    void refused(const IpEndpoint& peer, int status, std::string_view reason) override {
        if (!notes) return;
        notes(Note{Severity::Warning, "http.request.refused"}
                  .with("peer", peer.text())
                  .with("status", std::to_string(status))
                  .with("reason", std::string{reason}));
    }
    void ended(HttpSession* session) override {
        std::erase_if(sessions, [&](const auto& s) { return s.get() == session; });
    }

    void accept(std::shared_ptr<Listener> listener);
    void close_listeners() {
        error_code ignored;
        for (const auto& l : listeners) {
            l->acceptor.close(ignored);
            l->pause.cancel();
        }
        listeners.clear();
    }

    boost::asio::io_context& io;
    Handler handler;
    NoteSink notes;
    std::vector<std::shared_ptr<Listener>> listeners;
    std::vector<std::shared_ptr<HttpSession>> sessions;
};

void HttpServer::Impl::accept(std::shared_ptr<Listener> listener) {
    auto& acceptor = listener->acceptor;
    acceptor.async_accept([self = shared_from_this(), listener](const error_code& error, tcp::socket socket) {
        if (!listener->acceptor.is_open()) return;
        if (error == boost::asio::error::no_descriptors || error == boost::asio::error::no_buffer_space) {
            self->refused({}, 0, error.message());
            listener->pause.expires_after(accept_pause);
            listener->pause.async_wait([self, listener](const error_code& cancelled) {
                if (!cancelled) self->accept(listener);
            });
            return;
        }
        if (!error) {
            if (self->sessions.size() < self->config.connections) {
                self->sessions.push_back(std::make_shared<HttpSession>(std::move(socket), self));
                self->sessions.back()->start();
            } else {
                error_code ignored;
                const auto peer = socket.remote_endpoint(ignored);
                self->refused(sip::endpoint_of(peer), 0, "connections: limit reached");
            }
        }
        self->accept(listener);
    });
}

HttpServer::HttpServer(boost::asio::io_context& io, HttpConfig config, Handler handler, NoteSink notes)
    : impl_{std::make_shared<Impl>(io, config, std::move(handler), std::move(notes))} {}

HttpServer::~HttpServer() {
    impl_->close_listeners();
    impl_->handler = {};
    impl_->notes = {};
    for (const auto& session : std::exchange(impl_->sessions, {})) session->close();
}

Result<IpEndpoint, std::string> HttpServer::listen(const IpEndpoint& at) {
    auto listener = std::make_shared<Impl::Listener>(impl_->io);
    auto& acceptor = listener->acceptor;
    const auto endpoint = sip::asio_endpoint<tcp>(at);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error && at.address.is_v6()) acceptor.set_option(boost::asio::ip::v6_only{true}, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    IpEndpoint local;
    if (!error) local = sip::endpoint_of(acceptor.local_endpoint(error));
    if (error) return error.message();
    impl_->listeners.push_back(listener);
    impl_->accept(listener);
    return local;
}

void HttpServer::close() {
    impl_->close_listeners();
}
std::size_t HttpServer::connections() const {
    return impl_->sessions.size();
}

}  // namespace ims::runtime
