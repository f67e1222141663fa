#include "pcscf/shell/associations.hpp"

#include "pcscf/core/pcscf.hpp"

#include <unordered_map>

#include <nlohmann/json.hpp>

namespace ims::pcscf {

namespace {

using nlohmann::json;

bool is_of(const Impi& impi, const std::string& user) {
    return impi.value() == user || impi.value().starts_with(user + "@");
}

json side_json(const ipsec::Side& side) {
    return {{"address", side.address.text()},
            {"port_c", side.client_port},
            {"port_s", side.server_port},
            {"spi_c", side.spi_client},
            {"spi_s", side.spi_server}};
}

}  // namespace

runtime::HttpResponse show_associations(Node& node, const runtime::HttpRequest& request, TimePoint now,
                                        const std::vector<ipsec::State>& standing) {
    std::unordered_map<std::uint32_t, const ipsec::State*> by_spi;
    for (const auto& state : standing) by_spi.emplace(state.spi, &state);
    const auto user = request.parameter("user");
    json sets = json::array();
    for (const auto& a : static_cast<Pcscf&>(node).associations(now)) {
        if (user && !is_of(a.impi, *user)) continue;
        json four = json::array();
        for (const auto& one : ipsec::associations(a.set)) {
            json j{{"direction", one.inbound ? "in" : "out"},
                   {"source", one.source.text()},
                   {"destination", one.destination.text()},
                   {"spi", one.spi},
                   {"in_kernel", false}};
            if (const auto found = by_spi.find(one.spi); found != by_spi.end()) {
                const auto& state = *found->second;
                j["in_kernel"] = true;
                j["bytes"] = state.bytes;
                j["packets"] = state.packets;
                j["replayed"] = state.replayed;
                j["forged"] = state.forged;
                if (state.left) j["kernel_lifetime_left_s"] = state.left->count();
            }
            four.push_back(std::move(j));
        }
        json set{{"id", a.id},
                 {"impi", a.impi.value()},
                 {"state", a.state},
                 {"in_use", a.in_use},
                 {"transform", a.set.transform.text()},
                 {"mode", a.set.mode == ipsec::Mode::Transport ? "trans" : "UDP-enc-tun"},
                 {"pcscf", side_json(a.set.own)},
                 {"ue", side_json(a.set.peer)},
                 {"age_s", a.age.count()},
                 {"unused_s", a.unused.count()},
                 {"left_s", a.left.count()},
                 {"associations", std::move(four)}};
        if (a.set.mode == ipsec::Mode::UdpEncapsulatedTunnel) {
            // Where its NAT is heard from, and sent to; 0 until the UE has spoken on them.
            set["nat"] = {{"address", a.set.peer.address.text()}, {"port", a.set.encapsulation_port}};
        }
        sets.push_back(std::move(set));
    }
    return {200, json{{"sets", std::move(sets)}}.dump(2) + "\n", "application/json", {}};
}

}  // namespace ims::pcscf
