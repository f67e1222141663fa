#pragma once
#include "common/crypto/uuid.hpp"
#include "common/ims/identity.hpp"
#include "common/sip/message/uri.hpp"

#include <optional>
#include <string>
#include <string_view>

// Globally routable UA URIs (RFC 5627, 24.229 5.4.7A): an identity with a device.
//
//   public      sip:+15550001@ims.example;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
//   temporary   sip:tgruu.<mark of the S-CSCF>.<token>@ims.example;gr
namespace ims::gruu {

bool is_gruu(const sip::Uri& uri);  // a SIP URI with `gr`
inline bool is_temporary(const sip::Uri& uri) {
    return is_gruu(uri) && !uri.params.get("gr");
}

// The value of `gr` for an instance id ("urn:..." in or without angle brackets). An IMEI or MEID does not
// leave the network: it is hidden in a UUID of that name space, which is the same in the whole domain.
std::string gr_of(std::string_view instance, const crypto::Uuid& device_names);
bool same_gr(std::string_view a, std::string_view b);
// Can that value be one of ours? What we make begins with "urn:", as each instance id does (RFC 5626 4.1).
bool may_be_instance(std::string_view gr);

std::string public_gruu(const Impu& impu, std::string_view gr);  // `impu`: a SIP URI

// By this an I-CSCF knows which S-CSCF made a temporary GRUU, without asking the HSS.
std::string server_mark(std::string_view server_name);
std::string temporary_gruu(std::string_view mark, std::string_view token, std::string_view domain);
struct Temporary {
    std::string_view mark, token;  // within the URI
};
std::optional<Temporary> temporary_parts(const sip::Uri& uri);

}  // namespace ims::gruu
