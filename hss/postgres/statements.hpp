#pragma once

namespace pqxx {
class connection_base;
}

namespace ims::hss {

void prepare_statements(pqxx::connection_base& connection);

namespace statement {
inline constexpr auto load_by_impi = "load_by_impi";  // $1 IMPI: rows as subscription_rows.hpp reads them
inline constexpr auto load_by_impu = "load_by_impu";  // $1 IMPU, as stored
inline constexpr auto impu_exists = "impu_exists";    // $1
inline constexpr auto wildcards = "wildcards";        // $1 IMPU: wildcards whose fixed beginning fits
inline constexpr auto revision = "revision";          // of the catalogue
inline constexpr auto save_changes = "save_changes";  // as the SQL function
}  // namespace statement

}  // namespace ims::hss
