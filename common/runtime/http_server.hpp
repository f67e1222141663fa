#pragma once
#include "common/base/ip.hpp"
#include "common/base/note.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace ims::runtime {

struct HttpRequest {
    std::string method;  // "GET"
    std::string
        path;  // percent-decoded; segments() decodes after splitting and so keeps an escaped "/" inside one
    std::string raw_path;
    std::string query;  // without "?", as sent
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    IpEndpoint remote;

    std::string_view header(std::string_view name) const;               // any case; empty if absent
    std::optional<std::string> parameter(std::string_view name) const;  // of the query, decoded
    std::vector<std::string> segments() const;                          // "/a/b%2Fc" -> {"a", "b/c"}
};

struct HttpResponse {
    int status = 200;
    std::string body{};
    std::string content_type = "text/plain; charset=utf-8";
    std::vector<std::pair<std::string, std::string>> headers{};
};

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);

struct HttpConfig {
    std::size_t header_octets = 16 * 1024;  // beyond: 431
    std::size_t body_octets = 64 * 1024;    // beyond: 413
    std::size_t connections = 256;          // beyond: closed at once
    Duration idle_timeout = 30s;     // waiting for a request on a kept connection, or for the rest of one
    Duration handler_timeout = 30s;  // without a reply: 503
};

// HTTP/1.1 (RFC 9112) on the process' loop: keep-alive, one request at a time per connection. No TLS: it
// listens on loopback unless told otherwise.
class HttpServer {
  public:
    // Called once, from any thread; a second call does nothing. Dropped unused: 500.
    using Reply = std::function<void(HttpResponse)>;
    using Handler = std::function<void(HttpRequest, Reply)>;  // on the loop
    using NoteSink = std::function<void(Note)>;

    HttpServer(boost::asio::io_context& io, HttpConfig config, Handler handler, NoteSink notes = {});
    ~HttpServer();  // closes everything
    Result<IpEndpoint, std::string> listen(
        const IpEndpoint& at);  // where it listens (port 0: any free one), or why not
    void close();               // listeners; what is being answered goes on
    std::size_t connections() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::runtime
