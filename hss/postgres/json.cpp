#include "hss/postgres/json.hpp"

#include "hss/postgres/json_reader.hpp"

namespace ims::hss {
namespace {

using nlohmann::json;

std::string print(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

constexpr std::int64_t max31 = 2147483647;

json spt_json(const ServicePointTrigger& spt) {
    json j{{"group", spt.groups}};
    if (spt.condition_negated) j["negated"] = true;
    std::visit(overloaded{
                   [&](const ServicePointTrigger::RequestUri& c) { j["request_uri"] = c.pattern; },
                   [&](const ServicePointTrigger::Method& c) { j["method"] = c.method; },
                   [&](const ServicePointTrigger::SipHeader& c) {
                       j["sip_header"] = {{"header", c.header}};
                       if (c.content) j["sip_header"]["content"] = *c.content;
                   },
                   [&](SessionCase c) { j["session_case"] = static_cast<int>(c); },
                   [&](const ServicePointTrigger::SessionDescription& c) {
                       j["session_description"] = {{"line", c.line}};
                       if (c.content) j["session_description"]["content"] = *c.content;
                   },
               },
               spt.condition);
    for (const auto type : spt.registration_types) j["registration_type"].push_back(static_cast<int>(type));
    return j;
}

// An array of whole numbers.
template <class T>
std::vector<T> numbers(JsonReader& r, std::string_view key, std::int64_t high) {
    std::vector<T> out;
    const auto* v = r.find(key);
    if (!v) return out;
    const auto each = v->is_array() ? *v : json::array({*v});
    for (const auto& n : each) {
        if (n.is_number_integer() && n >= 0 && n <= high)
            out.push_back(static_cast<T>(n.get<std::int64_t>()));
        else
            r.fail("'" + std::string{key} + "' must hold whole numbers from 0 to " + std::to_string(high));
    }
    return out;
}

ServicePointTrigger parse_spt(const json& j, const std::string& where, std::string& error) {
    ServicePointTrigger spt;
    JsonReader r{j, where, error};
    spt.condition_negated = r.flag("negated", false);
    spt.groups = numbers<std::uint32_t>(r, "group", max31);
    if (spt.groups.empty()) spt.groups.push_back(0);
    spt.registration_types = numbers<RegistrationType>(r, "registration_type", 2);
    int conditions = 0;
    if (auto v = r.text("request_uri")) spt.condition = ServicePointTrigger::RequestUri{*v}, ++conditions;
    if (auto v = r.text("method")) spt.condition = ServicePointTrigger::Method{*v}, ++conditions;
    if (auto v = r.number("session_case", 0, 4)) spt.condition = static_cast<SessionCase>(*v), ++conditions;
    if (const auto* v = r.find("sip_header")) {
        JsonReader h{*v, where + ".sip_header", error};
        auto name = h.text("header");
        if (!name) h.fail("needs 'header'");
        spt.condition = ServicePointTrigger::SipHeader{name.value_or(""), h.text("content")};
        h.finish();
        ++conditions;
    }
    if (const auto* v = r.find("session_description")) {
        JsonReader d{*v, where + ".session_description", error};
        auto line = d.text("line");
        if (!line) d.fail("needs 'line'");
        spt.condition = ServicePointTrigger::SessionDescription{line.value_or(""), d.text("content")};
        d.finish();
        ++conditions;
    }
    if (conditions != 1)
        r.fail("needs exactly one of request_uri, method, sip_header, session_case, session_description");
    r.finish();
    return spt;
}

}  // namespace

std::string print_json(const InitialFilterCriterion& c) {
    json j{{"priority", c.priority},
           {"application_server", {{"server_name", c.application_server.server_name}}}};
    auto& as = j["application_server"];
    if (c.application_server.default_handling)
        as["default_handling"] = static_cast<int>(*c.application_server.default_handling);
    if (c.application_server.service_info) as["service_info"] = *c.application_server.service_info;
    if (c.application_server.include_register_request) as["include_register_request"] = true;
    if (c.application_server.include_register_response) as["include_register_response"] = true;
    if (c.profile_part_indicator) j["profile_part_indicator"] = static_cast<int>(*c.profile_part_indicator);
    if (c.trigger_point) {
        auto& t = j["trigger_point"] = {{"condition_type_cnf", c.trigger_point->condition_type_cnf},
                                        {"spts", json::array()}};
        for (const auto& spt : c.trigger_point->spts) t["spts"].push_back(spt_json(spt));
    }
    return print(j);
}

ims::Result<InitialFilterCriterion, std::string> parse_criterion(std::string_view text) {
    const auto j = json::parse(text, nullptr, false);
    if (j.is_discarded()) return std::string{"criterion: not JSON"};
    std::string error;
    InitialFilterCriterion c;
    JsonReader r{j, "criterion", error};
    if (const auto priority = r.number("priority", 0, max31))
        c.priority = static_cast<std::int32_t>(*priority);
    else
        r.fail("needs 'priority'");
    if (const auto part = r.number("profile_part_indicator", 0, 1))
        c.profile_part_indicator = static_cast<ProfilePartIndicator>(*part);
    if (const auto* as = r.find("application_server")) {
        JsonReader a{*as, "criterion.application_server", error};
        if (auto name = a.text("server_name"))
            c.application_server.server_name = *name;
        else
            a.fail("needs 'server_name', a SIP URI");
        if (const auto handling = a.number("default_handling", 0, 1))
            c.application_server.default_handling = static_cast<DefaultHandling>(*handling);
        c.application_server.service_info = a.text("service_info");
        c.application_server.include_register_request = a.flag("include_register_request", false);
        c.application_server.include_register_response = a.flag("include_register_response", false);
        a.finish();
    } else {
        r.fail("needs 'application_server'");
    }
    if (const auto* trigger = r.find("trigger_point")) {
        auto& point = c.trigger_point.emplace();
        JsonReader t{*trigger, "criterion.trigger_point", error};
        point.condition_type_cnf = t.flag("condition_type_cnf", true);
        const auto* spts = t.find("spts");
        if (!spts || !spts->is_array() || spts->empty()) {
            t.fail("needs 'spts', an array of at least one");
        } else {
            for (std::size_t n = 0; n < spts->size(); ++n)
                point.spts.push_back(
                    parse_spt((*spts)[n], "criterion.trigger_point.spts[" + std::to_string(n) + "]", error));
        }
        t.finish();
    }
    r.finish();
    if (!error.empty()) return error;
    return c;
}

std::string print_json(const cx::ScscfRestorationInfo& info) {
    json j{{"user_name", info.user_name.value()}, {"restoration_info", json::array()}};
    if (info.registration_time_out) j["registration_time_out"] = *info.registration_time_out;
    if (info.sip_authentication_scheme) j["sip_authentication_scheme"] = *info.sip_authentication_scheme;
    for (const auto& r : info.restoration_info) {
        json one{{"path", r.path}, {"contact", r.contact}};
        if (r.initial_cseq_sequence_number)
            one["initial_cseq_sequence_number"] = *r.initial_cseq_sequence_number;
        if (r.call_id_sip_header) one["call_id"] = *r.call_id_sip_header;
        if (const auto& s = r.subscription_info)
            one["subscription_info"] = {s->call_id_sip_header, s->from_sip_header, s->to_sip_header,
                                        s->record_route, s->contact};
        if (const auto& s = r.p_cscf_subscription_info)
            one["p_cscf_subscription_info"] = {s->call_id_sip_header, s->from_sip_header, s->to_sip_header,
                                               s->contact};
        j["restoration_info"].push_back(std::move(one));
    }
    return print(j);
}

std::optional<cx::ScscfRestorationInfo> parse_restoration_info(std::string_view text) {
    try {
        const auto j = json::parse(text);
        cx::ScscfRestorationInfo info;
        info.user_name = Impi{j.at("user_name").get<std::string>()};
        if (j.contains("registration_time_out")) info.registration_time_out = j["registration_time_out"];
        if (j.contains("sip_authentication_scheme"))
            info.sip_authentication_scheme = j["sip_authentication_scheme"].get<std::string>();
        for (const auto& one : j.at("restoration_info")) {
            auto& r = info.restoration_info.emplace_back();
            r.path = one.at("path");
            r.contact = one.at("contact");
            if (one.contains("initial_cseq_sequence_number"))
                r.initial_cseq_sequence_number = one["initial_cseq_sequence_number"].get<std::uint32_t>();
            if (one.contains("call_id")) r.call_id_sip_header = one["call_id"].get<std::string>();
            if (one.contains("subscription_info")) {
                const auto& s = one["subscription_info"];
                r.subscription_info = cx::SubscriptionInfo{s.at(0), s.at(1), s.at(2), s.at(3), s.at(4)};
            }
            if (one.contains("p_cscf_subscription_info")) {
                const auto& s = one["p_cscf_subscription_info"];
                r.p_cscf_subscription_info = cx::PCscfSubscriptionInfo{s.at(0), s.at(1), s.at(2), s.at(3)};
            }
        }
        return info;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ims::hss
