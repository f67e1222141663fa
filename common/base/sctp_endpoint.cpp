#include "common/base/sctp_endpoint.hpp"

#include <algorithm>

namespace ims {

std::optional<SctpEndpoint> SctpEndpoint::parse(std::string_view text) {
    SctpEndpoint endpoint;
    const auto take = [&endpoint](const IpAddress& address) {
        const auto& known = endpoint.addresses;
        if (std::find(known.begin(), known.end(), address) != known.end()) return false;
        endpoint.addresses.push_back(address);
        return true;
    };
    for (auto comma = text.find(','); comma != text.npos; comma = text.find(',')) {
        const auto word = text.substr(0, comma);
        // As in front of a port, an IPv6 address has brackets.
        const auto address = address_literal(word);
        if (!address || (address->is_v6() && !word.starts_with('[')) || !take(*address)) return {};
        text.remove_prefix(comma + 1);
    }
    const auto last = IpEndpoint::parse(text);
    if (!last || !take(last->address)) return {};
    endpoint.port = last->port;
    return endpoint;
}

std::string SctpEndpoint::text() const {
    std::string all;
    for (const auto& address : addresses) all += (all.empty() ? "" : ",") + address.uri_text();
    return all + ":" + std::to_string(port);
}

}  // namespace ims
