#include "common/sigcomp/replay.hpp"

namespace ims::sigcomp {

std::string Replay::fail(std::string_view reason) {
    failed_ = true;
    return "fail " + std::string{reason};
}

std::optional<std::string> Replay::line(std::string_view text) {
    text = trim(text);
    if (text.empty() || text.front() == '#') return std::nullopt;
    const auto space = text.find_first_of(" \t");
    if (space == std::string_view::npos) return fail("expected: COMPARTMENT HEX");
    const auto compartment = text.substr(0, space);
    const auto message = unhex(trim(text.substr(space)));
    if (!message) return fail("not hexadecimal");
    if (!endpoint_.open(compartment)) return fail("too many compartments");

    return std::visit(
        overloaded{[&](const Endpoint::Received& r) {
                       endpoint_.accept(compartment, r.pending);
                       // A message that decompresses to nothing gives "ok" and the space all the same.
                       return "ok " + hex(octets_of(r.text));
                   },
                   [&](const Endpoint::Refused& r) { return fail(reason_text(r.failure.reason)); },
                   [&](const Endpoint::NackArrived& n) {
                       return fail("is a NACK: " +
                                   std::string{reason_text(static_cast<Reason>(n.nack.reason))});
                   }},
        endpoint_.decompress(*message, kind_));
}

}  // namespace ims::sigcomp
