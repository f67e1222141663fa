#include "hss/shell/ctl_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace ims::hss {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;

CtlClient::CtlClient(std::string url, std::string token) : token_{std::move(token)} {
    const std::string scheme = "http://";
    if (!url.starts_with(scheme))
        throw CtlError{"the API's address must start with http://, this does not: " + url};
    auto rest = url.substr(scheme.size());
    rest = rest.substr(0, rest.find('/'));
    const auto colon = rest.rfind(':');
    const bool has_port = colon != rest.npos && rest.find(']', colon) == rest.npos;
    host_ = rest.substr(0, has_port ? colon : rest.npos);
    port_ = has_port ? rest.substr(colon + 1) : "8081";
}

nlohmann::json CtlClient::call(const std::string& method, const std::string& path, const std::string& body,
                               const std::string& content_type) const {
    try {
        boost::asio::io_context io;
        auto bare = host_;
        if (bare.starts_with('[')) bare = bare.substr(1, bare.size() - 2);
        beast::tcp_stream stream{io};
        stream.connect(tcp::resolver{io}.resolve(bare, port_));

        http::request<http::string_body> request{http::string_to_verb(method), path, 11};
        request.set(http::field::host, host_ + ":" + port_);
        request.set(http::field::authorization, "Bearer " + token_);
        request.set(http::field::content_type, content_type);
        request.body() = body;
        request.prepare_payload();
        http::write(stream, request);

        beast::flat_buffer buffer;
        http::response_parser<http::string_body> parser;
        parser.body_limit(std::uint64_t{1} << 30);
        http::read(stream, buffer, parser);
        const auto response = parser.release();
        auto json = nlohmann::json::parse(response.body(), nullptr, false);
        if (json.is_discarded()) json = nullptr;
        if (response.result_int() / 100 != 2) {
            if (json.is_object() && json.contains("detail"))
                throw CtlError{json.value("title", "refused") + ": " + json["detail"].get<std::string>()};
            throw CtlError{"the API answered with status " + std::to_string(response.result_int())};
        }
        return json;
    } catch (const boost::system::system_error& e) {
        throw CtlError{"cannot reach the API at " + host_ + ":" + port_ + " (" + e.code().message() +
                       "): is hss running, and is --api right?"};
    }
}

std::string path_escaped(const std::string& segment) {
    static const char* digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : segment) {
        const auto u = static_cast<unsigned char>(c);
        if (std::isalnum(u) || c == '-' || c == '_' || c == '.' || c == '~' || c == '@') {
            out += c;
        } else {
            out += '%';
            out += digits[u >> 4];
            out += digits[u & 15U];
        }
    }
    return out;
}

}  // namespace ims::hss
