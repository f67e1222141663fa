#pragma once
#include "common/base/result.hpp"
#include "common/ims/identity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The user profile of TS 29.228 Annex B, and its XML (Annex E) in User-Data. specs: one document is one
// implicit registration set.
namespace ims {

enum class SessionCase : std::uint8_t {
    OriginatingRegistered = 0,
    TerminatingRegistered = 1,
    TerminatingUnregistered = 2,
    OriginatingUnregistered = 3,
    OriginatingCdiv = 4,
};
enum class DefaultHandling : std::uint8_t { SessionContinued = 0, SessionTerminated = 1 };
enum class RegistrationType : std::uint8_t {
    InitialRegistration = 0,
    ReRegistration = 1,
    DeRegistration = 2
};
enum class ProfilePartIndicator : std::uint8_t { Registered = 0, Unregistered = 1 };
enum class IdentityType : std::uint8_t {
    DistinctImpu = 0,
    DistinctPsi = 1,
    WildcardedPsi = 2,
    NonDistinctImpu = 3,
    WildcardedImpu = 4
};

struct PublicIdentity {
    Impu identity;
    bool barring_indication = false;
    IdentityType identity_type = IdentityType::DistinctImpu;
    std::optional<std::string> wildcarded_psi;
    std::optional<std::string> wildcarded_impu;
    std::optional<std::string> display_name;
    std::optional<std::string> alias_identity_group_id;
    std::optional<std::uint32_t> service_priority_level;
    std::optional<std::uint32_t> max_num_of_allowed_simult_registrations;
    bool operator==(const PublicIdentity&) const = default;
};

struct ServicePointTrigger {
    struct RequestUri {
        std::string pattern;
        bool operator==(const RequestUri&) const = default;
    };
    struct Method {
        std::string method;
        bool operator==(const Method&) const = default;
    };
    struct SipHeader {
        std::string header;
        std::optional<std::string> content;
        bool operator==(const SipHeader&) const = default;
    };
    struct SessionDescription {
        std::string line;
        std::optional<std::string> content;
        bool operator==(const SessionDescription&) const = default;
    };

    bool condition_negated = false;
    std::vector<std::uint32_t> groups;
    std::variant<RequestUri, Method, SipHeader, SessionCase, SessionDescription> condition;
    std::vector<RegistrationType> registration_types;
    bool operator==(const ServicePointTrigger&) const = default;
};
struct TriggerPoint {
    bool condition_type_cnf = true;
    std::vector<ServicePointTrigger> spts;
    bool operator==(const TriggerPoint&) const = default;
};
struct ApplicationServer {
    std::string server_name;
    std::optional<DefaultHandling> default_handling;
    std::optional<std::string> service_info;
    bool include_register_request = false;
    bool include_register_response = false;
    bool operator==(const ApplicationServer&) const = default;
};
struct InitialFilterCriterion {
    std::int32_t priority = 0;
    std::optional<TriggerPoint> trigger_point;
    ApplicationServer application_server;
    std::optional<ProfilePartIndicator> profile_part_indicator;
    bool operator==(const InitialFilterCriterion&) const = default;
};
struct ServiceProfile {
    std::vector<PublicIdentity> public_identities;
    std::optional<std::uint32_t> subscribed_media_profile_id;
    std::vector<std::string> service_ids;  // ICSIs; empty = no restriction
    std::vector<InitialFilterCriterion> initial_filter_criteria;
    std::vector<std::uint32_t> shared_ifc_set_ids;
    bool operator==(const ServiceProfile&) const = default;
};
struct ImsSubscription {
    Impi private_id;
    std::vector<ServiceProfile> service_profiles;
    std::optional<std::string> imsi;
    bool operator==(const ImsSubscription&) const = default;

    // The first non-barred, distinct SIP identity in document order (24.229 5.4.1.2.2F b), or null.
    const PublicIdentity* default_identity() const;
    const PublicIdentity* find(const Impu& impu) const;  // distinct match, then wildcards
    const ServiceProfile* profile_of(const Impu& impu) const;
};

struct XmlError {
    std::size_t offset = 0;
    std::string what;
};
Result<ImsSubscription, XmlError> parse_user_data(
    std::string_view xml);  // tolerant reader: nested Extension, unknown elements
std::string print_user_data(const ImsSubscription& subscription);  // valid against CxDataType_Rel8.xsd

}  // namespace ims
