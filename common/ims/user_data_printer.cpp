#include "common/ims/service_profile.hpp"
#include "common/ims/xml.hpp"

// TS 29.228 Annex E: the order of elements is the schema's, and each release's additions are an Extension
// deeper.
namespace ims {

namespace {

using xml::Writer;

template <class Enum>
std::uint64_t number(Enum e) {
    return static_cast<std::uint64_t>(e);
}

void print_extension(Writer& w, const PublicIdentity& p) {
    const bool fifth = p.max_num_of_allowed_simult_registrations.has_value();
    const bool third = fifth || p.wildcarded_impu || p.service_priority_level;
    const bool second = third || p.display_name || p.alias_identity_group_id;

    w.open("Extension");
    w.leaf("IdentityType", number(p.identity_type));
    if (p.wildcarded_psi) w.leaf("WildcardedPSI", *p.wildcarded_psi);
    if (second) {
        w.open("Extension");
        if (p.display_name) w.leaf("DisplayName", *p.display_name);
        if (p.alias_identity_group_id) w.leaf("AliasIdentityGroupID", *p.alias_identity_group_id);
        if (third) {
            w.open("Extension");
            if (p.wildcarded_impu) w.leaf("WildcardedIMPU", *p.wildcarded_impu);
            if (p.service_priority_level) w.leaf("ServicePriorityLevel", *p.service_priority_level);
            if (fifth) {
                w.open("Extension");
                w.open("Extension");
                w.leaf("MaxNumOfAllowedSimultRegistrations", *p.max_num_of_allowed_simult_registrations);
                w.close("Extension");
                w.close("Extension");
            }
            w.close("Extension");
        }
        w.close("Extension");
    }
    w.close("Extension");
}

void print(Writer& w, const PublicIdentity& p) {
    w.open("PublicIdentity");
    w.leaf("BarringIndication", p.barring_indication ? 1U : 0U);
    w.leaf("Identity", p.identity.value());
    print_extension(w, p);
    w.close("PublicIdentity");
}

void print(Writer& w, const ServicePointTrigger& spt) {
    w.open("SPT");
    w.leaf("ConditionNegated", spt.condition_negated ? 1U : 0U);
    for (const auto group : spt.groups) w.leaf("Group", group);
    if (spt.groups.empty()) w.leaf("Group", 0U);
    std::visit(overloaded{
                   [&](const ServicePointTrigger::RequestUri& c) { w.leaf("RequestURI", c.pattern); },
                   [&](const ServicePointTrigger::Method& c) { w.leaf("Method", c.method); },
                   [&](const ServicePointTrigger::SipHeader& c) {
                       w.open("SIPHeader");
                       w.leaf("Header", c.header);
                       if (c.content) w.leaf("Content", *c.content);
                       w.close("SIPHeader");
                   },
                   [&](const SessionCase& c) { w.leaf("SessionCase", number(c)); },
                   [&](const ServicePointTrigger::SessionDescription& c) {
                       w.open("SessionDescription");
                       w.leaf("Line", c.line);
                       if (c.content) w.leaf("Content", *c.content);
                       w.close("SessionDescription");
                   },
               },
               spt.condition);
    if (!spt.registration_types.empty()) {
        w.open("Extension");
        for (const auto type : spt.registration_types) w.leaf("RegistrationType", number(type));
        w.close("Extension");
    }
    w.close("SPT");
}

void print(Writer& w, const ApplicationServer& as) {
    w.open("ApplicationServer");
    w.leaf("ServerName", as.server_name);
    if (as.default_handling) w.leaf("DefaultHandling", number(*as.default_handling));
    if (as.service_info) w.leaf("ServiceInfo", *as.service_info);
    if (as.include_register_request || as.include_register_response) {
        w.open("Extension");
        if (as.include_register_request) w.empty("IncludeRegisterRequest");
        if (as.include_register_response) w.empty("IncludeRegisterResponse");
        w.close("Extension");
    }
    w.close("ApplicationServer");
}

void print(Writer& w, const InitialFilterCriterion& ifc) {
    w.open("InitialFilterCriteria");
    w.leaf("Priority", static_cast<std::uint64_t>(ifc.priority < 0 ? 0 : ifc.priority));
    if (ifc.trigger_point && !ifc.trigger_point->spts.empty()) {
        w.open("TriggerPoint");
        w.leaf("ConditionTypeCNF", ifc.trigger_point->condition_type_cnf ? 1U : 0U);
        for (const auto& spt : ifc.trigger_point->spts) print(w, spt);
        w.close("TriggerPoint");
    }
    print(w, ifc.application_server);
    if (ifc.profile_part_indicator) w.leaf("ProfilePartIndicator", number(*ifc.profile_part_indicator));
    w.close("InitialFilterCriteria");
}

void print_authorization(Writer& w, const ServiceProfile& profile) {
    if (!profile.subscribed_media_profile_id && profile.service_ids.empty()) return;
    w.open("CoreNetworkServicesAuthorization");
    if (profile.subscribed_media_profile_id)
        w.leaf("SubscribedMediaProfileId", *profile.subscribed_media_profile_id);
    if (!profile.service_ids.empty()) {
        w.open("Extension");
        w.open("ListOfServiceIds");
        for (const auto& id : profile.service_ids) w.leaf("ServiceId", id);
        w.close("ListOfServiceIds");
        w.close("Extension");
    }
    w.close("CoreNetworkServicesAuthorization");
}

void print(Writer& w, const ServiceProfile& profile) {
    w.open("ServiceProfile");
    for (const auto& identity : profile.public_identities) print(w, identity);
    print_authorization(w, profile);
    for (const auto& ifc : profile.initial_filter_criteria) print(w, ifc);
    if (!profile.shared_ifc_set_ids.empty()) {
        w.open("Extension");
        for (const auto id : profile.shared_ifc_set_ids) w.leaf("SharedIFCSetID", id);
        w.close("Extension");
    }
    w.close("ServiceProfile");
}

}  // namespace

std::string print_user_data(const ImsSubscription& subscription) {
    Writer w;
    w.open("IMSSubscription");
    w.leaf("PrivateID", subscription.private_id.value());
    for (const auto& profile : subscription.service_profiles) print(w, profile);
    if (subscription.imsi) {
        w.open("Extension");
        w.leaf("IMSI", *subscription.imsi);
        w.close("Extension");
    }
    w.close("IMSSubscription");
    return w.take();
}

}  // namespace ims
