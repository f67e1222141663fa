#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ims::diameter {

// A DiameterURI (RFC 6733 4.3.1): "aaa://host.example.com:6666;transport=tcp".
struct Uri {
    std::string fqdn;
    std::uint16_t port = 3868;  // 5658 for aaas
    bool secure = false;
    std::string transport = "tcp";
    std::string protocol = "diameter";

    static std::optional<Uri> parse(std::string_view text);
    bool operator==(const Uri&) const = default;
};

}  // namespace ims::diameter
