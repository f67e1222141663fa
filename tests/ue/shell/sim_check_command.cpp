#include "tests/ue/shell/sim_check_command.hpp"

#include "common/base/text.hpp"
#include "tests/ue/core/sim_check.hpp"

#include <cstdio>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace ims::ue {

namespace {

struct SimWords {
    std::string k, op, opc, rand, autn, nonce, res, auts;
    bool json = false;
};

struct SimMistake {
    std::string what;
};

Octets octets(const char* option, const std::string& text, std::size_t least, std::size_t most) {
    auto value = unhex(text);
    if (!value || value->size() < least || value->size() > most)
        throw SimMistake{std::string{option} + " wants " + std::to_string(2 * least) +
                         (most > least ? " to " + std::to_string(2 * most) : "") + " hexadecimal digits"};
    return std::move(*value);
}

template <std::size_t N>
std::array<std::uint8_t, N> exactly(const char* option, const std::string& text) {
    const auto value = octets(option, text, N, N);
    std::array<std::uint8_t, N> out{};
    std::copy(value.begin(), value.end(), out.begin());
    return out;
}

SimCheck check_of(const SimWords& w) {
    SimCheck c;
    c.k = exactly<16>("--k", w.k);
    if (w.op.empty() == w.opc.empty()) throw SimMistake{"one of --op and --opc is wanted"};
    c.op_is_opc = w.op.empty();
    c.op = c.op_is_opc ? exactly<16>("--opc", w.opc) : exactly<16>("--op", w.op);
    if (!w.nonce.empty()) {  // RFC 3310 3.2: RAND || AUTN || server data
        const auto nonce = unbase64(w.nonce);
        if (!nonce || nonce->size() < 32)
            throw SimMistake{"--nonce wants the nonce of the 401: base64 of 32 octets or more"};
        std::copy_n(nonce->begin(), 16, c.rand.begin());
        std::copy_n(nonce->begin() + 16, 16, c.autn.begin());
    } else {
        if (w.rand.empty() || w.autn.empty()) throw SimMistake{"--rand and --autn are wanted, or --nonce"};
        c.rand = exactly<16>("--rand", w.rand);
        c.autn = exactly<16>("--autn", w.autn);
    }
    if (!w.res.empty()) c.res = octets("--res", w.res, 4, 16);
    if (!w.auts.empty()) c.auts = exactly<14>("--auts", w.auts);
    return c;
}

void print(const SimCheck& c, const SimVerdict& v, bool as_json) {
    if (!as_json) {
        for (const auto& sentence : v.sentences(c)) std::printf("%s\n", sentence.c_str());
        return;
    }
    nlohmann::ordered_json j;
    j["all_right"] = v.all_right();
    if (v.network) {
        j["network"] = text(*v.network);
        j["sqn"] = hex(crypto::sqn_from(v.sqn));
        j["amf"] = hex(v.amf);
    }
    if (v.card) j["card"] = text(*v.card);
    if (v.auts) j["auts"] = *v.auts;
    if (v.auts.value_or(false)) j["sqn_ms"] = hex(crypto::sqn_from(v.sqn_ms));
    j["sentences"] = v.sentences(c);
    std::printf("%s\n", j.dump(2).c_str());
}

}  // namespace

int sim_check(int argc, const char* const* argv) {
    SimWords w;
    CLI::App app{
        "Holds one challenge of the network against the keys of a card: what matches, and which mistake "
        "would "
        "explain what does not (Milenage)",
        "ims-ue sim-check"};
    app.add_option("--k", w.k, "K, 32 hexadecimal digits")->required();
    app.add_option("--op", w.op, "OP");
    app.add_option("--opc", w.opc, "OPc");
    app.add_option("--rand", w.rand, "RAND of the challenge");
    app.add_option("--autn", w.autn, "AUTN of the challenge");
    app.add_option("--nonce", w.nonce, "instead of both: the nonce of the 401, as it stands there");
    app.add_option("--res", w.res, "RES that the card gave");
    app.add_option("--auts", w.auts, "AUTS that the card gave");
    app.add_flag("--json", w.json, "JSON instead of sentences");
    app.footer("Exit status: 0 all that was given fits, 1 something does not, 2 wrong options.");
    try {
        app.parse(argc, argv);
        const auto c = check_of(w);
        const auto v = check_sim(c);
        print(c, v, w.json);
        return v.all_right() ? 0 : 1;
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    } catch (const SimMistake& m) {
        std::fprintf(stderr, "ims-ue sim-check: %s\n", m.what.c_str());
        return 2;
    }
}

}  // namespace ims::ue
