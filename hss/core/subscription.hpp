#pragma once
#include "common/crypto/aka.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/ims/service_profile.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What the HSS knows of an IMS subscription (TS 23.228 5.2, TS 29.228 6.5): who may use it, by which
// identities, and which S-CSCF serves it now. Plain values; one subscription is the unit of loading, deciding
// and saving.
namespace ims::hss {

using SubscriptionId = Strong<struct SubscriptionIdTag, std::int64_t>;
using SetId = Strong<struct SetIdTag, std::int64_t>;
using ServiceProfileId = Strong<struct ServiceProfileIdTag, std::int64_t>;
using CapabilitySetId = Strong<struct CapabilitySetIdTag, std::int64_t>;
using ChargingSetId = Strong<struct ChargingSetIdTag, std::int64_t>;

// TS 29.228 8.1: of a public identity, and as a registration concerns all of its implicit registration set
// (6.5.2.2), of the set. "Authentication pending" is a flag of the private identity beside it.
enum class RegistrationState : std::uint8_t {
    NotRegistered,
    Registered,
    Unregistered,  // no UE, but an S-CSCF holds the profile for unregistered services
};
enum class AuthenticationScheme : std::uint8_t { DigestAkaV1Md5, SipDigest, NassBundled, EarlyIms };
std::string_view name(RegistrationState state);      // "not registered"
std::string_view name(AuthenticationScheme scheme);  // SIP-Authentication-Scheme of TS 29.229 6.3.9

struct AkaCredential {
    crypto::AkaKeys keys;
    crypto::Amf amf{0x80, 0x00};
    // The OP or TOP that OPc or TOPc was derived from, if that is what was given. Only for who provisions: no
    // decision needs it, and no request loads it.
    std::optional<Octets> op{};
};

struct PrivateIdentity {
    Impi impi;
    std::optional<std::string> imsi;
    AuthenticationScheme scheme = AuthenticationScheme::DigestAkaV1Md5;  // answers "Unknown"
    // Credentials are here only where they were asked for (Lookup::credentials).
    std::optional<AkaCredential> aka;
    std::optional<cx::SipDigestAuthenticate> sip_digest;
    std::vector<Octets> line_identifiers;     // NASS-Bundled
    std::optional<Octets> framed_ip_address;  // Early-IMS-Security
    std::uint64_t sqn = 0;                    // the highest given out: SEQ || IND
    bool authentication_pending = false;
};

struct PublicIdentityRecord {
    ims::PublicIdentity identity;  // for a wildcard, identity.identity is the wildcard as stored
    ServiceProfileId service_profile{1};
    std::optional<std::string> application_server;  // of a PSI: where LIA sends requests at once
    bool psi_active = true;

    bool wildcarded() const;
    bool psi() const;
};

struct ImplicitRegistrationSet {
    // The private identities that may register the set (23.228 5.2.1), and those that did.
    struct Association {
        Impi impi;
        bool registered = false;
        std::optional<cx::ScscfRestorationInfo> restoration_info;
        bool operator==(const Association&) const = default;
    };

    SetId id;
    std::vector<PublicIdentityRecord>
        public_identities;  // in the order of the profile: the default one first
    std::vector<Association> associations;
    RegistrationState state = RegistrationState::NotRegistered;

    const Association* association(const Impi& impi) const;
    Association* association(const Impi& impi);
    std::size_t registered_count() const;
    bool has_non_barred() const;
};

// The S-CSCF of the subscription: its name, and its Diameter identity and realm as its last request carried
// them (29.229 5.5: where PPR and RTR go).
struct Assignment {
    std::string server_name;
    std::string origin_host;
    std::string origin_realm;
    std::uint32_t features = 0;  // Feature-List 1 it announced
    bool operator==(const Assignment&) const = default;
};

struct Subscription {
    SubscriptionId id;
    std::int64_t version = 0;  // moves with every saved change
    bool barred = false;       // by the operator: not authorised to register
    std::optional<std::vector<std::string>> allowed_visited_networks;  // absent: any
    std::optional<CapabilitySetId> capability_set;
    std::optional<ChargingSetId> charging_set;
    bool loose_route = false;
    std::optional<bool> privileged_sender;

    std::vector<PrivateIdentity> private_identities;
    std::vector<ImplicitRegistrationSet> implicit_registration_sets;

    std::optional<Assignment> assignment;
    bool reassignment_pending = false;  // 29.228 6.1.1.1: the next REGISTER may move to another S-CSCF

    struct Match {
        const ImplicitRegistrationSet* set = nullptr;
        const PublicIdentityRecord* identity = nullptr;
        bool distinct = true;  // else by a wildcard
    };
    std::optional<Match> find(const Impu& impu) const;  // distinct identities before wildcards
    const PrivateIdentity* find(const Impi& impi) const;
    PrivateIdentity* find(const Impi& impi);
    ImplicitRegistrationSet* find(SetId set);
    bool in_use() const;  // a set is registered or unregistered: an S-CSCF holds data
};

// ---- what a decision changes

struct Assign {
    std::optional<Assignment> assignment;  // absent: the name is cleared
    bool operator==(const Assign&) const = default;
};
struct SetReassignmentPending {
    bool pending = false;
    bool operator==(const SetReassignmentPending&) const = default;
};
struct SetState {
    SetId set;
    RegistrationState state = RegistrationState::NotRegistered;
    bool operator==(const SetState&) const = default;
};
struct SetRegistration {  // of one private identity in one set
    SetId set;
    Impi impi;
    bool registered = false;
    bool operator==(const SetRegistration&) const = default;
};
struct SetRestorationInfo {
    SetId set;
    Impi impi;
    std::optional<cx::ScscfRestorationInfo> info;
    bool operator==(const SetRestorationInfo&) const = default;
};
struct SetAuthenticationPending {
    Impi impi;
    bool pending = false;
    bool operator==(const SetAuthenticationPending&) const = default;
};
struct SetSqn {
    Impi impi;
    std::uint64_t sqn = 0;
    bool operator==(const SetSqn&) const = default;
};
using Change = std::variant<Assign, SetReassignmentPending, SetState, SetRegistration, SetRestorationInfo,
                            SetAuthenticationPending, SetSqn>;
using Changes = std::vector<Change>;

void apply_to(Subscription& subscription, const Change& change);
void apply_to(Subscription& subscription, const Changes& changes);

// Why a subscription could not be stored, in words for who provisions it; nothing if it is consistent:
// identities are canonical and unique, every set has a private identity of the subscription and can name a
// default identity (29.228 6.5.2: a non-barred SIP URI first among the non-barred ones), aliases share a set
// and a profile.
std::optional<std::string> inconsistency(const Subscription& subscription);

}  // namespace ims::hss
