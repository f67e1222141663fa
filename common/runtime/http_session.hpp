#pragma once
#include "common/runtime/http_server.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace ims::runtime {

class HttpSession;

// What a session wants of its server.
class HttpHost {
  public:
    explicit HttpHost(HttpConfig c) : config{c} {}
    virtual ~HttpHost() = default;
    virtual void handle(HttpRequest request, HttpServer::Reply reply) = 0;
    virtual void refused(const IpEndpoint& peer, int status, std::string_view reason) = 0;
    virtual void ended(HttpSession* session) = 0;
    const HttpConfig config;
};

// One connection: reads a request, waits for its reply, writes it, and again.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
  public:
    HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpHost> host);
    void start() { read_header(); }
    void close();

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using Response = boost::beast::http::response<boost::beast::http::string_body>;
    struct Answer;

    void read_header();
    void on_header(const boost::system::error_code& error);
    void read_body();
    void on_body(const boost::system::error_code& error);
    void dispatch();
    void on_reply(std::uint64_t request, HttpResponse reply);
    void write(HttpResponse reply, bool keep_alive);
    void refuse(const boost::system::error_code& error);
    void linger();

    std::shared_ptr<HttpHost> host_;
    boost::beast::tcp_stream stream_;
    boost::asio::steady_timer handler_timer_;
    IpEndpoint remote_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    std::optional<Response> response_;
    std::uint64_t request_ = 0;  // counts them; a late reply names one that is over
    std::size_t lingered_ = 0;
    bool awaiting_reply_ = false;
    bool head_ = false;  // the request was a HEAD
    bool closed_ = false;
};

}  // namespace ims::runtime
