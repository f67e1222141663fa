#pragma once
#include <string>
#include <vector>

// The statements of Cx requests, prepared by name on every connection that serves them.
namespace ims::hss {

namespace statement {
inline constexpr auto load_by_impi = "load_by_impi";  // $1 IMPI: rows as subscription_rows.hpp reads them
inline constexpr auto load_by_impu = "load_by_impu";  // $1 IMPU, as stored
inline constexpr auto impu_exists = "impu_exists";    // $1 a distinct IMPU
inline constexpr auto wildcards = "wildcards";        // $1 IMPU: wildcards whose fixed beginning fits
// A row if subscription $1 is still of version $2, and the catalogue of revision $3.
inline constexpr auto confirm = "confirm";
// All or nothing on the same condition; a row if it held. $4 to $12 are the whole registration: name, host,
// realm and features of the S-CSCF, reassignment pending, registered sets and by whom, unregistered sets,
// authentications pending.
inline constexpr auto save = "save";
inline constexpr auto save_with_sqn = "save_with_sqn";                  // $13 IMPI, $14 SQN, $15 era
inline constexpr auto save_with_restoration = "save_with_restoration";  // $13 sets, $14 IMPIs, $15 documents
}  // namespace statement

struct Statement {
    const char* name;
    std::string sql;
};
std::vector<Statement> all_statements();

}  // namespace ims::hss
