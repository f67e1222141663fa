#include "hss/postgres/json.hpp"
#include "hss/postgres/provisioning.hpp"
#include "hss/postgres/provisioning_run.hpp"
#include "hss/postgres/rows.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

using Id = std::optional<std::int64_t>;
using Kind = Provisioning::Kind;

constexpr auto default_template = "default";

const char* table_of(Kind kind) {
    switch (kind) {
        case Kind::ServiceProfile: return "service_profile";
        case Kind::SharedIfcSet: return "shared_ifc_set";
        case Kind::CapabilitySet: return "capability_set";
        case Kind::ChargingSet: return "charging_set";
        case Kind::SubscriberTemplate: return "subscriber_template";
    }
    return "";
}

// PostgreSQL: "Key (impi)=(x) already exists." out of a longer message.
std::string detail_of(std::string_view message) {
    const auto at = message.find("DETAIL:");
    auto detail = at == message.npos ? message.substr(0, message.find('\n')) : trim(message.substr(at + 7));
    return std::string{trim(detail.substr(0, detail.find('\n')))};
}

// Inserts under the id, or a new one; replaces what is there. `columns` without id and name. The id.
std::int64_t upsert(pqxx::work& work, Kind kind, const Id& id, const std::string& name,
                    const std::vector<std::pair<std::string, const char*>>& columns) {
    const std::string table = table_of(kind);
    std::string names = "name", values = work.quote(name), sets = "name = excluded.name";
    for (const auto& [column, value] : columns) {
        names += ", " + column;
        values += ", " + (value ? work.quote(value) : std::string{"NULL"});
        sets += ", " + column + " = excluded." + column;
    }
    if (!id)
        return work.exec1("INSERT INTO " + table + " (" + names + ") VALUES (" + values + ") RETURNING id")[0]
            .as<std::int64_t>();
    work.exec("INSERT INTO " + table + " (id, " + names + ") VALUES (" + std::to_string(*id) + ", " + values +
              ") ON CONFLICT (id) DO UPDATE SET " + sets);
    if (kind != Kind::SharedIfcSet)  // ids given by hand are not given out again
        work.exec("SELECT setval(pg_get_serial_sequence('" + table +
                  "', 'id'), greatest((SELECT max(id) FROM " + table + "), (SELECT last_value FROM " + table +
                  "_id_seq)))");
    return *id;
}

void write_criteria(pqxx::work& work, const char* owner, std::int64_t id,
                    const std::vector<InitialFilterCriterion>& criteria) {
    work.exec_params(std::string{"DELETE FROM initial_filter_criterion WHERE "} + owner + " = $1", id);
    for (const auto& c : criteria)
        work.exec_params(std::string{"INSERT INTO initial_filter_criterion ("} + owner +
                             ", priority, document) VALUES ($1, $2, $3)",
                         id, c.priority, print_json(c));
}

std::string numbers_text(const std::vector<std::uint32_t>& numbers) {
    std::vector<std::string> texts;
    texts.reserve(numbers.size());
    for (const auto n : numbers) texts.push_back(std::to_string(n));
    return array_of(texts);
}
const char* text_or_null(const std::optional<std::string>& t) {
    return t ? t->c_str() : nullptr;
}

template <class Map, class Key>
const typename Map::mapped_type* find_in(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

}  // namespace

template <class T, class Find>
Provisioned<std::vector<Provisioning::Named<T>>> Provisioning::named(Kind kind, Find find) {
    std::vector<Named<T>> out;
    const auto error = run([&](pqxx::connection_base& c) {
        out.clear();
        const auto all = store_.catalogue(c);
        for (const auto& row : pqxx::nontransaction{c}.exec(std::string{"SELECT id, name FROM "} +
                                                            table_of(kind) + " ORDER BY id"))
            if (const auto* value = find(*all, row[0].as<std::int64_t>()))
                out.push_back({row[0].as<std::int64_t>(), row[1].as<std::string>(), *value});
    });
    if (error) return *error;
    return out;
}

ProvisioningError refused(const pqxx::sql_error& e) {
    using Refusal = ProvisioningError::Kind;
    const auto detail = detail_of(e.what());
    const auto state = e.sqlstate();
    if (state == "23505") return {Refusal::Exists, detail + " Change or delete the other one first."};
    if (state == "23503") {
        const bool in_use = std::string_view{e.what()}.find("still referenced") != std::string_view::npos;
        return {in_use ? Refusal::InUse : Refusal::Invalid,
                detail + (in_use ? " Change who uses it first." : " Create it first.")};
    }
    return {Refusal::Invalid, detail};
}

Provisioned<std::shared_ptr<const Catalogue>> Provisioning::catalogue() {
    std::shared_ptr<const Catalogue> found;
    if (const auto error = run([&](pqxx::connection_base& c) { found = store_.catalogue(c); })) return *error;
    return found;
}

Provisioned<std::vector<Provisioning::Named<ServiceProfileTemplate>>> Provisioning::service_profiles() {
    const auto all = catalogue();
    if (!all) return all.error();
    std::vector<Named<ServiceProfileTemplate>> out;
    for (const auto& [id, p] : (*all)->service_profiles) out.push_back({id.value(), p.name, p});
    std::ranges::sort(out, {}, &Named<ServiceProfileTemplate>::id);
    return out;
}

// Names are for people: decisions have no use for them, so they are read here.
Provisioned<std::vector<Provisioning::Named<Provisioning::SharedIfcSet>>> Provisioning::shared_ifc_sets() {
    return named<SharedIfcSet>(Kind::SharedIfcSet, [](const Catalogue& c, std::int64_t id) {
        return find_in(c.shared_ifc_sets, static_cast<std::uint32_t>(id));
    });
}
Provisioned<std::vector<Provisioning::Named<cx::ServerCapabilities>>> Provisioning::capability_sets() {
    return named<cx::ServerCapabilities>(Kind::CapabilitySet, [](const Catalogue& c, std::int64_t id) {
        return find_in(c.capability_sets, CapabilitySetId{id});
    });
}
Provisioned<std::vector<Provisioning::Named<cx::ChargingInformation>>> Provisioning::charging_sets() {
    return named<cx::ChargingInformation>(Kind::ChargingSet, [](const Catalogue& c, std::int64_t id) {
        return find_in(c.charging_sets, ChargingSetId{id});
    });
}

// One entry written by `write`, which gives its id, and what that makes the HSS send.
template <class Write>
Provisioned<Provisioning::Stored> Provisioning::store(bool concerns_users, Write write) {
    const auto before = catalogue();
    if (!before) return before.error();
    Stored stored;
    const auto error = run([&](pqxx::connection_base& c) {
        pqxx::work work{c};
        stored.id = write(work);
        work.exec("UPDATE hss SET catalogue_revision = catalogue_revision + 1");
        work.commit();
    });
    if (error) return *error;
    if (!concerns_users) return stored;
    auto pushes = pushes_for_catalogue(*before);
    if (!pushes) return pushes.error();
    stored.pushes = std::move(*pushes);
    return stored;
}

Provisioned<Provisioning::Stored> Provisioning::put(Id id, const std::string& name,
                                                    const ServiceProfileTemplate& p) {
    return store(true, [&](pqxx::work& work) {
        const auto media =
            p.subscribed_media_profile_id ? std::to_string(*p.subscribed_media_profile_id) : std::string{};
        const auto services = array_of(p.service_ids);
        const auto entry = upsert(work, Kind::ServiceProfile, id, name,
                                  {{"subscribed_media_profile_id", media.empty() ? nullptr : media.c_str()},
                                   {"service_ids", services.c_str()}});
        write_criteria(work, "service_profile_id", entry, p.initial_filter_criteria);
        work.exec_params("DELETE FROM service_profile_shared_ifc_set WHERE service_profile_id = $1", entry);
        for (const auto set : p.shared_ifc_set_ids)
            work.exec_params("INSERT INTO service_profile_shared_ifc_set VALUES ($1, $2)", entry,
                             static_cast<std::int64_t>(set));
        return entry;
    });
}

Provisioned<Provisioning::Stored> Provisioning::put(Id id, const std::string& name,
                                                    const SharedIfcSet& criteria) {
    if (!id)
        return ProvisioningError{ProvisioningError::Kind::Invalid,
                                 "a shared iFC set needs the number by which the S-CSCFs know it: give 'id'"};
    return store(true, [&](pqxx::work& work) {
        const auto entry = upsert(work, Kind::SharedIfcSet, id, name, {});
        write_criteria(work, "shared_ifc_set_id", entry, criteria);
        return entry;
    });
}

// For the next selection of an S-CSCF; nobody is told.
Provisioned<Provisioning::Stored> Provisioning::put(Id id, const std::string& name,
                                                    const cx::ServerCapabilities& capabilities) {
    return store(false, [&](pqxx::work& work) {
        const auto mandatory = numbers_text(capabilities.mandatory_capability);
        const auto optional = numbers_text(capabilities.optional_capability);
        const auto names = array_of(capabilities.server_name);
        return upsert(work, Kind::CapabilitySet, id, name,
                      {{"mandatory", mandatory.c_str()},
                       {"optional", optional.c_str()},
                       {"server_names", names.c_str()}});
    });
}

Provisioned<Provisioning::Stored> Provisioning::put(Id id, const std::string& name,
                                                    const cx::ChargingInformation& charging) {
    return store(true, [&](pqxx::work& work) {
        return upsert(
            work, Kind::ChargingSet, id, name,
            {{"primary_event", text_or_null(charging.primary_event_charging_function_name)},
             {"secondary_event", text_or_null(charging.secondary_event_charging_function_name)},
             {"primary_collection", text_or_null(charging.primary_charging_collection_function_name)},
             {"secondary_collection", text_or_null(charging.secondary_charging_collection_function_name)}});
    });
}

// Nobody is told: a template is for those who come later.
Provisioned<Provisioning::Stored> Provisioning::put(Id id, const std::string& name,
                                                    const SubscriberTemplate& t) {
    if (name == default_template || id == 0)
        return ProvisioningError{ProvisioningError::Kind::Invalid,
                                 "the template 'default' is the program's own: give another name, or no id"};
    return store(false, [&](pqxx::work& work) {
        const auto number = [](const auto& n) { return n ? std::to_string(n->value()) : std::string{}; };
        const auto or_null = [](const std::string& n) { return n.empty() ? nullptr : n.c_str(); };
        const auto identities = array_of(t.public_identities);
        const auto profile = std::to_string(t.service_profile.value()), sqn = std::to_string(t.sqn);
        const auto capabilities = number(t.capability_set), charging = number(t.charging_set);
        const auto networks =
            t.allowed_visited_networks ? array_of(*t.allowed_visited_networks) : std::string{};
        const auto amf = octets_text(t.amf);
        return upsert(work, Kind::SubscriberTemplate, id, name,
                      {{"public_identities", identities.c_str()},
                       {"bar_imsi_identity", t.bar_imsi_identity ? "t" : "f"},
                       {"service_profile_id", profile.c_str()},
                       {"capability_set_id", or_null(capabilities)},
                       {"charging_set_id", or_null(charging)},
                       {"allowed_visited_networks", or_null(networks)},
                       {"amf", amf.c_str()},
                       {"sqn", sqn.c_str()}});
    });
}

Provisioned<std::vector<Provisioning::Named<SubscriberTemplate>>> Provisioning::subscriber_templates() {
    std::vector<Named<SubscriberTemplate>> out;
    const auto error = run([&](pqxx::connection_base& c) {
        out = {{0, default_template, SubscriberTemplate{}}};
        for (const auto& row : pqxx::nontransaction{c}.exec(
                 "SELECT id, name, public_identities, bar_imsi_identity, service_profile_id, "
                 "capability_set_id, charging_set_id, allowed_visited_networks, encode(amf, 'hex'), sqn "
                 "FROM subscriber_template ORDER BY id")) {
            auto& one = out.emplace_back();
            one.id = row[0].as<std::int64_t>();
            one.name = row[1].as<std::string>();
            auto& t = one.value;
            t.public_identities = read_array(row[2].c_str());
            t.bar_imsi_identity = row[3].as<bool>();
            t.service_profile = ServiceProfileId{row[4].as<std::int64_t>()};
            if (!row[5].is_null()) t.capability_set = CapabilitySetId{row[5].as<std::int64_t>()};
            if (!row[6].is_null()) t.charging_set = ChargingSetId{row[6].as<std::int64_t>()};
            if (!row[7].is_null()) t.allowed_visited_networks = read_array(row[7].c_str());
            if (const auto amf = unhex(row[8].as<std::string>()); amf && amf->size() == t.amf.size())
                std::ranges::copy(*amf, t.amf.begin());
            t.sqn = row[9].as<std::uint64_t>();
        }
    });
    if (error) return *error;
    return out;
}

Provisioned<std::monostate> Provisioning::remove(Kind kind, std::int64_t id) {
    bool found = false;
    const auto stored = store(false, [&](pqxx::work& work) {
        found = work.exec_params(std::string{"DELETE FROM "} + table_of(kind) + " WHERE id = $1", id)
                    .affected_rows() > 0;
        return id;
    });
    if (!stored) return stored.error();
    if (!found) return not_found(std::string{table_of(kind)} + " " + std::to_string(id));
    return std::monostate{};
}

// Everybody an S-CSCF serves and whose profile or charging addresses read differently now.
Provisioned<Pushes> Provisioning::pushes_for_catalogue(const std::shared_ptr<const Catalogue>& before) {
    const auto after = catalogue();
    if (!after) return after.error();
    std::vector<Impi> served;
    const auto error = run([&](pqxx::connection_base& c) {
        served.clear();
        for (const auto& row : pqxx::nontransaction{c}.exec(
                 "SELECT min(p.impi) FROM subscription s JOIN private_identity p ON p.subscription_id = s.id "
                 "WHERE s.server_name IS NOT NULL GROUP BY s.id"))
            served.emplace_back(row[0].as<std::string>());
    });
    if (error) return *error;
    Pushes pushes;
    for (const auto& impi : served) {
        auto now = store_.load({impi, std::nullopt, false});
        if (!now) return provisioning_error(now.error());
        if (!now->subscription) continue;
        now->catalogue = *after;
        auto was = *now;
        was.catalogue = before;
        for (auto& push : pushes_for_change(was, *now)) pushes.push_back(std::move(push));
    }
    return pushes;
}

}  // namespace ims::hss
