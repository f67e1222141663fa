#include "common/sip/proxy/via.hpp"

#include "common/base/result.hpp"
#include "common/base/text.hpp"

namespace ims::sip {

Transport transport_of(const Destination& to) {
    return std::visit([](const auto& d) { return d.transport; }, to);
}

std::string destination_text(const Destination& to) {
    return std::visit([](const auto& d) { return d.text(); }, to);
}

ViaValue note_source(Message& request, const Flow& flow) {
    const auto via = request.top_via();
    const auto line = request.raw(HeaderId::Via).value_or(std::string_view{});
    const auto value = trim(line.substr(0, codec::first_value_length(line)));
    const auto address = flow.remote.address.text();
    const bool asks_for_port = via.params.has("rport");
    std::string text;
    // Mostly there is nothing but the wish for rport, at the end: what else is in it stays as it is written.
    if (!via.params.has("received") && (!asks_for_port || value.ends_with(";rport"))) {
        text.reserve(value.size() + 32 + address.size());
        text += value;
        if (asks_for_port) text += '=' + std::to_string(flow.remote.port);
        text += ";received=";
        text += address;
    } else {
        auto noted = via;
        noted.params.set("received", address);
        if (asks_for_port) noted.params.set("rport", std::to_string(flow.remote.port));
        codec::print(noted, text);
    }
    request.replace_first_value(HeaderId::Via, text);
    return via;
}

bool asks_for_sigcomp(const Params& params) {
    const auto comp = params.get("comp");
    return comp && iequals(*comp, "sigcomp");
}

ReplyPath reply_path(const ViaValue& via, const Flow& flow) {
    const bool compress = asks_for_sigcomp(via.params);
    const auto port = via.port.value_or(default_port(flow.transport));
    if (is_reliable(flow.transport))
        return {flow, Target{flow.transport, {flow.remote.address, port}, {}}, compress};
    if (const auto maddr = via.params.get("maddr")) {
        auto text = *maddr;
        if (text.size() > 2 && text.front() == '[') text = text.substr(1, text.size() - 2);
        if (const auto address = IpAddress::parse(text))
            return {Target{flow.transport, {*address, port}, flow.local}, {}, compress};
    }
    if (via.params.has("rport")) return {flow, {}, compress};
    auto same = flow;  // RFC 3261 18.2.2: the source address, but the port of sent-by
    same.remote.port = port;
    return {same, {}, compress};
}

std::optional<Target> reply_target(const ViaValue& via) {
    const auto transport = parse_transport(via.transport);
    if (!transport) return {};
    const auto port = via.port.value_or(default_port(*transport));
    if (const auto maddr = via.params.get("maddr"); maddr && !is_reliable(*transport))
        if (const auto address = address_literal(*maddr)) return Target{*transport, {*address, port}, {}};
    const auto address = address_literal(via.params.get("received").value_or(via.host));
    if (!address) return {};
    const auto rport = parse_number(via.params.get("rport").value_or(std::string_view{}));
    const bool usable = rport && *rport > 0 && *rport <= 0xFFFF;
    return Target{*transport, {*address, usable ? static_cast<std::uint16_t>(*rport) : port}, {}};
}

}  // namespace ims::sip
