#include "icscf/core/request.hpp"

#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"
#include "common/sip/message/each_param.hpp"

#include <utility>

namespace ims::icscf {

namespace h = sip::h;

Subject subject_of(const sip::Message& request) {
    return {std::string{request.call_id()}, std::string{request.method_name()}, {}, {}};
}

Note note(Severity severity, std::string_view id, const Subject& subject) {
    Note n{severity, id, {{"call_id", subject.call_id}, {"method", subject.method}}};
    if (!subject.impi.empty()) n.with("impi", subject.impi);
    if (!subject.impu.empty()) n.with("impu", subject.impu);
    return n;
}

namespace {

using Contacts = sip::Parsed<std::vector<sip::ContactValue>>;

// A REGISTER that leaves no binding: Expires 0 or every Contact with expires=0.
bool deregisters(const sip::Message& request, const Contacts& contacts) {
    if (!contacts || contacts->empty()) return false;  // a query of the bindings
    const auto expires = request.get<h::Expires>();
    const bool header_says_zero = expires && *expires == 0;
    for (const auto& contact : *contacts) {
        const auto own = contact.star ? std::nullopt : contact.address.params.get("expires");
        if (own ? parse_number(*own) != 0 : !header_says_zero) return false;
    }
    return true;
}

bool registers_for_emergency(const Contacts& contacts) {
    if (!contacts) return false;
    for (const auto& contact : *contacts)
        if (!contact.star && contact.address.uri.has("sos")) return true;
    return false;
}

// What of Authorization counts here; nothing if there is none that can be read.
struct Credentials {
    Impi user_name;
    bool is_unprotected = true;
};
std::optional<Credentials> credentials_of(const sip::Message& request) {
    const auto text = request.raw(sip::HeaderId::Authorization);
    if (!text) return {};
    std::optional<std::string> name, mark;
    const auto take = [](std::optional<std::string>& to, const sip::Param& param) {
        if (param.value && !to) to = *param.value;
    };
    const auto error = sip::each_auth_param(*text, [&](const sip::Param& param) {
        if (iequals(param.name, "username")) take(name, param);
        if (iequals(param.name, "integrity-protected")) take(mark, param);
    });
    if (error) return {};
    return Credentials{Impi{std::move(name).value_or("")}, !mark || iequals(*mark, "no")};
}

}  // namespace

std::optional<AuthorizationQuestion> authorization_question(const sip::Message& request,
                                                            std::string_view home_domain) {
    const auto to = request.get<h::To>();
    if (!to) return {};
    const auto impu = canonical_impu(to->uri);
    if (!impu) return {};

    AuthorizationQuestion q;
    q.uar.public_identity = *impu;
    const auto credentials = credentials_of(request);
    if (credentials) {
        q.uar.user_name = credentials->user_name;
        q.is_unprotected = credentials->is_unprotected;
    }
    if (q.uar.user_name.value().empty()) {
        // Step 2: the private identity is the public one without scheme, port and parameters.
        const std::string_view text = impu->value();
        q.uar.user_name = Impi{std::string{text.substr(text.find(':') + 1)}};
    }
    q.uar.visited_network_identifier = home_domain;
    if (const auto visited = request.get<h::PVisitedNetworkId>())
        q.uar.visited_network_identifier = visited->token;
    const auto contacts = request.all<h::Contact>();
    q.uar.user_authorization_type = deregisters(request, contacts) ? cx::UserAuthorizationType::DeRegistration
                                                                   : cx::UserAuthorizationType::Registration;
    if (registers_for_emergency(contacts)) q.uar.uar_flags = 1;  // TS 29.229 6.3: bit 0
    return q;
}

void normalize_request_uri(sip::Message& request) {
    const auto& uri = request.request_uri();
    if (uri.scheme == sip::Uri::Scheme::Other && (uri.scheme_text == "pres" || uri.scheme_text == "im")) {
        if (auto as_sip = sip::Uri::parse("sip:" + uri.user)) request.set_request_uri(std::move(*as_sip));
        return;
    }
    const bool telephone = uri.is_sip() && uri.user.starts_with('+') &&
                           iequals(uri.params.get("user").value_or(""), "phone") && !uri.has("gr");
    if (!telephone) return;
    if (auto as_tel = sip::Uri::parse("tel:" + sip::unescape(uri.user)))
        request.set_request_uri(std::move(*as_tel));
}

std::optional<Impu> served_user(const sip::Message& request) {
    if (const auto served = request.get<h::PServedUser>()) return canonical_impu(served->uri);
    if (const auto asserted = request.get<h::PAssertedIdentity>()) return canonical_impu(asserted->uri);
    return {};
}

bool has_icid(const sip::Message& request) {
    const auto vector = request.raw(sip::HeaderId::PChargingVector);
    if (!vector) return false;
    bool found = false;
    const auto error = sip::each_param(
        *vector, [&found](const sip::Param& param) { found = found || iequals(param.name, "icid-value"); });
    return !error && found;
}

void keep_or_make_icid(sip::Message& request, const Config& config, Random& random) {
    if (has_icid(request)) return;
    sip::TokenParams made;
    made.params.set_quoted("icid-value", random.token(16));
    made.params.set_quoted("orig-ioi", config.home_domain);
    request.set<h::PChargingVector>(made);
}

}  // namespace ims::icscf
