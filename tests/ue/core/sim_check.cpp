#include "tests/ue/core/sim_check.hpp"

#include <algorithm>

namespace ims::ue {

namespace {

using crypto::Block;
using crypto::Key128;

struct Keys {
    Reading reading;
    Key128 k;
    Block opc;
};

Block reversed(Block b) {
    std::reverse(b.begin(), b.end());
    return b;
}

std::vector<Keys> readings(const SimCheck& c) {
    const auto opc_of = [&](const Key128& k, const Block& op, bool is_opc) {
        return is_opc ? op : crypto::milenage_opc(k, op);
    };
    return {{Reading::AsGiven, c.k, opc_of(c.k, c.op, c.op_is_opc)},
            {c.op_is_opc ? Reading::OpcIsAnOp : Reading::OpIsAnOpc, c.k, opc_of(c.k, c.op, !c.op_is_opc)},
            {Reading::Swapped, c.op, opc_of(c.op, c.k, c.op_is_opc)},
            {Reading::KReversed, reversed(c.k), opc_of(reversed(c.k), c.op, c.op_is_opc)},
            {Reading::OpReversed, c.k, opc_of(c.k, reversed(c.op), c.op_is_opc)},
            {Reading::BothReversed, reversed(c.k), opc_of(reversed(c.k), reversed(c.op), c.op_is_opc)}};
}

// f5 and f2 do not depend on SQN and AMF.
crypto::AkaOutputs outputs(const Keys& keys, const Block& rand, const crypto::Sqn& sqn = {},
                           const crypto::Amf& amf = {}) {
    return crypto::milenage(keys.k, keys.opc, rand, sqn, amf);
}

// SQN of the AUTN if its MAC is right under these keys.
std::optional<crypto::Sqn> sqn_of(const Keys& keys, const SimCheck& c) {
    const auto ak = outputs(keys, c.rand).ak;
    crypto::Sqn sqn;
    for (std::size_t i = 0; i < sqn.size(); ++i) sqn[i] = c.autn[i] ^ ak[i];
    const auto mac = outputs(keys, c.rand, sqn, {c.autn[6], c.autn[7]}).mac_a;
    if (!std::equal(mac.begin(), mac.end(), c.autn.begin() + 8)) return {};
    return sqn;
}

// A card may send a part of its RES (TS 33.102 6.3.7: 4 to 16 octets).
bool is_res_of(const Keys& keys, const Block& rand, const Octets& res) {
    const auto expected = outputs(keys, rand).res;
    return res.size() >= 4 && res.size() <= expected.size() &&
           std::equal(res.begin(), res.end(), expected.begin());
}

std::string number(std::uint64_t sqn) {
    const auto octets = crypto::sqn_from(sqn);
    return hex(octets) + " (SEQ " + std::to_string(sqn >> 5) + ", IND " + std::to_string(sqn & 31) + ")";
}

// What to do where one side reads the keys as they were given, and the other does not.
std::string advice(const SimCheck& of, std::string_view side) {
    const std::string name = of.op_is_opc ? "OPc" : "OP";
    return "Give the " + std::string{side} + " the same K and " + name + " (" + name + " as " + name + ").";
}

}  // namespace

std::string_view text(Reading r) {
    switch (r) {
        case Reading::AsGiven: return "K and OP/OPc as they were given";
        case Reading::OpcIsAnOp: return "the value given as OPc is an OP";
        case Reading::OpIsAnOpc: return "the value given as OP is an OPc";
        case Reading::Swapped: return "K and OPc are in each other's place";
        case Reading::KReversed: return "the octets of K are in reverse order";
        case Reading::OpReversed: return "the octets of OP/OPc are in reverse order";
        case Reading::BothReversed: return "the octets of K and OP/OPc are in reverse order";
    }
    return {};
}

SimVerdict check_sim(const SimCheck& c) {
    SimVerdict v;
    const auto all = readings(c);
    const Keys* keys = &all.front();
    for (const auto& one : all)
        if (const auto sqn = sqn_of(one, c); sqn && !v.network) {
            v.network = one.reading;
            v.sqn = crypto::sqn_value(*sqn);
            keys = &one;
        }
    if (c.res)
        for (const auto& one : all)
            if (!v.card && is_res_of(one, c.rand, *c.res)) {
                v.card = one.reading;
                if (!v.network) keys = &one;
            }
    v.amf = {c.autn[6], c.autn[7]};
    v.opc = keys->opc;
    v.xres = outputs(*keys, c.rand).res;
    if (c.auts) {
        const auto sqn_ms = crypto::check_auts(crypto::MilenageKeys{keys->k, keys->opc}, c.rand, *c.auts);
        v.auts = sqn_ms.has_value();
        v.sqn_ms = sqn_ms.value_or(0);
    }
    return v;
}

bool SimVerdict::all_right() const {
    return network == Reading::AsGiven && card.value_or(Reading::AsGiven) == Reading::AsGiven &&
           auts.value_or(true);
}

std::vector<std::string> SimVerdict::sentences(const SimCheck& of) const {
    std::vector<std::string> out;
    if (network)
        out.push_back("AUTN: right if " + std::string{text(*network)} + ". SQN " + number(sqn) + ", AMF " +
                      hex(amf) + ".");
    else
        out.emplace_back(
            "AUTN: wrong for these keys, however they are read. The network has another K or OPc, or "
            "RAND and AUTN are not of one challenge.");
    if (of.res) {
        if (card)
            out.push_back("RES: right if " + std::string{text(*card)} + ".");
        else
            out.push_back("RES: wrong for these keys, however they are read; expected " + hex(xres) + ".");
    }
    if (auts)
        out.push_back(*auts ? "AUTS: right. SQN of the card " + number(sqn_ms) + "."
                            : std::string{"AUTS: its MAC-S is wrong: the card has another K or OPc."});
    if (auts.value_or(false) && network && (sqn >> 5) <= (sqn_ms >> 5))
        out.emplace_back(
            "The card is ahead of the network, and asks it to go on from its own SQN: an HSS that "
            "resynchronises does so by itself.");
    const bool network_as_given = network == Reading::AsGiven;
    const bool card_as_given = card == Reading::AsGiven || auts.value_or(false);
    if (all_right()) {
        out.emplace_back("All that was given fits these keys.");
    } else if (network && network == card) {
        out.emplace_back("Network and card agree; the keys were given here otherwise than both have them.");
    } else if (network && !network_as_given) {
        out.push_back("The network computes as if " + std::string{text(*network)} + ". " +
                      (card_as_given
                           ? advice(of, "HSS")
                           : "If the keys were given here as the card has them: " + advice(of, "HSS")));
    } else if (network) {
        out.push_back("The network has these keys, the card computes " +
                      (card ? "as if " + std::string{text(*card)} : std::string{"with others"}) + ". " +
                      advice(of, "card"));
    } else {
        out.push_back((card ? "The card has these keys, the network has others. "
                            : "The network has other keys than were given here. ") +
                      advice(of, "HSS"));
    }
    return out;
}

}  // namespace ims::ue
