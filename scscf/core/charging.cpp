#include "scscf/core/charging.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::scscf {

namespace h = sip::h;

namespace {

constexpr std::string_view type_1 = "Type 1";
constexpr std::string_view type_3 = "Type 3";

std::string ioi_text(IoiType type, std::string_view ioi) {
    std::string text{type == IoiType::VisitedToHome  ? type_1
                     : type == IoiType::HomeToServer ? type_3
                                                     : std::string_view{}};
    return text += ioi;
}

// 7.2A.5.2: what an access network adds.
constexpr std::array<std::string_view, 9> access_params{"access-network-charging-info",
                                                        "ggsn",
                                                        "auth-token",
                                                        "pdp-info",
                                                        "pdngw",
                                                        "eps-info",
                                                        "smf",
                                                        "ecid",
                                                        "flow-id"};

// Is there a parameter of such a name? Perhaps, if one only seems to begin within a quoted value. Most
// vectors have an icid and names of operators, and need not be decoded to know that.
bool may_name_access(std::string_view vector) {
    while (!vector.empty()) {
        const auto param = vector.substr(0, vector.find(';'));
        const auto name = trim(param.substr(0, param.find('=')));
        if (std::any_of(access_params.begin(), access_params.end(),
                        [&](std::string_view access) { return iequals(access, name); }))
            return true;
        vector.remove_prefix(std::min(vector.size(), param.size() + 1));
    }
    return false;
}

sip::TokenParams vector_of(const sip::Message& message) {
    auto vector = message.get<h::PChargingVector>();
    return vector ? std::move(*vector) : sip::TokenParams{};
}

// A vector where there was none, or none with an icid.
void make_vector(sip::Message& message, std::string_view icid, const std::optional<std::string>& orig_ioi,
                 const std::optional<std::string>& term_ioi) {
    std::string text;
    sip::print_param({"icid-value", icid, true}, text);
    if (orig_ioi) sip::print_param({";orig-ioi", *orig_ioi, true}, text);
    if (term_ioi) sip::print_param({";term-ioi", *term_ioi, true}, text);
    message.set_raw(sip::HeaderId::PChargingVector, text);
}

}  // namespace

ChargingVector charging_of(const sip::Message& request) {
    const auto vector = vector_of(request);
    ChargingVector charging;
    if (const auto icid = vector.params.get("icid-value")) charging.icid = std::string{*icid};
    if (const auto ioi = vector.params.get("orig-ioi")) charging.orig_ioi = std::string{*ioi};
    return charging;
}

std::optional<IoiType> ChargingVector::type() const {
    if (!orig_ioi) return {};
    if (orig_ioi->starts_with(type_1)) return IoiType::VisitedToHome;
    return orig_ioi->starts_with(type_3) ? IoiType::HomeToServer : IoiType::HomeToHome;
}

std::string_view ChargingVector::operator_name() const {
    std::string_view name = orig_ioi ? std::string_view{*orig_ioi} : std::string_view{};
    if (type() != IoiType::HomeToHome && !name.empty()) name.remove_prefix(type_1.size());
    return name;
}

void charge_request(sip::Message& request, IoiType type, std::string_view ioi, const std::string& new_icid) {
    auto vector = vector_of(request);
    if (!vector.params.has("icid-value")) return charge_own_request(request, type, ioi, new_icid);
    vector.params.remove("term-ioi");
    vector.params.remove("transit-ioi");  // 4.5.4A
    vector.params.set_quoted("orig-ioi", ioi_text(type, ioi));
    request.set<h::PChargingVector>(vector);
}

void charge_own_request(sip::Message& request, IoiType type, std::string_view ioi, std::string_view icid) {
    make_vector(request, icid, ioi_text(type, ioi), {});
}

void charge_response(sip::Message& response, const ChargingVector& request, IoiType type,
                     std::string_view ioi) {
    if (!request.icid) return;
    const auto term_ioi = ioi_text(request.type().value_or(type), ioi);
    auto vector = vector_of(response);
    if (!vector.params.has("icid-value"))
        return make_vector(response, *request.icid, request.orig_ioi, term_ioi);
    vector.params.remove("transit-ioi");
    vector.params.remove("orig-ioi");
    if (request.orig_ioi) vector.params.set_quoted("orig-ioi", *request.orig_ioi);
    vector.params.set_quoted("term-ioi", term_ioi);
    response.set<h::PChargingVector>(vector);
}

void remove_access_charging(sip::Message& message) {
    const auto text = message.raw(sip::HeaderId::PChargingVector);
    if (!text || !may_name_access(*text)) return;
    auto vector = vector_of(message);
    bool removed = false;
    for (const auto name : access_params) removed = vector.params.remove(name) || removed;
    if (removed) message.set<h::PChargingVector>(vector);
}

void remove_access(sip::Message& message) {
    message.remove<h::PAccessNetworkInfo>();
    remove_access_charging(message);
}

bool add_charging_functions(sip::Message& message, const cx::ChargingInformation& charging) {
    sip::TokenParams addresses;
    const auto add = [&](std::string_view name, const std::optional<std::string>& uri) {
        if (uri) addresses.params.set_quoted(name, *uri);
    };
    add("ccf", charging.primary_charging_collection_function_name);
    add("ccf-2", charging.secondary_charging_collection_function_name);
    add("ecf", charging.primary_event_charging_function_name);
    add("ecf-2", charging.secondary_event_charging_function_name);
    if (addresses.params.empty()) return false;
    message.set<h::PChargingFunctionAddresses>(addresses);
    return true;
}

}  // namespace ims::scscf
