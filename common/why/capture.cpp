#include "common/why/capture.hpp"

#include "common/base/text.hpp"
#include "common/trace/avp.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <unordered_map>

#include <nlohmann/json.hpp>

namespace ims::why {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t longest_transit =
    2'000'000;  // microseconds between sending and receiving; clocks may differ

std::optional<SeenMessage> message_of(const Json& json, const std::string& service) {
    if (!json.is_object()) return std::nullopt;
    const auto text = [&](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    const auto local = IpEndpoint::parse(text("local")), remote = IpEndpoint::parse(text("remote"));
    const auto octets = unbase64(text("octets"));
    if (!local || !remote || !octets) return std::nullopt;
    SeenMessage m;
    m.service = service;
    m.number = json.value("number", std::uint64_t{0});
    m.at = json.value("at", std::int64_t{0});
    m.diameter = text("protocol") == "diameter";
    m.out = text("direction") == "out";
    m.transport = text("transport");
    m.local = *local;
    m.remote = *remote;
    m.local_is_guessed = json.value("local_is_guessed", false);
    m.octets = text_of(*octets);
    return m;
}

bool is_arrival_of(const SeenMessage& in, const SeenMessage& out) {
    return in.transport == out.transport && in.local == out.remote &&
           (out.local_is_guessed || in.remote == out.local) && in.octets == out.octets &&
           std::abs(in.at - out.at) < longest_transit;
}

Packet packet_of(const SeenMessage& m) {
    Packet p;
    p.service = m.service;
    p.at = m.at;
    p.diameter = m.diameter;
    p.out = m.out;
    p.transport = m.transport;
    // A packet is of one family, also where the service did not know which address of its own it would leave
    // from.
    auto local = m.local;
    if (local.address.family() != m.remote.address.family())
        local = {m.remote.address.is_v6() ? IpAddress::v6({}) : IpAddress::v4({}), m.local.port};
    p.source = m.out ? local : m.remote;
    p.destination = m.out ? m.remote : local;
    p.octets = m.octets;
    p.comment = (m.out ? "sent by " : "received by ") + m.service;
    return p;
}

}  // namespace

Result<SeenMessages, Silence> read_seen_messages(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("service") || !json["service"].is_string() ||
        !json.contains("messages"))
        return Silence{"what it says is not the answer of a service's /trace/messages"};
    SeenMessages seen;
    seen.service = json["service"].get<std::string>();
    seen.dropped = json.value("dropped", std::uint64_t{0});
    seen.more = json.value("more", false);
    for (const auto& one : json["messages"]) {
        auto message = message_of(one, seen.service);
        if (!message) return Silence{"a message in its answer cannot be read"};
        seen.messages.push_back(std::move(*message));
    }
    return seen;
}

std::vector<Packet> packets_of(std::vector<SeenMessage> messages) {
    std::stable_sort(messages.begin(), messages.end(),
                     [](const SeenMessage& a, const SeenMessage& b) { return a.at < b.at; });
    std::unordered_map<std::string_view, std::vector<std::size_t>> arrivals;  // by what arrived
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (!messages[i].out) arrivals[messages[i].octets].push_back(i);

    std::vector<bool> joined(messages.size(), false);
    std::vector<Packet> packets;
    for (const auto& m : messages) {
        if (!m.out) continue;
        auto packet = packet_of(m);
        for (const auto i : arrivals[m.octets]) {
            const auto& in = messages[i];
            if (joined[i] || !is_arrival_of(in, m)) continue;
            joined[i] = true;
            packet.source = in.remote;
            packet.receiver = in.service;
            char text[64];
            std::snprintf(text, sizeof text, " %.3f ms later", static_cast<double>(in.at - m.at) / 1000);
            packet.comment += ", received by " + in.service + text;
            break;
        }
        packets.push_back(std::move(packet));
    }
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (!messages[i].out && !joined[i]) packets.push_back(packet_of(messages[i]));
    std::stable_sort(packets.begin(), packets.end(),
                     [](const Packet& a, const Packet& b) { return a.at < b.at; });
    return packets;
}

std::string first_line(const Packet& packet) {
    if (!packet.diameter)
        return std::string{trim(std::string_view{packet.octets}.substr(0, packet.octets.find('\n')))};
    const auto head = trace::diameter_head(packet.octets);
    if (!head) return "Diameter";
    // TS 29.229 6.1
    constexpr const char* cx[] = {"User-Authorization", "Server-Assignment",        "Location-Info",
                                  "Multimedia-Auth",    "Registration-Termination", "Push-Profile"};
    const auto kind = head->request ? "-Request" : "-Answer";
    if (head->command >= 300 && head->command < 300 + std::size(cx))
        return "Cx " + (cx[head->command - 300] + std::string{kind});
    return "Diameter command " + std::to_string(head->command) + kind;
}

}  // namespace ims::why
