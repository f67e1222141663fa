#include "common/why/causes/words.hpp"

// Who may register: what the HSS says of identities (TS 29.228 6.1.1).
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

// The answer of the HSS to the registration that has this result: "(5001)".
const Entry* refusal(const Procedure& p, std::string_view result) {
    if (!registers(p) || !p.is_failure()) return nullptr;
    for (const auto* command : {"UAA", "MAA", "SAA"})
        if (const auto* answer = p.cx_answer(command);  // the last word: another scheme may have been tried
            answer != nullptr && contains(answer->field("result"), result))
            return answer;
    return nullptr;
}

std::string asked(const Procedure& p, std::string_view field) {
    for (const auto* command : {"UAR", "MAR", "SAR"})
        if (const auto* request = p.cx_request(command)) return std::string{request->field(field)};
    return {};
}

Finding about(const Procedure& p, const Entry* answer) {
    Finding f{evidence({p.from_ue("REGISTER"), p.cx_request("UAR"), answer,
                        p.note("hss.request", "status", answer->field("result"))}),
              {}};
    f.values["impi"] = asked(p, "impi");
    f.values["impu"] = asked(p, "impu");
    return f;
}

Found mnc_padding(const Procedure& p) {
    const auto* answer = refusal(p, "USER_UNKNOWN");
    if (answer == nullptr) return {};
    auto f = about(p, answer);
    for (const auto& identity : {f.values["impi"], f.values["impu"]}) {
        const auto near = p.story->facts.near_misses.find(identity);
        if (near == p.story->facts.near_misses.end()) continue;
        for (const auto& one : near->second)
            if (contains(one.how, "MNC")) {
                f.values["asked"] = identity;
                f.values["known"] = one.identity;
                return f;
            }
    }
    return {};
}

Found unknown(const Procedure& p, std::string_view which) {
    const auto* answer = refusal(p, "USER_UNKNOWN");
    if (answer == nullptr) return {};
    // Without the HSS's own words the private identity is the first to look at.
    const auto* said = p.note("hss.request", "reason", "unknown");
    const bool of_impu = said != nullptr && contains(said->field("reason"), "impu");
    if (of_impu != (which == "impu")) return {};
    auto f = about(p, answer);
    f.values["near"] = near_text(p, f.values[std::string{which}]);
    return f;
}

Found unknown_impi(const Procedure& p) {
    return unknown(p, "impi");
}
Found unknown_impu(const Procedure& p) {
    return unknown(p, "impu");
}

Found with_result(const Procedure& p, std::string_view result) {
    const auto* answer = refusal(p, result);
    if (answer == nullptr) return {};
    auto f = about(p, answer);
    f.values["visited"] = asked(p, "visited_network");
    f.values["scheme"] = asked(p, "scheme");
    return f;
}
Found no_match(const Procedure& p) {
    return with_result(p, "IDENTITIES_DONT_MATCH");
}
Found roaming(const Procedure& p) {
    return with_result(p, "ROAMING_NOT_ALLOWED");
}
Found barred(const Procedure& p) {
    return with_result(p, "AUTHORIZATION_REJECTED");
}
Found scheme(const Procedure& p) {
    auto f = with_result(p, "AUTH_SCHEME_NOT_SUPPORTED");
    if (f)
        if (const auto* mar = p.cx_request("MAR")) f->values["scheme"] = mar->field("scheme");
    return f;
}

constexpr std::array identity_rows{
    Cause{"mnc-padding",
          "The UE registers {asked}, and the HSS knows {known}: the MNC is written differently.",
          "Write the MNC with three digits on both sides (TS 23.003 13.2: MNC 01 is mnc001): in the UE's "
          "ISIM or "
          "home domain, or in the HSS.",
          mnc_padding, near_misses},
    Cause{"unknown-impi", "The HSS does not know the private identity {impi}.{near}",
          "Add the subscriber (hssctl subscriber add), or correct the identity on the UE's side: IMSI, and "
          "MCC and "
          "MNC of its domain.",
          unknown_impi, near_misses},
    Cause{
        "unknown-impu",
        "The HSS knows the private identity {impi}, but nobody has the public identity {impu}.{near}",
        "Add the public identity to the subscription (hssctl subscriber show and set), or correct it in the "
        "UE.",
        unknown_impu, near_misses},
    Cause{"identities-dont-match", "The HSS knows both, but {impi} does not own the public identity {impu}.",
          "Correct the public identity in the UE, or the subscription of {impi}.", no_match},
    Cause{"roaming-not-allowed", "The HSS does not let {impi} register from the visited network {visited}.",
          "Allow that network in the subscription (allowed_visited_networks), or correct "
          "pcscf.visited_network: at "
          "home it must be the HSS's hss.home_network.",
          roaming},
    Cause{"barred", "The registration of {impu} is barred in the HSS.",
          "Lift the barring of the subscription or of the identity (hssctl subscriber show), if it should be "
          "able to "
          "register.",
          barred},
    Cause{"no-credentials-for-scheme",
          "The HSS has no credentials of {impi} for the authentication scheme {scheme}.",
          "Give the subscriber K and OP or OPc for IMS-AKA, or a password for SIP Digest, whichever the UE "
          "uses.",
          scheme},
};

}  // namespace

std::span<const Cause> identity_causes() {
    return identity_rows;
}

}  // namespace ims::why
