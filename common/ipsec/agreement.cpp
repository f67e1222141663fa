#include "common/ipsec/agreement.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <limits>

namespace ims::ipsec {

namespace {

constexpr std::string_view mechanism_name = "ipsec-3gpp";

template <class Number>
std::optional<Number> number(const sip::Params& params, std::string_view name) {
    const auto text = params.get(name);
    const auto value = text ? parse_number(*text) : std::nullopt;
    if (!value || *value > std::numeric_limits<Number>::max()) return std::nullopt;
    return static_cast<Number>(*value);
}

std::optional<Mode> mode_of(const sip::Params& params) {
    const auto text = params.get("mod").value_or("trans");
    if (iequals(text, "trans")) return Mode::Transport;
    if (iequals(text, "UDP-enc-tun")) return Mode::UdpEncapsulatedTunnel;
    return std::nullopt;
}

std::optional<Proposal> read_proposal(const sip::TokenParams& entry) {
    const auto& params = entry.params;
    const auto alg = params.get("alg");
    const auto integrity = alg ? parse_integrity(*alg) : std::nullopt;
    const auto encryption = parse_encryption(params.get("ealg").value_or("null"));
    const auto mode = mode_of(params);
    const auto spi_client = number<std::uint32_t>(params, "spi-c");
    const auto spi_server = number<std::uint32_t>(params, "spi-s");
    const auto port_client = number<std::uint16_t>(params, "port-c");
    const auto port_server = number<std::uint16_t>(params, "port-s");
    if (!iequals(params.get("prot").value_or("esp"), "esp")) return std::nullopt;
    if (!integrity || !encryption || !mode || !spi_client || !spi_server || !port_client || !port_server)
        return std::nullopt;
    const Proposal p{
        {*integrity, *encryption}, *mode, {{}, *port_client, *port_server, *spi_client, *spi_server}};
    // RFC 4303 2.1: SPIs up to 255 are reserved. Two associations into one host cannot share one.
    if (!p.transform.valid() || *spi_client < 256 || *spi_server < 256 || *spi_client == *spi_server ||
        *port_client == 0 || *port_server == 0 || *port_client == *port_server)
        return std::nullopt;
    return p;
}

bool is_ours(const sip::TokenParams& entry) {
    return iequals(entry.token, mechanism_name) && !entry.params.has("mediasec");
}

unsigned q_of(const sip::TokenParams& entry) {  // thousandths; absent: RFC 3329 leaves it open, we take 1
    const auto text = entry.params.get("q").value_or("1");
    if (text.empty() || text.front() != '0') return 1000;
    unsigned value = 0;
    for (std::size_t i = 0; i < 3; ++i)
        value =
            value * 10 +
            (i + 2 < text.size() && is_digit(text[i + 2]) ? static_cast<unsigned>(text[i + 2] - '0') : 0U);
    return value;
}

bool same_entry(const sip::TokenParams& a, const sip::TokenParams& b) {
    if (!iequals(a.token, b.token) || a.params.size() != b.params.size()) return false;
    for (const auto& p : a.params) {
        const auto other = b.params.find(p.name);
        if (!other || other->value.has_value() != p.value.has_value()) return false;
        if (!p.value || iequals(*p.value, *other->value)) continue;
        const auto x = parse_number(*p.value);  // "0123" is 123
        if (!x || x != parse_number(*other->value)) return false;
    }
    return true;
}

}  // namespace

Offer read_offer(const Mechanisms& mechanisms) {
    Offer offer;
    for (const auto& entry : mechanisms) {
        if (iequals(entry.token, "tls") && !entry.params.has("mediasec")) offer.tls = true;
        const auto proposal = is_ours(entry) ? read_proposal(entry) : std::nullopt;
        if (proposal)
            offer.proposals.push_back(*proposal);
        else
            offer.unknown.push_back(text_of(Mechanisms{entry}));
    }
    return offer;
}

bool offers(const Offer& offer, Mode mode) {
    return std::any_of(offer.proposals.begin(), offer.proposals.end(),
                       [&](const auto& p) { return p.mode == mode; });
}

std::optional<Proposal> choose(const Offer& offer, const std::vector<Transform>& preferred, Mode mode) {
    for (const auto& transform : preferred)
        for (const auto& p : offer.proposals)
            if (p.transform == transform && p.mode == mode) return p;
    return std::nullopt;
}

Mechanisms propose(const std::vector<Transform>& transforms, Mode mode, const Side& side, bool with_q) {
    Mechanisms list;
    auto q = 1000U;
    for (const auto& t : transforms) {
        sip::TokenParams entry;
        entry.token = mechanism_name;
        auto& p = entry.params;
        q -= 10;
        if (with_q) p.set("q", "0." + std::to_string(q));
        p.set("alg", integrity_text(t.integrity));
        p.set("ealg", encryption_text(t.encryption));
        p.set("prot", "esp");
        p.set("mod", mode == Mode::Transport ? "trans" : "UDP-enc-tun");
        if (side.spi_client != 0) {
            p.set("spi-c", std::to_string(side.spi_client));
            p.set("spi-s", std::to_string(side.spi_server));
            p.set("port-c", std::to_string(side.client_port));
            p.set("port-s", std::to_string(side.server_port));
        }
        list.push_back(std::move(entry));
    }
    return list;
}

std::optional<Proposal> choose_of_server(const Mechanisms& server, const std::vector<Transform>& own) {
    std::vector<const sip::TokenParams*> by_q;
    for (const auto& entry : server)
        if (is_ours(entry)) by_q.push_back(&entry);
    std::stable_sort(by_q.begin(), by_q.end(),
                     [](const auto* a, const auto* b) { return q_of(*a) > q_of(*b); });
    for (const auto* entry : by_q) {
        const auto p = read_proposal(*entry);
        if (p && std::find(own.begin(), own.end(), p->transform) != own.end()) return p;
    }
    return std::nullopt;
}

bool came_back(const Mechanisms& sent, const Mechanisms& returned) {
    std::size_t next = 0;
    for (const auto& entry : returned) {
        if (!is_ours(entry)) continue;
        if (next == sent.size() || !same_entry(sent[next], entry)) return false;
        ++next;
    }
    return next == sent.size();
}

std::string text_of(const Mechanisms& mechanisms) {
    std::string text;
    for (const auto& entry : mechanisms) {
        if (!text.empty()) text += ", ";
        text += entry.token;
        entry.params.print(text);
    }
    return text;
}

std::string text_of(const std::vector<Transform>& transforms) {
    std::string text;
    for (const auto& t : transforms) text += (text.empty() ? "" : ", ") + t.text();
    return text;
}

}  // namespace ims::ipsec
