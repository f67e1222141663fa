#include "common/why/causes/words.hpp"

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
