#pragma once
#include "common/base/note.hpp"
#include "common/base/random.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/sip/message/message.hpp"
#include "icscf/core/icscf.hpp"

#include <optional>
#include <string>
#include <string_view>

// What an I-CSCF reads from a request and writes into it.
namespace ims::icscf {

// Whom a decision concerns, for the log.
struct Subject {
    std::string call_id;
    std::string method;
    std::string impi;
    std::string impu;
};
Subject subject_of(const sip::Message& request);
Note note(Severity severity, std::string_view id, const Subject& subject);

struct AuthorizationQuestion {
    cx::UserAuthorizationRequest uar;
    // 5.3.1.3: there is an Authorization, and its integrity-protected is absent or "no". Whoever sends such a
    // REGISTER will be challenged, by any S-CSCF.
    bool is_unprotected = false;
};
// 5.3.1.2 steps 2, 3; nothing if To holds no public identity.
std::optional<AuthorizationQuestion> authorization_question(const sip::Message& request,
                                                            std::string_view home_domain);

// 5.3.2.1 step 1: pres: and im: become SIP URIs, "sip:+123@d;user=phone" becomes "tel:+123" with its
// parameters.
void normalize_request_uri(sip::Message& request);

// 5.3.2.1A: P-Served-User, else the first P-Asserted-Identity.
std::optional<Impu> served_user(const sip::Message& request);

bool has_icid(const sip::Message& request);
// 5.3.2.1 step 4: an initial request leaves with an icid-value.
void keep_or_make_icid(sip::Message& request, const Config& config, Random& random);

}  // namespace ims::icscf
