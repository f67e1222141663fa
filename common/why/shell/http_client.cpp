#include "common/why/shell/http_client.hpp"

#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace ims::why {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint64_t largest_body = 256U << 20;

// One request from its connection to its end.
struct Exchange {
    boost::asio::io_context io;
    tcp::resolver resolver{io};
    beast::tcp_stream stream{io};
    http::request<http::string_body> request;
    http::response_parser<http::string_body> parser;
    beast::flat_buffer buffer;
    error_code error;

    void start(const HttpAddress& address, std::chrono::seconds timeout) {
        stream.expires_after(timeout);
        resolver.async_resolve(address.host, address.port,
                               [this](const error_code& e, const tcp::resolver::results_type& found) {
                                   if (fails(e)) return;
                                   stream.async_connect(found,
                                                        [this](const error_code& why, const tcp::endpoint&) {
                                                            if (!fails(why)) write();
                                                        });
                               });
    }

  private:
    bool fails(const error_code& e) {
        error = e;
        return static_cast<bool>(e);
    }
    void write() {
        http::async_write(stream, request, [this](const error_code& e, std::size_t) {
            if (!fails(e)) read();
        });
    }
    void read() {
        http::async_read(stream, buffer, parser, [this](const error_code& e, std::size_t) { fails(e); });
    }
};

}  // namespace

Result<HttpAnswer, Silence> ask(HttpMethod method, const HttpAddress& address, const std::string& target,
                                const std::string& body, std::chrono::seconds timeout) {
    Exchange exchange;
    const auto verb = method == HttpMethod::Get    ? http::verb::get
                      : method == HttpMethod::Post ? http::verb::post
                                                   : http::verb::delete_;
    exchange.request = {verb, target, 11};
    exchange.request.set(http::field::host, address.text());
    exchange.request.set(http::field::connection, "close");
    if (!body.empty()) {
        exchange.request.set(http::field::content_type, "application/json");
        exchange.request.body() = body;
        exchange.request.prepare_payload();
    }
    exchange.parser.body_limit(largest_body);
    exchange.start(address, timeout);
    exchange.io.run();
    if (exchange.error) return Silence{exchange.error.message()};
    auto response = exchange.parser.release();
    return HttpAnswer{static_cast<int>(response.result_int()), std::move(response.body())};
}

Result<HttpBody, Silence> get(const HttpAddress& address, const std::string& target,
                              std::chrono::seconds timeout) {
    auto answer = ask(HttpMethod::Get, address, target, {}, timeout);
    if (!answer) return answer.error();
    if (answer->status == 200) return HttpBody{std::move(answer->body)};
    const auto said = answer->first_line();
    return Silence{"answered " + std::to_string(answer->status) + (said.empty() ? "" : ": " + said)};
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        const bool plain = (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
                           (octet >= 'a' && octet <= 'z') || c == '-' || c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        out += '%';
        out += digits[octet >> 4];
        out += digits[octet & 15U];
    }
    return out;
}

}  // namespace ims::why
