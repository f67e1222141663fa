#include "hss/postgres/read_catalogue.hpp"

#include "hss/postgres/json.hpp"
#include "hss/postgres/rows.hpp"

#include <pqxx/pqxx>

namespace ims::hss {
namespace {

std::optional<std::string> text(const pqxx::field& f) {
    if (f.is_null()) return std::nullopt;
    return f.as<std::string>();
}
std::vector<std::string> texts(const pqxx::field& f) {
    return read_array({f.c_str(), f.size()});
}
std::vector<std::uint32_t> numbers(const pqxx::field& f) {
    std::vector<std::uint32_t> out;
    for (const auto& n : texts(f)) out.push_back(static_cast<std::uint32_t>(parse_number(n).value_or(0)));
    return out;
}

}  // namespace

Catalogue read_catalogue(pqxx::connection_base& c) {
    Catalogue catalogue;
    pqxx::transaction<pqxx::repeatable_read> t{c};
    catalogue.revision = t.exec1("SELECT catalogue_revision FROM hss")[0].as<std::int64_t>();
    for (const auto& row :
         t.exec("SELECT id, name, subscribed_media_profile_id, service_ids FROM service_profile")) {
        ServiceProfileTemplate p;
        p.id = ServiceProfileId{row[0].as<std::int64_t>()};
        p.name = row[1].as<std::string>();
        if (!row[2].is_null()) p.subscribed_media_profile_id = row[2].as<std::uint32_t>();
        p.service_ids = texts(row[3]);
        catalogue.service_profiles.emplace(p.id, std::move(p));
    }
    for (const auto& row : t.exec("SELECT id FROM shared_ifc_set"))
        catalogue.shared_ifc_sets[row[0].as<std::uint32_t>()];
    for (const auto& row : t.exec("SELECT service_profile_id, shared_ifc_set_id, document FROM "
                                  "initial_filter_criterion ORDER BY priority")) {
        const auto document = row[2].as<std::string>();
        auto criterion = parse_criterion(document);
        if (!criterion) throw pqxx::failure{"stored criterion: " + criterion.error()};
        auto& list = row[0].is_null()
                         ? catalogue.shared_ifc_sets[row[1].as<std::uint32_t>()]
                         : catalogue.service_profiles[ServiceProfileId{row[0].as<std::int64_t>()}]
                               .initial_filter_criteria;
        list.push_back(std::move(*criterion));
    }
    for (const auto& row :
         t.exec("SELECT service_profile_id, shared_ifc_set_id FROM service_profile_shared_ifc_set "
                "ORDER BY shared_ifc_set_id"))
        catalogue.service_profiles[ServiceProfileId{row[0].as<std::int64_t>()}].shared_ifc_set_ids.push_back(
            row[1].as<std::uint32_t>());
    for (const auto& row : t.exec("SELECT id, mandatory, optional, server_names FROM capability_set"))
        catalogue.capability_sets[CapabilitySetId{row[0].as<std::int64_t>()}] = {
            numbers(row[1]), numbers(row[2]), texts(row[3])};
    for (const auto& row : t.exec("SELECT id, primary_event, secondary_event, primary_collection, "
                                  "secondary_collection FROM charging_set"))
        catalogue.charging_sets[ChargingSetId{row[0].as<std::int64_t>()}] = {text(row[1]), text(row[2]),
                                                                             text(row[3]), text(row[4])};
    return catalogue;
}

}  // namespace ims::hss
