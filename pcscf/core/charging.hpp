#pragma once
#include "common/sip/message/message.hpp"

#include <string>
#include <string_view>

namespace ims::pcscf {

// P-Charging-Vector as a P-CSCF writes and reads it (24.229 4.5, 7.2A.5). The IOI it exchanges with the
// S-CSCF is of type 1: a quoted "Type 1" with the name of the network behind it.
struct ChargingVector {
    std::string icid;
    std::string orig_ioi;  // as it stands in the header, with its type prefix
    std::string term_ioi;
};

std::string type_1_ioi(std::string_view network);
ChargingVector charging_vector_of(const sip::Message& m);  // empty members for what is not there
void set_charging_vector(sip::Message& m, const ChargingVector& v);

}  // namespace ims::pcscf
