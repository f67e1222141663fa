#include "hss/postgres/rows.hpp"

#include <charconv>

#include <libpq-fe.h>

namespace ims::hss {

bool Field::null() const {
    return PQgetisnull(result_, row_, column_) != 0;
}
std::string_view Field::view() const {
    return {PQgetvalue(result_, row_, column_),
            static_cast<std::size_t>(PQgetlength(result_, row_, column_))};
}
int Rows::size() const {
    return PQntuples(result_.get());
}
bool Rows::good() const {
    const auto status = PQresultStatus(result_.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}
void Rows::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

std::optional<std::string> Field::text() const {
    if (null()) return std::nullopt;
    return std::string{view()};
}
std::optional<std::int64_t> Field::number() const {
    if (null()) return std::nullopt;
    const auto digits = view();
    std::int64_t n = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), n);
    return n;
}
std::optional<Octets> Field::octets() const {
    if (null() || !view().starts_with("\\x")) return std::nullopt;
    return unhex(view().substr(2));
}

std::vector<std::string> read_array(std::string_view text) {
    std::vector<std::string> out;
    if (text.size() < 2 || text == "{}") return out;
    text = text.substr(1, text.size() - 2);
    bool quoted = false, escaped = false;
    auto* item = &out.emplace_back();
    for (const char c : text) {
        if (escaped) {
            *item += c;
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            item = &out.emplace_back();
        } else {
            *item += c;
        }
    }
    return out;
}

std::string array_of(const std::vector<std::string>& texts) {
    std::string out = "{";
    for (const auto& t : texts) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char c : t) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out + '}';
}

std::string octets_text(std::span<const std::uint8_t> octets) {
    return "\\x" + hex(octets);
}

}  // namespace ims::hss
