#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

// Subscribers as CSV (RFC 4180, a record a line): the keys of the short form, and ha1, password,
// digest_algorithm and digest_realm. Several numbers or networks in one field are separated by spaces; "-" is
// the list without any.
namespace ims::hss {

// Nothing: a quote is not closed.
std::optional<std::vector<std::string>> csv_fields(std::string_view line);

// What a line says in the short form; an empty field says nothing. Nothing: `line` has another number of
// fields.
std::optional<nlohmann::json> short_form_of_csv(const std::vector<std::string>& columns,
                                                std::string_view line);

// The columns of an export, and its lines. No line: a text in it has a line break.
const std::vector<std::string>& csv_columns(bool secrets);
std::optional<std::string> csv_of_short_form(const std::vector<std::string>& columns,
                                             const nlohmann::json& short_form);

}  // namespace ims::hss
