#pragma once
#include <cstddef>
#include <string>
#include <vector>

// The statements of Cx requests, prepared by name on every connection that serves them.
namespace ims::hss {

// Does for a list what a statement does for one: each parameter is an array with an element for each of the
// list, and before the columns stands the place in the list, from 1, of what a row belongs to. Rows of one
// place stand together.
struct ManyStatement {
    const char* name;
    std::size_t parameters;
};
struct Statement {
    const char* name;
    const ManyStatement* many = nullptr;  // if there is one
    // Those of its parameters, from the one after so many, that stand further on among those of `many`.
    std::size_t shifted_after = 0, shifted_by = 0;

    std::size_t place_in_many(std::size_t parameter) const {
        return parameter < shifted_after ? parameter : parameter + shifted_by;
    }
};

namespace statement {
inline constexpr ManyStatement load_many_by_impi{"load_many_by_impi", 1};
inline constexpr ManyStatement load_many_by_impu{"load_many_by_impu", 1};
inline constexpr ManyStatement confirm_many{"confirm_many", 3};
// One for saves of every kind, so that whatever a batch saves is locked in one order. The parameters of save,
// then those that save_with_sqn and save_with_restoration add: NULL is nothing to be done there.
inline constexpr ManyStatement save_many{"save_many", 18};

// $1 IMPI: rows as subscription_rows.hpp reads them
inline constexpr Statement load_by_impi{"load_by_impi", &load_many_by_impi};
inline constexpr Statement load_by_impu{"load_by_impu", &load_many_by_impu};  // $1 IMPU, as stored
inline constexpr Statement impu_exists{"impu_exists"};                        // $1 a distinct IMPU
inline constexpr Statement wildcards{"wildcards"};  // $1 IMPU: wildcards whose fixed beginning fits
// A row if subscription $1 is still of version $2, and the catalogue of revision $3.
inline constexpr Statement confirm{"confirm", &confirm_many};
// All or nothing on the same condition; a row if it held. $4 to $12 are the whole registration: name, host,
// realm and features of the S-CSCF, reassignment pending, registered sets and by whom, unregistered sets,
// authentications pending.
inline constexpr Statement save{"save", &save_many};
inline constexpr Statement save_with_sqn{"save_with_sqn", &save_many};  // $13 IMPI, $14 SQN, $15 era
// $13 sets, $14 IMPIs, $15 documents
inline constexpr Statement save_with_restoration{"save_with_restoration", &save_many, 12, 3};
}  // namespace statement

struct PreparedStatement {
    const char* name;
    std::string sql;
};
std::vector<PreparedStatement> all_statements();

}  // namespace ims::hss
