#include "icscf/core/request.hpp"

#include "common/base/text.hpp"

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

}  // namespace

std::optional<AuthorizationQuestion> authorization_question(const sip::Message& request,
                                                            std::string_view home_domain) {
    const auto to = request.get<h::To>();
    if (!to) return {};
    const auto impu = canonical_impu(to->uri.text());
    if (!impu) return {};

    AuthorizationQuestion q;
    q.uar.public_identity = *impu;
    if (const auto authorization = request.get<h::Authorization>()) {
        if (const auto name = authorization->params.get("username"))
            q.uar.user_name = Impi{std::string{*name}};
        const auto mark = authorization->params.get("integrity-protected");
        q.is_unprotected = !mark || iequals(*mark, "no");
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
    if (const auto served = request.get<h::PServedUser>()) return canonical_impu(served->uri.text());
    if (const auto asserted = request.get<h::PAssertedIdentity>())
        return canonical_impu(asserted->uri.text());
    return {};
}

bool has_icid(const sip::Message& request) {
    const auto vector = request.get<h::PChargingVector>();
    return vector && vector->params.has("icid-value");
}

void keep_or_make_icid(sip::Message& request, const Config& config, Random& random) {
    if (has_icid(request)) return;
    sip::TokenParams made;
    made.params.set_quoted("icid-value", random.token(16));
    made.params.set_quoted("orig-ioi", config.home_domain);
    request.set<h::PChargingVector>(made);
}

}  // namespace ims::icscf
