#include "scscf/core/charging.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/each_param.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::scscf {

namespace h = sip::h;

namespace {

constexpr std::string_view type_1 = "Type 1";
constexpr std::string_view type_3 = "Type 3";

std::string ioi_text(IoiType type, std::string_view ioi) {
    const auto prefix = type == IoiType::VisitedToHome  ? type_1
                        : type == IoiType::HomeToServer ? type_3
                                                        : std::string_view{};
    std::string text;
    text.reserve(prefix.size() + ioi.size());
    text += prefix;
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

bool names_access(std::string_view name) {
    return std::any_of(access_params.begin(), access_params.end(),
                       [name](std::string_view access) { return iequals(access, name); });
}

// Is there a parameter of such a name? Perhaps, if one only seems to begin within a quoted value. Most
// vectors have an icid and names of operators, and need not be decoded to know that.
bool may_name_access(std::string_view vector) {
    while (!vector.empty()) {
        const auto param = vector.substr(0, vector.find(';'));
        if (names_access(trim(param.substr(0, param.find('='))))) return true;
        vector.remove_prefix(std::min(vector.size(), param.size() + 1));
    }
    return false;
}

// A vector as it is written, one parameter after the other.
class VectorText {
  public:
    VectorText() { text_.reserve(192); }  // an icid and the names of two operators
    void add(const sip::Param& param) {
        if (!text_.empty()) text_ += ';';
        sip::print_param(param, text_);
    }
    void add(std::string_view name, std::string_view quoted) { add({name, quoted, true}); }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

// A vector where there was none, or none with an icid.
void make_vector(sip::Message& message, std::string_view icid, const std::optional<std::string>& orig_ioi,
                 const std::optional<std::string>& term_ioi) {
    VectorText vector;
    vector.add("icid-value", icid);
    if (orig_ioi) vector.add("orig-ioi", *orig_ioi);
    if (term_ioi) vector.add("term-ioi", *term_ioi);
    message.set_raw(sip::HeaderId::PChargingVector, vector.text());
}

// What stays of the message's vector when it goes on: all but the networks it went through (4.5.4, 4.5.4A).
// Nothing if it has no icid, or is none.
std::optional<VectorText> without_networks(const sip::Message& message) {
    const auto received = message.raw(sip::HeaderId::PChargingVector);
    if (!received) return {};
    VectorText vector;
    bool has_icid = false;
    const auto error = sip::each_param(*received, [&](const sip::Param& param) {
        if (iequals(param.name, "orig-ioi") || iequals(param.name, "term-ioi") ||
            iequals(param.name, "transit-ioi"))
            return;
        has_icid = has_icid || iequals(param.name, "icid-value");
        vector.add(param);
    });
    if (error || !has_icid) return {};
    return vector;
}

}  // namespace

ChargingVector charging_of(const sip::Message& request) {
    const auto text = request.raw(sip::HeaderId::PChargingVector);
    if (!text) return {};
    ChargingVector charging;
    const auto take = [](std::optional<std::string>& to, const sip::Param& param) {
        if (param.value && !to) to = *param.value;
    };
    const auto error = sip::each_param(*text, [&](const sip::Param& param) {
        if (iequals(param.name, "icid-value")) take(charging.icid, param);
        if (iequals(param.name, "orig-ioi")) take(charging.orig_ioi, param);
    });
    if (error) return {};
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

void charge_request(sip::Message& request, IoiType type, std::string_view ioi, Random& random) {
    auto vector = without_networks(request);
    if (!vector) return charge_own_request(request, type, ioi, random.token(16));
    vector->add("orig-ioi", ioi_text(type, ioi));
    request.set_raw(sip::HeaderId::PChargingVector, vector->text());
}

void charge_own_request(sip::Message& request, IoiType type, std::string_view ioi, std::string_view icid) {
    make_vector(request, icid, ioi_text(type, ioi), {});
}

void charge_response(sip::Message& response, const ChargingVector& request, IoiType type,
                     std::string_view ioi) {
    if (!request.icid) return;
    const auto term_ioi = ioi_text(request.type().value_or(type), ioi);
    auto vector = without_networks(response);
    if (!vector) return make_vector(response, *request.icid, request.orig_ioi, term_ioi);
    if (request.orig_ioi) vector->add("orig-ioi", *request.orig_ioi);
    vector->add("term-ioi", term_ioi);
    response.set_raw(sip::HeaderId::PChargingVector, vector->text());
}

void remove_access_charging(sip::Message& message) {
    const auto text = message.raw(sip::HeaderId::PChargingVector);
    if (!text || !may_name_access(*text)) return;
    VectorText vector;
    const auto error = sip::each_param(*text, [&](const sip::Param& param) {
        if (!names_access(param.name)) vector.add(param);
    });
    if (!error) message.set_raw(sip::HeaderId::PChargingVector, vector.text());
}

bool may_tell_access(const sip::Message& message) {
    if (message.has<h::PAccessNetworkInfo>()) return true;
    const auto vector = message.raw(sip::HeaderId::PChargingVector);
    return vector && may_name_access(*vector);
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
