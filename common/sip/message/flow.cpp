#include "common/sip/message/flow.hpp"

#include "common/base/text.hpp"

#include <array>

namespace ims::sip {

namespace {

constexpr std::array<std::string_view, 6> transports{"UDP", "TCP", "TLS", "SCTP", "WS", "WSS"};
static_assert(transports.size() == static_cast<std::size_t>(Transport::Wss) + 1);

}  // namespace

std::string_view transport_text(Transport t) {
    return transports[static_cast<std::size_t>(t)];
}

std::optional<Transport> parse_transport(std::string_view text) {
    for (std::size_t i = 0; i < transports.size(); ++i)
        if (transports[i] == text) return static_cast<Transport>(i);  // as nearly everybody writes it
    for (std::size_t i = 0; i < transports.size(); ++i)
        if (iequals(transports[i], text)) return static_cast<Transport>(i);
    return std::nullopt;
}

std::string Flow::text() const {
    std::string out;
    out.reserve(64);
    return out.append(transport_text(transport))
        .append(" ")
        .append(local.text())
        .append("-")
        .append(remote.text());
}

std::string Target::text() const {
    auto out = std::string{transport_text(transport)} + " ";
    if (local) out += local->text() + "-";
    return out + remote.text();
}

}  // namespace ims::sip
