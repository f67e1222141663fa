#pragma once
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace ims::hss {

// Rows of objects as a table with a column for each key, in that order; lists are joined by commas.
std::string table(const nlohmann::json& rows, const std::vector<std::string>& columns);
// An object as "key  value" lines; what is nested is indented.
std::string listing(const nlohmann::json& object, std::size_t indent = 0);

}  // namespace ims::hss
