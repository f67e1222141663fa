#pragma once
#include "common/sip/message/message.hpp"

#include <string>

namespace ims::sip {

// RFC 3261 8.1.1.7: branches that begin so are unique by construction.
inline constexpr std::string_view magic_cookie = "z9hG4bK";

// Does this branch identify a transaction by itself? The bare cookie does not.
bool has_magic_cookie(std::string_view branch);

// The server transaction a request belongs to (RFC 3261 17.2.3), as text to be hashed. An ACK has the key of
// its INVITE; `method` asks for another one: with Method::Invite the key of the INVITE that a CANCEL means.
//
// Without the magic cookie these are RFC 2543's rules: Request-URI, From tag, Call-ID, CSeq number and top
// Via; the To tag takes part for all methods but INVITE, ACK and CANCEL, whose To differs from the INVITE's.
std::string server_key(const Message& request, const ViaValue& top_via, Method method);

}  // namespace ims::sip
