#include "common/base/text.hpp"
#include "common/why/causes/words.hpp"

// The core itself: names, HSS and its database, S-CSCF.
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

// "A ims.example: no such record" is how a location that failed begins.
bool names_a_record(std::string_view detail) {
    for (const auto* type : {"A ", "AAAA ", "SRV ", "NAPTR "})
        if (detail.starts_with(type)) return contains(detail, ": ");
    return false;
}

Found dns(const Procedure& p) {
    if (!p.is_failure()) return {};
    for (const auto* id : {"sip.request.unreachable", "sip.request.no_answer"}) {
        const auto* note = p.note(id);
        if (note == nullptr || !names_a_record(note->field("detail"))) continue;
        const auto detail = std::string{note->field("detail")};
        const auto colon = detail.find(": ");
        Finding f{evidence({note}), {}};
        for (const auto* e : p.entries)
            if (e->kind == Entry::Kind::DnsQuery || e->kind == Entry::Kind::DnsAnswer)
                f.evidence.push_back(e);
        f.values["service"] = upper_name(note->service);
        f.values["query"] = detail.substr(0, colon);
        f.values["answer"] = detail.substr(colon + 2);
        return f;
    }
    return {};
}

Found database_away(const Procedure& p) {
    if (!p.is_failure()) return {};
    if (const auto* note = p.note("hss.request.failed", "reason", "database away"))
        return Finding{evidence({note}), {}};
    return {};
}

Found hss_busy(const Procedure& p) {
    if (!p.is_failure()) return {};
    for (const auto* command : {"UAA", "LIA", "MAA", "SAA"})
        if (const auto* answer = p.cx_answer(command, "(3004)"))
            return Finding{evidence({answer}), {{"command", answer->name}}};
    return {};
}

Found hss_unreachable(const Procedure& p) {
    if (!p.is_failure()) return {};
    const auto* failed = p.cx_failed();
    if (failed == nullptr) return {};
    Finding f{evidence({failed}), {}};
    for (const auto& e : p.story->entries)
        if (e.kind == Entry::Kind::Note && e.service == failed->service &&
            e.name.starts_with("diameter.peer."))
            f.evidence.push_back(&e);
    f.values["service"] = upper_name(failed->service);
    f.values["detail"] = failed->field("detail");
    return f;
}

Found scscf_unreachable(const Procedure& p) {
    if (!p.is_failure()) return {};
    const auto* silent = p.note("icscf.scscf.silent");
    // What rang until somebody lost patience had an S-CSCF.
    if (silent == nullptr || silent->field("detail") == "timer C" || silent->field("detail") == "no answer")
        return {};
    const auto* chosen = p.note("icscf.scscf.chosen");
    if (chosen == nullptr) chosen = p.note("icscf.scscf.reselected");
    Finding f{evidence({chosen, silent}), {}};
    f.values["scscf"] = chosen != nullptr ? chosen->field("peer") : std::string_view{"that was chosen"};
    f.values["detail"] = silent->field("detail");
    return f;
}

Found no_capabilities(const Procedure& p) {
    const auto* note = p.note("icscf.request.rejected", "reason", "no S-CSCF has the mandatory capabilities");
    if (note == nullptr) return {};
    const auto* answer = p.cx_answer("UAA");
    if (answer == nullptr) answer = p.cx_answer("LIA");
    Finding f{evidence({answer, note}), {}};
    const auto wanted = answer != nullptr ? answer->field("mandatory_capability") : std::string_view{};
    f.values["capabilities"] = wanted.empty() ? std::string{"(none named)"} : std::string{wanted};
    return f;
}

constexpr std::array network_rows{
    Cause{"dns-does-not-resolve", "The {service} cannot resolve a name: {query} gives \"{answer}\".",
          "Ask the name server that the service asks (dns.servers): dig {query}. Add the record, or a static "
          "route "
          "(routes).",
          dns},
    Cause{"database-away", "The HSS cannot reach its database.",
          "Look at PostgreSQL (deploy/lab status, deploy/lab logs postgres) and at the HSS's "
          "database.connection.",
          database_away},
    Cause{"hss-busy",
          "The HSS has too much to do, or its database is away: it answered {command} with "
          "DIAMETER_TOO_BUSY.",
          "Look at the HSS's /healthz and its log; docs/operations/when-it-fails.md.", hss_busy},
    Cause{"hss-unreachable", "The {service} cannot reach the HSS: {detail}.",
          "Look whether the HSS runs (deploy/lab status), and compare diameter.peers of both sides: "
          "identity, host "
          "and port.",
          hss_unreachable},
    Cause{"no-scscf-with-capabilities",
          "The HSS demands an S-CSCF with the mandatory capabilities {capabilities}, and none that the "
          "I-CSCF knows "
          "has them.",
          "Give an S-CSCF in icscf.scscfs these capabilities, or take them out of the subscriber's "
          "capability set.",
          no_capabilities},
    Cause{"scscf-unreachable", "The I-CSCF cannot reach the S-CSCF {scscf}: {detail}.",
          "Look whether the S-CSCF runs (deploy/lab status) and whether its name leads to it (routes, DNS).",
          scscf_unreachable},
};

}  // namespace

std::span<const Cause> network_causes() {
    return network_rows;
}

}  // namespace ims::why
