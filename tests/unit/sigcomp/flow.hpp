#pragma once
#include "common/sigcomp/endpoint.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// Messages between a UE and its P-CSCF (tests/data/gm-flow.json), and the two with SigComp between them.
namespace ims::sigcomp::test {

struct FlowMessage {
    bool from_ue;
    std::string text;
    std::string first_line() const { return text.substr(0, text.find("\r\n")); }
};

inline std::vector<FlowMessage> gm_flow() {
    std::ifstream file{std::string{IMS_TEST_DATA} + "/gm-flow.json"};
    std::vector<FlowMessage> flow;
    for (const auto& one : nlohmann::json::parse(file))
        flow.push_back({one["from"] == "ue", one["text"].get<std::string>()});
    return flow;
}

struct Gm {
    Endpoint ue, pcscf;
    TransportKind kind;

    explicit Gm(const Parameters& ue_offers, const Parameters& pcscf_offers,
                TransportKind k = TransportKind::MessageBased)
        : ue{Endpoint::Config{ue_offers, 4}}, pcscf{Endpoint::Config{pcscf_offers, 4}}, kind{k} {
        ue.open("pcscf");
        pcscf.open("ue");
    }
    explicit Gm(const Parameters& both, TransportKind k = TransportKind::MessageBased) : Gm{both, both, k} {}

    Octets compress(const FlowMessage& m) {
        auto sent = m.from_ue ? ue.compress("pcscf", m.text, kind) : pcscf.compress("ue", m.text, kind);
        return sent ? *sent : Octets{};
    }
    // What arrives of it: "" and the text is right; else why not. A NACK goes back.
    std::string deliver(const FlowMessage& m, const Octets& sent) {
        auto& to = m.from_ue ? pcscf : ue;
        auto& from = m.from_ue ? ue : pcscf;
        auto got = to.decompress(sent, kind);
        if (const auto* refused = std::get_if<Endpoint::Refused>(&got)) {
            const auto back = from.decompress(refused->nack, kind);
            const auto* nack = std::get_if<Endpoint::NackArrived>(&back);
            return std::string{reason_text(refused->failure.reason)} +
                   (nack && !nack->compartment.empty() ? ", known" : "");
        }
        auto& received = std::get<Endpoint::Received>(got);
        to.accept(m.from_ue ? "ue" : "pcscf", received.pending);
        return received.text == m.text ? "" : "another text";
    }
    // The size, or 0 if it did not arrive as it was.
    std::size_t exchange(const FlowMessage& m) {
        const auto sent = compress(m);
        return deliver(m, sent).empty() ? sent.size() : 0;
    }
};

}  // namespace ims::sigcomp::test
