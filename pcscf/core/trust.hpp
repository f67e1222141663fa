#pragma once
#include "common/sip/message/message.hpp"
#include "pcscf/core/config.hpp"

namespace ims::pcscf {

// The border between the trust domain and a UE, header by header (24.229 5.2.1, 4.4; RFC 3325 7).

// What a UE may not send: removed and ignored. Identities are the caller's affair.
void strip_from_ue(sip::Message& m, const UserPolicy& policy = {});
// What a UE may not see.
void strip_towards_ue(sip::Message& m, const UserPolicy& policy = {});
// Removes one option tag from Require, Proxy-Require or Supported; the header goes with the last.
void remove_option(sip::Message& m, sip::HeaderId header, std::string_view option_tag);

}  // namespace ims::pcscf
