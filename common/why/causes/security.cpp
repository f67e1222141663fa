#include "common/why/causes/words.hpp"

// The security agreement on Gm (RFC 3329, TS 33.203).
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

Found refused_with(const Procedure& p, std::string_view status) {
    const auto* note = p.note("pcscf.registration.refused", "status", status);
    if (note == nullptr) return {};
    return Finding{evidence({p.from_ue("REGISTER"), note}), {}};
}

Found not_offered(const Procedure& p) {
    return refused_with(p, "421");
}

Found no_common(const Procedure& p) {
    auto f = refused_with(p, "494");
    if (!f) return {};
    const auto* request = p.from_ue("REGISTER");
    const auto offered = request != nullptr ? request->message->raw("Security-Client") : std::nullopt;
    f->values["offered"] = offered ? std::string{*offered} : std::string{"nothing (no Security-Client)"};
    return f;
}

constexpr std::array rows{
    Cause{"security-not-offered", "The P-CSCF requires a security agreement, and the UE offers none.",
          "Switch IPsec on in the UE (an IMS profile with ipsec-3gpp); in a laboratory the P-CSCF can do "
          "without: "
          "pcscf.security: off.",
          not_offered},
    Cause{"no-common-security",
          "The P-CSCF requires a security agreement, and none of the mechanisms the UE offers is available "
          "here. "
          "The UE offers: {offered}.",
          "Compare mechanism and algorithms with docs/configuration.md (pcscf.security); in a laboratory the "
          "P-CSCF can do without: pcscf.security: off.",
          no_common},
};

}  // namespace

std::span<const Cause> security_causes() {
    return rows;
}

}  // namespace ims::why
