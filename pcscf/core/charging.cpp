#include "pcscf/core/charging.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/each_param.hpp"

namespace ims::pcscf {

std::string type_1_ioi(std::string_view network) {
    return "Type 1" + std::string{network};
}

ChargingVector charging_vector_of(const sip::Message& m) {
    const auto text = m.raw(sip::HeaderId::PChargingVector);
    if (!text) return {};
    ChargingVector v;
    const auto take = [](std::string& to, const sip::Param& p) {
        if (p.value && to.empty()) to = *p.value;
    };
    const auto error = sip::each_param(*text, [&](const sip::Param& p) {
        if (iequals(p.name, "icid-value")) take(v.icid, p);
        if (iequals(p.name, "orig-ioi")) take(v.orig_ioi, p);
        if (iequals(p.name, "term-ioi")) take(v.term_ioi, p);
    });
    if (error) return {};  // of an unreadable kind: charging never stops a call
    return v;
}

void set_charging_vector(sip::Message& m, const ChargingVector& v) {
    std::string text;
    text.reserve(48 + v.icid.size() + v.orig_ioi.size() + v.term_ioi.size());
    // 7.2A.5: icid-value first and no semicolon before it.
    sip::print_param({"icid-value", v.icid}, text);
    if (!v.orig_ioi.empty()) sip::print_param({";orig-ioi", v.orig_ioi, true}, text);
    if (!v.term_ioi.empty()) sip::print_param({";term-ioi", v.term_ioi, true}, text);
    m.set_raw(sip::HeaderId::PChargingVector, text);
}

}  // namespace ims::pcscf
