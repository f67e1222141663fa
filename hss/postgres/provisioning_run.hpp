#pragma once
#include "hss/postgres/provisioning.hpp"

#include <pqxx/pqxx>

namespace ims::hss {

inline ProvisioningError provisioning_error(StoreError e) {
    if (e == StoreError::Broken)
        return {ProvisioningError::Kind::Broken,
                "what is stored cannot be read, perhaps because the seal key is another one: see the log"};
    return {ProvisioningError::Kind::Away, "the database is away: try again later, see the log"};
}
ProvisioningError not_found(const std::string& what);
// What a constraint says, in words.
ProvisioningError refused(const pqxx::sql_error& e);

// Runs with the database; nothing on success. Repeated once if the connection turns out to be lost: `work` is
// one transaction and starts its results anew.
template <class Work>
std::optional<ProvisioningError> Provisioning::run(Work&& work) {
    try {
        if (const auto away = store_.connection().run(true, work)) return provisioning_error(*away);
        return std::nullopt;
    } catch (const pqxx::sql_error& e) {
        return refused(e);
    } catch (const pqxx::pqxx_exception& e) {
        store_.broken(e.base().what());
        return ProvisioningError{ProvisioningError::Kind::Broken, "the database refused: see the log"};
    }
}

}  // namespace ims::hss
