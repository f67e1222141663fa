#pragma once
#include <string>
#include <vector>

namespace pqxx {
class connection_base;
}

namespace ims::hss {

struct Migration {
    int version = 0;
    std::string name;
    std::string sql;
};
std::vector<Migration> migrations();  // ascending, embedded

// Brings the schema to this program's version, each step in a transaction of its own, under an advisory lock
// so that several HSS may start at once. Returns why not: a schema newer than the program is left alone. pqxx
// exceptions pass.
std::string migrate(pqxx::connection_base& connection);

}  // namespace ims::hss
