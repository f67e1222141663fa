#pragma once
#include "hss/core/subscription.hpp"
#include "hss/postgres/secrets.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pqxx {
class result;
class field;
}  // namespace pqxx

namespace ims::hss {

struct LoadedRows {
    Subscription subscription;
    std::int64_t catalogue_revision = 0;
};
// The rows of load_by_*; `result` is not empty. Nothing if a credential cannot be unsealed. Without `secrets`
// credentials are left out. `era` is of the connection; `sqn_jump` what a row of an earlier era goes on by.
std::optional<LoadedRows> read_rows(const pqxx::result& result, const Secrets* secrets, std::int64_t era,
                                    std::uint64_t sqn_jump);

// PostgreSQL's text form of one-dimensional arrays.
std::vector<std::string> read_array(const pqxx::field& field);
std::string array_of(const std::vector<std::string>& texts);
std::optional<Octets> read_octets(const pqxx::field& field);    // bytea
std::string octets_text(std::span<const std::uint8_t> octets);  // "\x..."

}  // namespace ims::hss
