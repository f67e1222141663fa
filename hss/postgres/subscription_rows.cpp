#include "hss/postgres/subscription_rows.hpp"

#include "hss/postgres/json.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

// Columns in the order of statements.cpp.
enum Column : int {
    SubscriptionIdColumn,
    Version,
    Barred,
    AllowedVisitedNetworks,
    CapabilitySet,
    ChargingSet,
    LooseRoute,
    PrivilegedSender,
    ServerName,
    ScscfHost,
    ScscfRealm,
    ScscfFeatures,
    ReassignmentPending,
    RegisteredSets,
    RegisteredImpis,
    UnregisteredSets,
    PendingImpis,
    CatalogueRevision,
    SetIdColumn,
    Identity,
    ServiceProfileColumn,
    IdentityBarred,
    IdentityTypeColumn,
    DisplayName,
    AliasGroup,
    ServicePriorityLevel,
    MaxRegistrations,
    ApplicationServerColumn,
    PsiActive,
    RestorationInfoColumn,
    ImpiColumn,
    Imsi,
    Scheme,
    AkaAlgorithm,
    AkaSealed,
    AmfColumn,
    KeccakIterations,
    DigestRealm,
    DigestAlgorithm,
    DigestQop,
    DigestHa1Sealed,
    LineIdentifiers,
    FramedIpAddress,
    SqnColumn,
    SqnEra,
};

// One row of a result.
struct Row {
    const Rows& rows;
    int n;
    Field operator[](Column column) const { return rows.at(n, column); }
};

std::vector<std::string> texts(const Field& array) {
    return read_array(array.view());
}
bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::ranges::find(list, item) != list.end();
}

// What the arrays of the row say of sets and private identities, by their keys in text.
struct Registration {
    std::vector<std::string> registered_sets, registered_impis, unregistered_sets, pending_impis;

    explicit Registration(const Row& row)
        : registered_sets{texts(row[RegisteredSets])},
          registered_impis{texts(row[RegisteredImpis])},
          unregistered_sets{texts(row[UnregisteredSets])},
          pending_impis{texts(row[PendingImpis])} {}

    RegistrationState state(std::string_view set) const {
        if (contains(registered_sets, set)) return RegistrationState::Registered;
        return contains(unregistered_sets, set) ? RegistrationState::Unregistered
                                                : RegistrationState::NotRegistered;
    }
    bool registered(std::string_view set, std::string_view impi) const {
        for (std::size_t n = 0; n < registered_sets.size() && n < registered_impis.size(); ++n)
            if (registered_sets[n] == set && registered_impis[n] == impi) return true;
        return false;
    }
};

void read_subscription(const Row& row, Subscription& s) {
    s.id = SubscriptionId{*row[SubscriptionIdColumn].number()};
    s.version = *row[Version].number();
    s.barred = row[Barred].flag();
    if (!row[AllowedVisitedNetworks].null()) s.allowed_visited_networks = texts(row[AllowedVisitedNetworks]);
    if (const auto id = row[CapabilitySet].number()) s.capability_set = CapabilitySetId{*id};
    if (const auto id = row[ChargingSet].number()) s.charging_set = ChargingSetId{*id};
    s.loose_route = row[LooseRoute].flag();
    if (!row[PrivilegedSender].null()) s.privileged_sender = row[PrivilegedSender].flag();
    if (auto name = row[ServerName].text())
        s.assignment = Assignment{std::move(*name), *row[ScscfHost].text(), *row[ScscfRealm].text(),
                                  static_cast<std::uint32_t>(*row[ScscfFeatures].number())};
    s.reassignment_pending = row[ReassignmentPending].flag();
}

PublicIdentityRecord read_public_identity(const Row& row) {
    PublicIdentityRecord r;
    r.identity.identity = Impu{*row[Identity].text()};
    r.service_profile = ServiceProfileId{*row[ServiceProfileColumn].number()};
    r.identity.barring_indication = row[IdentityBarred].flag();
    r.identity.identity_type = static_cast<IdentityType>(*row[IdentityTypeColumn].number());
    if (r.identity.identity_type == IdentityType::WildcardedPsi)
        r.identity.wildcarded_psi = r.identity.identity.value();
    if (r.identity.identity_type == IdentityType::WildcardedImpu)
        r.identity.wildcarded_impu = r.identity.identity.value();
    r.identity.display_name = row[DisplayName].text();
    r.identity.alias_identity_group_id = row[AliasGroup].text();
    if (const auto n = row[ServicePriorityLevel].number())
        r.identity.service_priority_level = static_cast<std::uint32_t>(*n);
    if (const auto n = row[MaxRegistrations].number())
        r.identity.max_num_of_allowed_simult_registrations = static_cast<std::uint32_t>(*n);
    r.application_server = row[ApplicationServerColumn].text();
    r.psi_active = row[PsiActive].flag();
    return r;
}

SealedCredentials read_credentials(const Row& row) {
    SealedCredentials c;
    c.aka = row[AkaSealed].octets();
    c.tuak = row[AkaAlgorithm].number() == 1;
    c.keccak_iterations = static_cast<unsigned>(row[KeccakIterations].number().value_or(1));
    if (const auto amf = row[AmfColumn].octets(); amf && amf->size() == c.amf.size())
        std::ranges::copy(*amf, c.amf.begin());
    c.ha1 = row[DigestHa1Sealed].octets();
    if (c.ha1) {
        c.digest_realm = *row[DigestRealm].text();
        c.digest_qop = *row[DigestQop].text();
        c.digest_algorithm = row[DigestAlgorithm].text();
    }
    for (const auto& line : texts(row[LineIdentifiers]))
        if (auto octets = unhex(std::string_view{line}.substr(std::min<std::size_t>(2, line.size()))))
            c.line_identifiers.push_back(std::move(*octets));
    c.framed_ip_address = row[FramedIpAddress].octets();
    return c;
}

PrivateIdentity read_private_identity(const Row& row, const Registration& registration, std::int64_t era,
                                      std::uint64_t sqn_jump) {
    PrivateIdentity p;
    p.impi = Impi{*row[ImpiColumn].text()};
    p.imsi = row[Imsi].text();
    p.scheme = static_cast<AuthenticationScheme>(*row[Scheme].number());
    p.sqn = static_cast<std::uint64_t>(*row[SqnColumn].number());
    // Of era 0 is what provisioning wrote, durably.
    if (const auto of_row = *row[SqnEra].number(); of_row != 0 && of_row < era) p.sqn += sqn_jump;
    p.authentication_pending = contains(registration.pending_impis, p.impi.value());
    return p;
}

}  // namespace

LoadedRows read_rows(const Rows& rows, std::int64_t era, std::uint64_t sqn_jump) {
    LoadedRows loaded;
    auto& s = loaded.subscription;
    const Row first{rows, 0};
    read_subscription(first, s);
    const Registration registration{first};
    loaded.catalogue_revision = *first[CatalogueRevision].number();
    for (int n = 0; n < rows.size(); ++n) {
        const Row row{rows, n};
        const SetId set_id{*row[SetIdColumn].number()};
        auto* set = s.implicit_registration_sets.empty() ? nullptr : &s.implicit_registration_sets.back();
        if (!set || set->id != set_id) {
            set = &s.implicit_registration_sets.emplace_back();
            set->id = set_id;
            set->state = registration.state(row[SetIdColumn].view());
        }
        if (set->public_identities.empty() ||
            set->public_identities.back().identity.identity.value() != row[Identity].view())
            set->public_identities.push_back(read_public_identity(row));
        if (set->public_identities.size() > 1)
            continue;  // the private identities repeat with each public one

        auto p = read_private_identity(row, registration, era, sqn_jump);
        auto& association = set->associations.emplace_back();
        association.impi = p.impi;
        association.registered = registration.registered(row[SetIdColumn].view(), p.impi.value());
        if (!row[RestorationInfoColumn].null())
            association.restoration_info = parse_restoration_info(row[RestorationInfoColumn].view());
        if (s.find(p.impi)) continue;
        s.private_identities.push_back(std::move(p));
        loaded.sealed.push_back(read_credentials(row));
    }
    return loaded;
}

RegistrationColumns registration_columns(const Subscription& subscription) {
    std::vector<std::string> registered_sets, registered_impis, unregistered_sets, pending_impis;
    for (const auto& set : subscription.implicit_registration_sets) {
        const auto id = std::to_string(set.id.value());
        if (set.state == RegistrationState::Unregistered) unregistered_sets.push_back(id);
        if (set.state != RegistrationState::Registered) continue;
        for (const auto& a : set.associations) {
            if (!a.registered) continue;
            registered_sets.push_back(id);
            registered_impis.push_back(a.impi.value());
        }
    }
    for (const auto& p : subscription.private_identities)
        if (p.authentication_pending) pending_impis.push_back(p.impi.value());
    return {array_of(registered_sets), array_of(registered_impis), array_of(unregistered_sets),
            array_of(pending_impis)};
}

std::optional<Subscription> with_credentials(const Subscription& subscription,
                                             const std::vector<SealedCredentials>& sealed,
                                             const Secrets& secrets) {
    auto s = subscription;
    for (std::size_t n = 0; n < s.private_identities.size(); ++n) {
        auto& p = s.private_identities[n];
        const auto& c = sealed.at(n);
        if (c.aka) {
            auto keys = secrets.unseal_aka(p.impi, c.tuak, c.keccak_iterations, *c.aka);
            if (!keys) return std::nullopt;
            p.aka = AkaCredential{std::move(*keys), c.amf};
        }
        if (c.ha1) {
            auto ha1 = secrets.unseal_ha1(p.impi, *c.ha1);
            if (!ha1) return std::nullopt;
            p.sip_digest =
                cx::SipDigestAuthenticate{c.digest_realm, c.digest_algorithm, c.digest_qop, std::move(*ha1)};
        }
        p.line_identifiers = c.line_identifiers;
        p.framed_ip_address = c.framed_ip_address;
    }
    return s;
}

}  // namespace ims::hss
