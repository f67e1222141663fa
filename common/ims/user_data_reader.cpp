#include "common/ims/service_profile.hpp"
#include "common/ims/xml.hpp"

// TS 29.228 Annex B and E, read with tolerance: unknown elements are skipped, an Extension of any depth is
// walked, texts are trimmed. What decides about a user (identities, barring, triggers) must be well-formed.
namespace ims {

namespace {

using pugi::xml_node;
using xml::child;
using xml::error_at;
using xml::extended_child;
using xml::number_of;
using xml::text_of;

using Failure = std::optional<XmlError>;  // nothing: it went well

Failure read(const xml_node& node, bool& out) {
    const auto text = text_of(node);
    if (text == "1" || iequals(text, "true"))
        out = true;
    else if (text == "0" || iequals(text, "false"))
        out = false;
    else
        return error_at(node, "boolean expected in " + std::string{node.name()});
    return {};
}

template <class Number>
Failure read_number(const xml_node& node, Number& out) {
    const auto value = number_of<Number>(text_of(node));
    if (!value) return error_at(node, "number expected in " + std::string{node.name()});
    out = *value;
    return {};
}

template <class Enum>
Failure read_enum(const xml_node& node, Enum& out, Enum last) {
    unsigned value = 0;
    if (auto failure = read_number(node, value)) return failure;
    if (value > static_cast<unsigned>(last))
        return error_at(node, "unknown value of " + std::string{node.name()});
    out = static_cast<Enum>(value);
    return {};
}

Failure read_optional(const xml_node& node, std::optional<std::uint32_t>& out) {
    if (!node) return {};
    return read_number(node, out.emplace());
}

std::optional<std::string> optional_text(const xml_node& node) {
    if (!node) return {};
    return std::string{text_of(node)};
}

// A wildcard is kept as it is written; a plain identity in its canonical form, so that it compares equal to
// what requests carry.
Impu identity_of(std::string_view text) {
    if (text.find('!') == std::string_view::npos)
        if (auto canonical = canonical_impu(text)) return std::move(*canonical);
    Impu as_written{std::string{text}};
    if (is_wildcarded(as_written)) return as_written;
    return canonical_impu(text).value_or(std::move(as_written));
}

// What each release added to a PublicIdentity, one level of Extension deeper than the one before.
Failure read_extended(std::string_view name, const xml_node& node, PublicIdentity& out) {
    if (name == "IdentityType") return read_enum(node, out.identity_type, IdentityType::WildcardedImpu);
    if (name == "ServicePriorityLevel") return read_optional(node, out.service_priority_level);
    if (name == "MaxNumOfAllowedSimultRegistrations")
        return read_optional(node, out.max_num_of_allowed_simult_registrations);
    if (name == "WildcardedPSI") out.wildcarded_psi = optional_text(node);
    if (name == "WildcardedIMPU") out.wildcarded_impu = optional_text(node);
    if (name == "DisplayName") out.display_name = optional_text(node);
    if (name == "AliasIdentityGroupID") out.alias_identity_group_id = optional_text(node);
    return {};
}

Failure read(const xml_node& node, PublicIdentity& out) {
    xml_node identity, barring;
    for (auto level = node; level;) {
        xml_node extension;
        for (const auto& element : level.children()) {
            const auto name = xml::local_name(element);
            if (name == "Extension") {
                if (!extension) extension = element;
            } else if (name == "Identity" && level == node) {
                if (!identity) identity = element;
            } else if (name == "BarringIndication" && level == node) {
                if (!barring) barring = element;
            } else if (auto failure = read_extended(name, element, out)) {
                return failure;
            }
        }
        level = extension;
    }
    const auto text = text_of(identity);
    if (text.empty()) return error_at(node, "PublicIdentity without Identity");
    out.identity = identity_of(text);
    return barring ? read(barring, out.barring_indication) : Failure{};
}

Failure read_condition(const xml_node& spt, ServicePointTrigger& out) {
    if (const auto uri = child(spt, "RequestURI")) {
        out.condition = ServicePointTrigger::RequestUri{std::string{text_of(uri)}};
    } else if (const auto method = child(spt, "Method")) {
        out.condition = ServicePointTrigger::Method{std::string{text_of(method)}};
    } else if (const auto header = child(spt, "SIPHeader")) {
        out.condition = ServicePointTrigger::SipHeader{std::string{text_of(child(header, "Header"))},
                                                       optional_text(child(header, "Content"))};
    } else if (const auto session_case = child(spt, "SessionCase")) {
        SessionCase value{};
        if (auto failure = read_enum(session_case, value, SessionCase::OriginatingCdiv)) return failure;
        out.condition = value;
    } else if (const auto description = child(spt, "SessionDescription")) {
        out.condition = ServicePointTrigger::SessionDescription{
            std::string{text_of(child(description, "Line"))}, optional_text(child(description, "Content"))};
    } else {
        return error_at(spt, "SPT without a known condition");
    }
    return {};
}

Failure read(const xml_node& node, ServicePointTrigger& out) {
    if (const auto negated = child(node, "ConditionNegated"))
        if (auto failure = read(negated, out.condition_negated)) return failure;
    for (const auto& element : node.children()) {
        if (xml::local_name(element) != "Group") continue;
        if (auto failure = read_number(element, out.groups.emplace_back())) return failure;
    }
    if (auto failure = read_condition(node, out)) return failure;
    for (auto level = child(node, "Extension"); level; level = child(level, "Extension"))
        for (const auto& element : level.children()) {
            if (xml::local_name(element) != "RegistrationType") continue;
            auto& type = out.registration_types.emplace_back();
            if (auto failure = read_enum(element, type, RegistrationType::DeRegistration)) return failure;
        }
    return {};
}

Failure read(const xml_node& node, TriggerPoint& out) {
    const auto type = child(node, "ConditionTypeCNF");
    if (!type) return error_at(node, "TriggerPoint without ConditionTypeCNF");
    if (auto failure = read(type, out.condition_type_cnf)) return failure;
    for (const auto& element : node.children()) {
        if (xml::local_name(element) != "SPT") continue;
        if (auto failure = read(element, out.spts.emplace_back())) return failure;
    }
    if (out.spts.empty()) return error_at(node, "TriggerPoint without SPT");
    return {};
}

Failure read(const xml_node& node, ApplicationServer& out) {
    out.server_name = std::string{text_of(child(node, "ServerName"))};
    if (out.server_name.empty()) return error_at(node, "ApplicationServer without ServerName");
    if (const auto handling = child(node, "DefaultHandling"))
        if (auto failure =
                read_enum(handling, out.default_handling.emplace(), DefaultHandling::SessionTerminated))
            return failure;
    out.service_info = optional_text(child(node, "ServiceInfo"));
    out.include_register_request = static_cast<bool>(extended_child(node, "IncludeRegisterRequest"));
    out.include_register_response = static_cast<bool>(extended_child(node, "IncludeRegisterResponse"));
    return {};
}

Failure read(const xml_node& node, InitialFilterCriterion& out) {
    const auto priority = child(node, "Priority");
    if (!priority) return error_at(node, "InitialFilterCriteria without Priority");
    if (auto failure = read_number(priority, out.priority)) return failure;
    if (const auto trigger = child(node, "TriggerPoint"))
        if (auto failure = read(trigger, out.trigger_point.emplace())) return failure;
    const auto as = child(node, "ApplicationServer");
    if (!as) return error_at(node, "InitialFilterCriteria without ApplicationServer");
    if (auto failure = read(as, out.application_server)) return failure;
    if (const auto part = child(node, "ProfilePartIndicator"))
        return read_enum(part, out.profile_part_indicator.emplace(), ProfilePartIndicator::Unregistered);
    return {};
}

Failure read_authorization(const xml_node& node, ServiceProfile& out) {
    if (auto failure =
            read_optional(child(node, "SubscribedMediaProfileId"), out.subscribed_media_profile_id))
        return failure;
    xml::for_each_child(extended_child(node, "ListOfServiceIds"), "ServiceId",
                        [&](const xml_node& id) { out.service_ids.emplace_back(text_of(id)); });
    return {};
}

Failure read(const xml_node& node, ServiceProfile& out) {
    for (const auto& element : node.children()) {
        const auto name = xml::local_name(element);
        Failure failure;
        if (name == "PublicIdentity")
            failure = read(element, out.public_identities.emplace_back());
        else if (name == "CoreNetworkServicesAuthorization")
            failure = read_authorization(element, out);
        else if (name == "InitialFilterCriteria")
            failure = read(element, out.initial_filter_criteria.emplace_back());
        if (failure) return failure;
    }
    if (out.public_identities.empty()) return error_at(node, "ServiceProfile without PublicIdentity");

    for (auto level = child(node, "Extension"); level; level = child(level, "Extension"))
        for (const auto& element : level.children()) {
            if (xml::local_name(element) != "SharedIFCSetID") continue;
            if (auto failure = read_number(element, out.shared_ifc_set_ids.emplace_back())) return failure;
        }
    return {};
}

}  // namespace

Result<ImsSubscription, XmlError> parse_user_data(std::string_view text) {
    const auto document = xml::parse(text);
    if (!document) return document.error();
    const auto root = document->document_element();
    if (xml::local_name(root) != "IMSSubscription") return error_at(root, "IMSSubscription expected");

    ImsSubscription subscription;
    const auto private_id = child(root, "PrivateID");
    if (!private_id) return error_at(root, "IMSSubscription without PrivateID");
    subscription.private_id = Impi{std::string{text_of(private_id)}};
    for (const auto& element : root.children()) {
        if (xml::local_name(element) != "ServiceProfile") continue;
        if (auto failure = read(element, subscription.service_profiles.emplace_back())) return *failure;
    }
    if (subscription.service_profiles.empty())
        return error_at(root, "IMSSubscription without ServiceProfile");
    subscription.imsi = optional_text(extended_child(root, "IMSI"));
    return subscription;
}

}  // namespace ims
