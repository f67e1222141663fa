#pragma once
#include "common/crypto/aka.hpp"

namespace ims::hss {

// Whether the value that `mine` has as OPc is an OP, as another subscriber shows: an OPc is derived from K
// (TS 35.206 4.1), so two K do not share one; and an operator's OP gives the other subscriber's OPc with his
// K.
bool shows_op_as_opc(const crypto::AkaKeys& mine, const crypto::AkaKeys& other);

}  // namespace ims::hss
