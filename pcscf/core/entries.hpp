#pragma once
#include "common/sip/message/entries.hpp"
#include "common/sip/message/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Addresses in headers, read where they stand: what is compared, kept or passed on as text need not be taken
// apart into names, hosts and parameters.
namespace ims::pcscf {

std::string unfolded(std::string_view entry);  // in one line
// The URI of an entry (name-addr or addr-spec) as it stands there; nothing if there is none that is one.
std::optional<std::string> uri_text_of(std::string_view entry);
bool is_bracketed(std::string_view entry, std::string_view uri);  // it is <uri> and no more
bool same_uri(std::string_view a, std::string_view b);            // RFC 3261 19.1.4
// Whether the entry is <uri>, or an equivalent one (RFC 3261 19.1.4).
bool is_entry_of(std::string_view entry, std::string_view uri);
// Whether it is our own with this token in its user part, which nobody else could make.
bool is_own_entry(std::string_view entry, std::string_view token);
// The URIs of Record-Route but for our own entry, the topmost first.
std::vector<std::string> routes_beyond_us(const sip::Message& m, std::string_view token);

// The URI of Contact; nothing for "*" or none.
std::optional<std::string> contact_uri_of(const sip::Message& m);

}  // namespace ims::pcscf
