#pragma once
#include "common/why/entry.hpp"

#include <chrono>
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
std::string percent_encoded(std::string_view text);

}  // namespace ims::why
