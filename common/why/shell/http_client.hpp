#pragma once
#include "common/why/entry.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace ims::why {

// GET of an admin port: the body of a 200, or why there is none.
struct HttpAddress {
    std::string host, port;  // "127.0.1.10" (or "::1"), "9090"
    std::string text() const {
        return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
    }
};
struct HttpBody {
    std::string text;
};
Result<HttpBody, Silence> get(const HttpAddress& address, const std::string& target,
                              std::chrono::seconds timeout);
// Any request, and whatever was answered; Silence if nothing was.
struct HttpAnswer {
    int status = 0;
    std::string body;
    std::string first_line() const { return body.substr(0, body.find('\n')); }
};
enum class HttpMethod : std::uint8_t { Get, Post, Delete };
Result<HttpAnswer, Silence> ask(HttpMethod method, const HttpAddress& address, const std::string& target,
                                const std::string& body, std::chrono::seconds timeout);
std::string percent_encoded(std::string_view text);

}  // namespace ims::why
