#pragma once
#include "common/ims/identity.hpp"
#include "common/sip/message/uri.hpp"

#include <optional>

// The identities of identity.hpp, of a URI that is read already.
namespace ims {

std::optional<Impu> canonical_impu(const sip::Uri& uri);
std::optional<Impu> tel_of(const sip::Uri& uri);

}  // namespace ims
