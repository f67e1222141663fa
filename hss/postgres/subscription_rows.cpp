#include "hss/postgres/subscription_rows.hpp"

#include "hss/postgres/json.hpp"

#include <algorithm>

#include <pqxx/pqxx>

namespace ims::hss {
namespace {

// Columns in the order of statements.cpp.
enum Column : pqxx::row_size_type {
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
    CatalogueRevision,
    SetIdColumn,
    State,
    RegisteredWith,
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
    AuthenticationPending,
};

bool flag(const pqxx::field& f) {
    return *f.c_str() == 't';
}
std::optional<std::string> text(const pqxx::field& f) {
    if (f.is_null()) return std::nullopt;
    return std::string{f.c_str(), f.size()};
}
std::optional<std::int64_t> number(const pqxx::field& f) {
    if (f.is_null()) return std::nullopt;
    return f.as<std::int64_t>();
}

void read_subscription(const pqxx::row& row, Subscription& s) {
    s.id = SubscriptionId{*number(row[SubscriptionIdColumn])};
    s.version = *number(row[Version]);
    s.barred = flag(row[Barred]);
    if (!row[AllowedVisitedNetworks].is_null())
        s.allowed_visited_networks = read_array(row[AllowedVisitedNetworks]);
    if (const auto id = number(row[CapabilitySet])) s.capability_set = CapabilitySetId{*id};
    if (const auto id = number(row[ChargingSet])) s.charging_set = ChargingSetId{*id};
    s.loose_route = flag(row[LooseRoute]);
    if (!row[PrivilegedSender].is_null()) s.privileged_sender = flag(row[PrivilegedSender]);
    if (auto name = text(row[ServerName]))
        s.assignment = Assignment{std::move(*name), *text(row[ScscfHost]), *text(row[ScscfRealm]),
                                  static_cast<std::uint32_t>(*number(row[ScscfFeatures]))};
    s.reassignment_pending = flag(row[ReassignmentPending]);
}

PublicIdentityRecord read_public_identity(const pqxx::row& row) {
    PublicIdentityRecord r;
    r.identity.identity = Impu{*text(row[Identity])};
    r.service_profile = ServiceProfileId{*number(row[ServiceProfileColumn])};
    r.identity.barring_indication = flag(row[IdentityBarred]);
    r.identity.identity_type = static_cast<IdentityType>(*number(row[IdentityTypeColumn]));
    if (r.identity.identity_type == IdentityType::WildcardedPsi)
        r.identity.wildcarded_psi = r.identity.identity.value();
    if (r.identity.identity_type == IdentityType::WildcardedImpu)
        r.identity.wildcarded_impu = r.identity.identity.value();
    r.identity.display_name = text(row[DisplayName]);
    r.identity.alias_identity_group_id = text(row[AliasGroup]);
    if (const auto n = number(row[ServicePriorityLevel]))
        r.identity.service_priority_level = static_cast<std::uint32_t>(*n);
    if (const auto n = number(row[MaxRegistrations]))
        r.identity.max_num_of_allowed_simult_registrations = static_cast<std::uint32_t>(*n);
    r.application_server = text(row[ApplicationServerColumn]);
    r.psi_active = flag(row[PsiActive]);
    return r;
}

bool read_credentials(const pqxx::row& row, const Secrets& secrets, PrivateIdentity& p) {
    if (const auto sealed = read_octets(row[AkaSealed])) {
        auto& aka = p.aka.emplace();
        auto keys =
            secrets.unseal_aka(p.impi, row[AkaAlgorithm].as<int>() == 1,
                               static_cast<unsigned>(number(row[KeccakIterations]).value_or(1)), *sealed);
        if (!keys) return false;
        aka.keys = std::move(*keys);
        std::ranges::copy(read_octets(row[AmfColumn]).value_or(Octets{0, 0}), aka.amf.begin());
    }
    if (const auto sealed = read_octets(row[DigestHa1Sealed])) {
        auto ha1 = secrets.unseal_ha1(p.impi, *sealed);
        if (!ha1) return false;
        p.sip_digest = cx::SipDigestAuthenticate{*text(row[DigestRealm]), text(row[DigestAlgorithm]),
                                                 *text(row[DigestQop]), std::move(*ha1)};
    }
    for (const auto& line : read_array(row[LineIdentifiers]))
        if (auto octets = unhex(std::string_view{line}.substr(std::min<std::size_t>(2, line.size()))))
            p.line_identifiers.push_back(std::move(*octets));
    p.framed_ip_address = read_octets(row[FramedIpAddress]);
    return true;
}

bool read_private_identity(const pqxx::row& row, const Secrets* secrets, std::int64_t era,
                           std::uint64_t sqn_jump, PrivateIdentity& p) {
    p.impi = Impi{*text(row[ImpiColumn])};
    p.imsi = text(row[Imsi]);
    p.scheme = static_cast<AuthenticationScheme>(*number(row[Scheme]));
    p.sqn = static_cast<std::uint64_t>(*number(row[SqnColumn]));
    // Of era 0 is what provisioning wrote, durably.
    if (const auto of_row = *number(row[SqnEra]); of_row != 0 && of_row < era) p.sqn += sqn_jump;
    p.authentication_pending = flag(row[AuthenticationPending]);
    return !secrets || read_credentials(row, *secrets, p);
}

}  // namespace

std::optional<LoadedRows> read_rows(const pqxx::result& result, const Secrets* secrets, std::int64_t era,
                                    std::uint64_t sqn_jump) {
    LoadedRows loaded;
    auto& s = loaded.subscription;
    read_subscription(result[0], s);
    loaded.catalogue_revision = *number(result[0][CatalogueRevision]);
    for (const auto& row : result) {
        const SetId set_id{*number(row[SetIdColumn])};
        auto* set = s.implicit_registration_sets.empty() ? nullptr : &s.implicit_registration_sets.back();
        if (!set || set->id != set_id) {
            set = &s.implicit_registration_sets.emplace_back();
            set->id = set_id;
            set->state = static_cast<RegistrationState>(*number(row[State]));
        }
        const std::string_view identity{row[Identity].c_str(), row[Identity].size()};
        if (set->public_identities.empty() ||
            set->public_identities.back().identity.identity.value() != identity)
            set->public_identities.push_back(read_public_identity(row));
        if (set->public_identities.size() > 1)
            continue;  // the private identities repeat with each public one

        PrivateIdentity p;
        if (!read_private_identity(row, secrets, era, sqn_jump, p)) return std::nullopt;
        auto& association = set->associations.emplace_back();
        association.impi = p.impi;
        const auto registered = read_array(row[RegisteredWith]);
        association.registered = std::ranges::find(registered, p.impi.value()) != registered.end();
        if (const auto info = text(row[RestorationInfoColumn]))
            association.restoration_info = parse_restoration_info(*info);
        if (!s.find(p.impi)) s.private_identities.push_back(std::move(p));
    }
    return loaded;
}

std::vector<std::string> read_array(const pqxx::field& field) {
    std::vector<std::string> out;
    if (field.is_null()) return out;
    pqxx::array_parser parser = field.as_array();
    for (auto item = parser.get_next(); item.first != pqxx::array_parser::done; item = parser.get_next())
        if (item.first == pqxx::array_parser::string_value) out.push_back(std::move(item.second));
    return out;
}

std::string array_of(const std::vector<std::string>& texts) {
    std::string out = "{";
    for (const auto& t : texts) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char c : t) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out + '}';
}

std::optional<Octets> read_octets(const pqxx::field& field) {
    if (field.is_null() || field.size() < 2) return std::nullopt;
    return unhex(std::string_view{field.c_str(), field.size()}.substr(2));
}
std::string octets_text(std::span<const std::uint8_t> octets) {
    return "\\x" + hex(octets);
}

}  // namespace ims::hss
