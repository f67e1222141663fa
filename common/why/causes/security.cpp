#include "common/why/causes/words.hpp"

// The security agreement on Gm and its associations (RFC 3329, TS 33.203).
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

// A field of a note, or words for its absence.
std::string field(const Entry* note, std::string_view name, std::string_view absent) {
    const auto value = note == nullptr ? std::string_view{} : note->field(name);
    return std::string{value.empty() ? absent : value};
}

const Entry* refused(const Procedure& p, std::string_view field, std::string_view contains) {
    return p.note("pcscf.registration.refused", field, contains);
}

Found refused_because(const Procedure& p, std::string_view reason) {
    const auto* note = refused(p, "reason", reason);
    if (note == nullptr) return {};
    return Finding{evidence({p.from_ue("REGISTER"), note}), {}};
}

Found not_offered(const Procedure& p) {
    const auto* note = refused(p, "status", "421");
    if (note == nullptr) return {};
    return Finding{evidence({p.from_ue("REGISTER"), note}), {}};
}

Found verify_differs(const Procedure& p) {
    auto f = refused_because(p, "Security-Verify");
    return f ? f : refused_because(p, "Security-Client is not that");
}

Found no_common(const Procedure& p) {
    const auto* note = refused(p, "status", "494");
    if (note == nullptr) return {};
    Finding f{evidence({p.from_ue("REGISTER"), note}), {}};
    const auto* request = p.from_ue("REGISTER");
    const auto offered = request != nullptr ? request->message->raw("Security-Client") : std::nullopt;
    f.values["offered"] = offered ? std::string{*offered} : std::string{"nothing (no Security-Client)"};
    f.values["supported"] = field(note, "supported", "nothing (pcscf.ipsec is not configured)");
    return f;
}

Found nat(const Procedure& p) {
    auto f = refused_because(p, "address translation");
    if (f) f->values["source"] = p.ue;
    return f;
}

Found port_in_use(const Procedure& p) {
    auto f = refused_because(p, "port-c have security associations already");
    if (!f) f = refused_because(p, "has this port-s");
    if (f) f->values["source"] = p.ue;
    return f;
}

Found too_many(const Procedure& p) {
    return refused_because(p, "too many security associations");
}

Found another_users(const Procedure& p) {
    auto f = refused_because(p, "the connection is another user's");
    if (f) {
        f->values["source"] = p.ue;
        f->values["impi"] = p.impi.empty() ? p.who : p.impi;
    }
    return f;
}

Found wrong_way(const Procedure& p) {
    const auto* note = p.note("pcscf.request.discarded", "reason", "the challenge is answered");
    if (note == nullptr) return {};
    Finding f{evidence({p.to_ue(401), note}), {}};
    f.values["reason"] = field(note, "reason", "");
    f.values["source"] = field(note, "peer", "an unknown port");
    return f;
}

Found kernel_refuses(const Procedure& p) {
    const auto* note = p.note("pcscf.associations.failed");
    if (note == nullptr) return {};
    Finding f{evidence({note}), {}};
    f.values["reason"] = field(note, "reason", "no reason given");
    return f;
}

constexpr std::array security_rows{
    Cause{"security-not-offered", "The P-CSCF requires a security agreement, and the UE offers none.",
          "Switch IPsec on in the UE (an IMS profile with ipsec-3gpp); in a laboratory the P-CSCF can do "
          "without: pcscf.security: preferred or off.",
          not_offered},
    Cause{
        "security-verify-differs",
        "The UE answers the challenge with another security agreement than the one that was made: its "
        "Security-Verify or Security-Client is not what was sent before.",
        "Something between changes the headers, or the UE's own software does; compare the two REGISTERs and "
        "the 401 in the ladder below.",
        verify_differs},
    Cause{"no-common-security",
          "The P-CSCF requires a security agreement, and none of the mechanisms the UE offers is available "
          "here. The UE offers: {offered}. The P-CSCF has: {supported}.",
          "Give the P-CSCF one of the UE's pairs (pcscf.ipsec.transforms, docs/gm.md), or the UE one of the "
          "P-CSCF's; in a laboratory the P-CSCF can do without: pcscf.security: preferred or off.",
          no_common},
    Cause{
        "nat-before-pcscf",
        "There is an address translation between UE and P-CSCF: the UE at {source} calls itself otherwise in "
        "Via, and IPsec in transport mode cannot work through it.",
        "Take the translation away: the route to the UE pool must be without NAT (masquerading off on the "
        "UPF or PGW). Where it must be, the UE has to offer mod=UDP-enc-tun, and "
        "pcscf.ipsec.udp_encapsulation be on.",
        nat},
    Cause{"protected-port-in-use",
          "The UE at {source} proposes a protected client port (port-c) that has security associations of "
          "another user or of the registration it refreshes, or the port-s of another UE behind its NAT.",
          "A UE takes a new port-c for each authentication (TS 33.203 7.4.0); two UEs behind one address "
          "must not take the same ports.",
          port_in_use},
    Cause{
        "too-many-associations",
        "Too many security associations of this address wait for an answer to their challenge.",
        "If that is a load test, raise pcscf.ipsec.waiting_per_address; else look who sends first REGISTERs "
        "by the thousand and answers none.",
        too_many},
    Cause{"connection-of-another-user",
          "The connection from {source} belongs to another user, who registered on it, and {impi} cannot "
          "register on it too.",
          "One connection (TLS, WebSocket) for each user: a UE with several accounts, or a page that changes "
          "its account, deregisters the one before or opens a new connection.",
          another_users},
    Cause{
        "challenge-answered-elsewhere",
        "The UE answered the challenge from {source}, but not through the security associations made for it "
        "({reason}); the P-CSCF ignores such an answer.",
        "Look at the UE's IPsec: its kernel must send what goes to the P-CSCF's port-s through ESP. A UE "
        "whose associations could not be made often goes on in clear.",
        wrong_way},
    Cause{"associations-not-made",
          "The P-CSCF could not make the security associations of this registration: {reason}.",
          "The process needs CAP_NET_ADMIN and a kernel with ESP and the algorithms (deploy/lab doctor); the "
          "S-CSCF must give ck and ik with its challenge.",
          kernel_refuses},
};

}  // namespace

std::span<const Cause> security_causes() {
    return security_rows;
}

}  // namespace ims::why
