#include "common/why/causes/words.hpp"

#include <algorithm>
#include <array>

// Messages that cannot be read, and services that take nothing new.
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

Found malformed(const Procedure& p) {
    const auto* note = p.note("sip.message.malformed");
    if (note == nullptr) return {};
    const Entry* message = nullptr;
    for (const auto* e : p.entries)
        if (e->kind == Entry::Kind::Sip && !e->out && e->service == note->service && e->turn == note->turn)
            message = e;
    Finding f{evidence({message, note}), {}};
    f.values["service"] = upper_name(note->service);
    f.values["peer"] = note->field("peer");
    f.values["reason"] = note->field("reason");
    const auto header = note->field("header");
    f.values["where"] = (header.empty() ? "" : "header " + std::string{header} + ", ") + "octet " +
                        std::string{note->field("offset").empty() ? "unknown" : note->field("offset")};
    return f;
}

// RFC 4077 3.2: what each reason means for who looks for the fault.
std::string advice_on(std::string_view reason) {
    if (reason == "STATE_NOT_FOUND" || reason == "ID_NOT_UNIQUE" || reason == "STATE_TOO_SHORT")
        return "The UE names what the P-CSCF does not have (it was restarted, or never got it), and does not "
               "go back to messages that need no state when it gets a NACK: its SigComp is of version 1, or "
               "the NACK does not arrive.";
    if (reason == "CYCLES_EXHAUSTED")
        return "The UE's bytecode wants more cycles than it was offered; of a UE that is not registered look "
               "at pcscf.sigcomp_strangers.message_cycles.";
    if (reason == "BYTECODES_TOO_LARGE" || reason == "SEGFAULT" || reason == "OUTPUT_OVERFLOW")
        return "The UE's message or bytecode wants more memory than it was offered.";
    return "The UE's compressor and its bytecode do not agree, or something between changes its octets.";
}

Found undecompressed(const Procedure& p) {
    const auto* note = p.note("sigcomp.message.refused");
    if (note == nullptr) return {};
    const auto count = std::count_if(p.entries.begin(), p.entries.end(),
                                     [&](const Entry* e) { return e->name == note->name; });
    Finding f{evidence({p.to_ue(401), note}), {}};
    const auto flow = note->field("flow");
    f.values["source"] = flow.substr(flow.rfind('-') + 1);
    f.values["reason"] = note->field("reason");
    f.values["count"] = count == 1 ? "one message" : std::to_string(count) + " messages";
    f.values["advice"] = advice_on(note->field("reason"));
    return f;
}

Found overload(const Procedure& p) {
    for (const auto* reason : {"overload", "too many transactions"})
        if (const auto* note = p.note("sip.request.refused", "reason", reason)) {
            Finding f{evidence({note}), {}};
            f.values["service"] = upper_name(note->service);
            f.values["reason"] = reason;
            return f;
        }
    const auto* limit = p.note("pcscf.registration.limit");
    if (limit == nullptr) return {};
    Finding f{evidence({limit}), {}};
    f.values["service"] = upper_name(limit->service);
    f.values["reason"] = "pcscf.max_bindings is reached";
    return f;
}

Found leaving(const Procedure& p) {
    const auto* note = p.note("sip.request.refused", "reason", "going out of service");
    if (note == nullptr) return {};
    return Finding{evidence({note}), {{"service", upper_name(note->service)}}};
}

constexpr std::array message_rows{
    Cause{"malformed-message", "The {service} cannot read a message from {peer}: {reason} ({where}).",
          "Look at that place of the message below; the sender has to be corrected.", malformed},
    Cause{
        "sigcomp-unreadable",
        "The P-CSCF cannot decompress what the UE at {source} sends in SigComp: {reason} ({count}, each "
        "answered with a NACK), and nothing that it can read came since.",
        "{advice} A capture in hand: sigcomp-run says what becomes of each message. A phone that never gets "
        "through: pcscf.sigcomp: off.",
        undecompressed},
    Cause{
        "overload", "The {service} is overloaded and answered 503: {reason}.",
        "Wait, and look at its CPU and at limits.overload_delay, limits.transactions and pcscf.max_bindings; "
        "docs/performance.md says what a machine bears.",
        overload},
    Cause{"going-out-of-service", "The {service} is being stopped and takes nothing new.",
          "Start it again (deploy/lab up), or let the UE come back when it has restarted.", leaving},
};

}  // namespace

std::span<const Cause> message_causes() {
    return message_rows;
}

}  // namespace ims::why
