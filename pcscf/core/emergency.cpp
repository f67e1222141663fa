// Emergency requests (24.229 5.2.10): recognised before anything else, and refused so that the UE turns to
// another domain. Serving them is a later issue.
#include "pcscf/core/alternative_service.hpp"
#include "pcscf/core/impl.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {
constexpr std::string_view sos = "service:sos";  // RFC 5031
}

bool Pcscf::Impl::is_emergency(const sip::Message& request) const {
    const auto method = request.method();
    if (method == sip::Method::Ack || method == sip::Method::Cancel) return false;
    const auto& target = request.request_uri();  // 5.2.10.1: the Request-URI decides, whatever the Route says
    if (target.scheme == sip::Uri::Scheme::Other)
        return target.scheme_text == "urn" && istarts_with(target.user, sos) &&
               (target.user.size() == sos.size() || target.user[sos.size()] == '.');
    return std::find(config.emergency_numbers.begin(), config.emergency_numbers.end(), target.user) !=
           config.emergency_numbers.end();
}

void Pcscf::Impl::refuse_emergency(sip::RequestArrived& e, const Binding* b, TimePoint now) {
    // 5.2.10.1, .2: not from a UE without registration.
    if (b == nullptr) return refuse(e, 403, "emergency session of an unregistered UE", now);
    // 5.2.10.4, .5
    auto response = sip::Message::response(e.request, 380, "Alternative Service", random.token(8));
    response.set_raw(sip::HeaderId::PAssertedIdentity, own_entry(b->token(), b->ob));
    set_alternative_service(response, "emergency", "emergency sessions are not served here");
    note(Severity::Warning, "pcscf.emergency.refused", e.request, b)
        .with("status", "380")
        .with("request_uri", e.request.request_uri().text());
    respond(e.transaction, std::move(response), now);
}

}  // namespace ims::pcscf
