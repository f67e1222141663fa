#include "pcscf/core/charging.hpp"

namespace ims::pcscf {

std::string type_1_ioi(std::string_view network) {
    return "Type 1" + std::string{network};
}

ChargingVector charging_vector_of(const sip::Message& m) {
    ChargingVector v;
    const auto header = m.get<sip::h::PChargingVector>();
    if (!header) return v;  // absent, or of an unreadable kind: charging never stops a call
    v.icid = header->params.get("icid-value").value_or("");
    v.orig_ioi = header->params.get("orig-ioi").value_or("");
    v.term_ioi = header->params.get("term-ioi").value_or("");
    return v;
}

void set_charging_vector(sip::Message& m, const ChargingVector& v) {
    sip::TokenParams header;
    header.params.set("icid-value", v.icid);
    if (!v.orig_ioi.empty()) header.params.set_quoted("orig-ioi", v.orig_ioi);
    if (!v.term_ioi.empty()) header.params.set_quoted("term-ioi", v.term_ioi);
    // 7.2A.5: icid-value first and no semicolon before it.
    std::string text;
    header.params.print(text);
    m.set_raw(sip::HeaderId::PChargingVector, std::string_view{text}.substr(1));
}

}  // namespace ims::pcscf
