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

Rows::Rows(pg_result* result) : result_{result, &PQclear}, count_{PQntuples(result)} {}
bool Rows::good() const {
    const auto status = PQresultStatus(result_.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}
std::vector<Rows> Rows::by_ordinal(std::size_t count) const {
    auto none = *this;
    none.count_ = 0;
    ++none.column_;
    std::vector<Rows> all(count, none);
    for (int n = 0; n < count_; ++n) {
        auto& rows = all.at(static_cast<std::size_t>(at(n, 0).number().value_or(0) - 1));
        if (rows.count_++ == 0) rows.first_ = first_ + n;
    }
    return all;
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

void add_to_array(std::string& array, const std::optional<std::string>& element) {
    array += array.empty() ? '{' : ',';
    if (!element) {
        array += "NULL";
        return;
    }
    // In quotes nothing else has a meaning: not a brace, a comma, an empty text or one that reads NULL.
    array += '"';
    for (const char c : *element) {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

std::string array_of(const std::vector<std::string>& texts) {
    if (texts.empty()) return "{}";
    std::string out;
    for (const auto& t : texts) add_to_array(out, t);
    return out + '}';
}

std::string octets_text(std::span<const std::uint8_t> octets) {
    return "\\x" + hex(octets);
}

}  // namespace ims::hss
