#include "scscf/shell/commands.hpp"

#include "common/base/text.hpp"
#include "common/ims/identity.hpp"
#include "scscf/core/scscf.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace ims::scscf {

namespace {

using runtime::HttpRequest;
using runtime::HttpResponse;

constexpr std::chrono::seconds usual{60};
constexpr std::uint64_t longest = 86'400;

HttpResponse bad(std::string why) {
    return {400, std::move(why) + "\n"};
}

std::optional<Impu> identity_in(const HttpRequest& request) {
    const auto text = request.parameter("impu");
    return text ? canonical_impu(*text) : std::nullopt;
}

HttpResponse done(bool found, const Impu& impu, std::string_view what) {
    if (!found)
        return {404, impu.value() +
                         " is not registered here; /metrics says how many are, and the log of the "
                         "I-CSCF (note=icscf.scscf.chosen) which S-CSCF serves a user\n"};
    return {200, impu.value() + ": " + std::string{what} + "\n"};
}

constexpr std::string_view no_identity =
    "?impu=IDENTITY is missing or no public identity, such as "
    "impu=sip:%2B15550001@ims.example or impu=tel:%2B15550001";

// 24.229 5.4.1.6
HttpResponse reauthenticate(Node& node, const HttpRequest& request, TimePoint now, Effects& out) {
    const auto impu = identity_in(request);
    if (!impu) return bad(std::string{no_identity});
    auto within = usual;
    if (const auto text = request.parameter("within")) {
        const auto seconds = parse_number(*text);
        if (!seconds || *seconds == 0 || *seconds > longest)
            return bad("within is a number of seconds, from 1 to 86400");
        within = std::chrono::seconds{static_cast<std::int64_t>(*seconds)};
    }
    const bool found = static_cast<Scscf&>(node).reauthenticate(*impu, within, now, out);
    return done(
        found, *impu,
        "will be challenged; his registration lasts " + std::to_string(within.count()) + " s at most");
}

// 24.229 5.4.1.5
HttpResponse deregister(Node& node, const HttpRequest& request, TimePoint now, Effects& out) {
    const auto impu = identity_in(request);
    if (!impu) return bad(std::string{no_identity});
    const auto event = request.parameter("event").value_or("rejected");
    if (event != "rejected" && event != "deactivated")
        return bad("event is rejected (the UE stays away) or deactivated (the UE comes back at once)");
    const auto removal = event == "rejected" ? Removal::Rejected : Removal::Deactivated;
    return done(static_cast<Scscf&>(node).deregister(*impu, removal, now, out), *impu,
                "deregistered, " + event);
}

}  // namespace

std::vector<runtime::CscfProgram::Command> commands() {
    return {{"/registrations/reauthenticate", reauthenticate}, {"/registrations/deregister", deregister}};
}

}  // namespace ims::scscf
