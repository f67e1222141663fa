#include "scscf/core/register_request.hpp"

#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::scscf {

namespace h = sip::h;

namespace {

std::optional<Protection> protection_of(const std::optional<sip::AuthValue>& authorization) {
    if (!authorization) return Protection::NoAuthorization;
    const auto mark = authorization->params.get("integrity-protected");
    if (!mark) return Protection::Absent;
    static constexpr std::array<std::pair<std::string_view, Protection>, 8> marks{{
        {"no", Protection::No},
        {"yes", Protection::Yes},
        {"tls-connected", Protection::TlsConnected},
        {"tls-pending", Protection::TlsPending},
        {"tls-yes", Protection::TlsYes},
        {"ip-assoc-pending", Protection::IpAssocPending},
        {"ip-assoc-yes", Protection::IpAssocYes},
        {"auth-done", Protection::AuthDone},
    }};
    for (const auto& [text, protection] : marks)
        if (iequals(*mark, text)) return protection;
    return {};
}

}  // namespace

std::string_view RegisterRequest::auth_param(std::string_view name) const {
    return authorization ? authorization->params.get(name).value_or(std::string_view{}) : std::string_view{};
}

bool RegisterRequest::has_answer() const {
    return !auth_param("response").empty() || !auth_param("auts").empty();
}

bool RegisterRequest::names_aka() const {
    return istarts_with(auth_param("algorithm"), "AKA");
}

std::optional<std::uint32_t> RegisterRequest::expires_of(const sip::NameAddr& contact) const {
    if (const auto own = contact.params.get("expires")) {
        // RFC 3261 20.10: a malformed value counts as 3600; one beyond 32 bits as the longest.
        const auto seconds = parse_number(*own);
        if (!seconds) return 3600;
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(*seconds, 0xFFFFFFFFU));
    }
    return expires;
}

bool RegisterRequest::deregisters() const {
    if (star) return true;
    return !contacts.empty() &&
           std::all_of(contacts.begin(), contacts.end(), [&](const auto& c) { return expires_of(c) == 0U; });
}

const sip::NameAddr* RegisterRequest::contact_to_bind() const {
    const sip::NameAddr* best = nullptr;
    for (const auto& contact : contacts) {
        if (expires_of(contact) == 0U) continue;
        if (best == nullptr || q_of(contact) > q_of(*best)) best = &contact;
    }
    return best;
}

Subject RegisterRequest::subject() const {
    return subject_of(message, impi.value(), impu.value());
}

Result<RegisterRequest, Refusal> read_register(const sip::RequestArrived& arrived, const Core& core) {
    const auto& message = arrived.request;
    const auto to = message.get<h::To>();
    const auto impu = to ? canonical_impu(to->uri) : std::nullopt;
    if (!impu) return Refusal{400, "To holds no public identity"};
    RegisterRequest r{arrived.transaction,
                      message,
                      {},
                      *impu,
                      {},
                      Protection::NoAuthorization,
                      {},
                      false,
                      {},
                      {},
                      false,
                      false};

    if (message.has<h::Authorization>()) {
        auto authorization = message.get<h::Authorization>();
        if (!authorization) return Refusal{400, "malformed Authorization"};
        if (!iequals(authorization->scheme, "Digest")) return Refusal{400, "Authorization is not Digest"};
        r.authorization = std::move(*authorization);
    }
    const auto protection = protection_of(r.authorization);
    if (!protection) return Refusal{400, "unknown integrity-protected"};
    r.protection = *protection;

    r.impi = Impi{std::string{r.auth_param("username")}};
    if (r.impi.value().empty()) {
        // 5.4.1.1: without a username the private identity is To without scheme and parameters.
        const std::string_view text = impu->value();
        r.impi = Impi{std::string{text.substr(text.find(':') + 1)}};
    }

    auto contacts = message.all<h::Contact>();
    if (!contacts) return Refusal{400, "malformed Contact"};
    for (auto& contact : *contacts) {
        if (contact.star)
            r.star = true;
        else if (contact.address.uri.has("bnc") && !contact.address.uri.user.empty())
            return Refusal{400, "Contact with bnc and a user part"};  // 5.4.1.2.3
        else
            r.contacts.push_back(std::move(contact.address));
    }
    if (message.has<h::Expires>()) {
        // RFC 3261 20.19: as for the parameter, a malformed value counts as 3600.
        const auto expires = message.get<h::Expires>();
        r.expires = expires ? *expires : 3600;
    }
    // RFC 3261 10.3 step 6
    if (r.star && (!r.contacts.empty() || r.expires != 0U))
        return Refusal{400, "Contact * without Expires 0"};

    r.path = join(message.raw_all(sip::HeaderId::Path));
    if (const auto first = message.get<h::Path>()) r.path_outbound = first->uri.has("ob");
    if (const auto visited = message.get<h::PVisitedNetworkId>())
        r.home_network = core.is_home_domain(visited->token);
    return r;
}

std::uint16_t q_of(const sip::NameAddr& contact) {
    const auto text = contact.params.get("q");
    if (!text || text->empty()) return 1000;
    // qvalue = 0[.ddd] or 1[.000]
    if ((*text)[0] == '1') return 1000;
    std::uint16_t q = 0;
    std::uint16_t weight = 100;
    for (std::size_t i = 2; i < text->size() && weight > 0; ++i, weight /= 10) {
        if (!is_digit((*text)[i])) return 1000;
        q = static_cast<std::uint16_t>(q + weight * ((*text)[i] - '0'));
    }
    return (*text)[0] == '0' ? q : std::uint16_t{1000};
}

std::uint32_t reg_id_of(const sip::NameAddr& contact) {
    const auto text = contact.params.get("reg-id");
    const auto number = text ? parse_number(*text) : std::nullopt;
    return number && *number < (1ULL << 31) ? static_cast<std::uint32_t>(*number) : 0;
}

std::string kept_params(const sip::NameAddr& contact) {
    static constexpr std::array<std::string_view, 7> left_out{
        "q", "expires", "+sip.instance", "reg-id", "pub-gruu", "temp-gruu", "temp-gruu-cookie"};
    sip::Params kept;
    for (const auto& param : contact.params)
        if (std::none_of(left_out.begin(), left_out.end(),
                         [&](auto name) { return iequals(name, param.name); }))
            kept.add(param);
    std::string text;
    kept.print(text);
    return text;
}

}  // namespace ims::scscf
