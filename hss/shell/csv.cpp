#include "hss/shell/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

namespace ims::hss {
namespace {

using nlohmann::json;

constexpr std::array numbers{"sqn", "service_profile", "capability_set", "charging_set", "keccak_iterations"};
constexpr std::array flags{"barred", "bar_imsi_identity"};
constexpr std::array lists{"msisdn", "allowed_visited_networks"};
// Column, and its key in "digest".
constexpr std::array<std::pair<std::string_view, const char*>, 4> digest{
    {{"ha1", "ha1"}, {"password", "password"}, {"digest_algorithm", "algorithm"}, {"digest_realm", "realm"}}};

bool is_in(const auto& names, const std::string& column) {
    return std::ranges::find(names, std::string_view{column}) != names.end();
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
        const auto end = std::min(text.find(' '), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return out;
}

// As text where it is none: then the reader says what it wants.
json number_of(const std::string& text) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size()) return text;
    return n;
}
json flag_of(const std::string& text) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return text;
}

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"") == text.npos && trimmed(text) == text) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

std::string field_of(const json& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return value.dump();
    if (value.empty()) return "-";
    std::string out;
    for (const auto& v : value) out += (out.empty() ? "" : " ") + v.get<std::string>();
    return out;
}

}  // namespace

std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
    std::vector<std::string> out;
    for (;;) {
        line = trimmed(line);
        auto& field = out.emplace_back();
        if (!line.starts_with('"')) {
            const auto comma = line.find(',');
            field = trimmed(line.substr(0, comma));
            if (comma == line.npos) return out;
            line.remove_prefix(comma + 1);
            continue;
        }
        for (line.remove_prefix(1);; line.remove_prefix(1)) {
            if (line.empty()) return std::nullopt;
            if (line.starts_with("\"\""))
                line.remove_prefix(1);
            else if (line.starts_with('"'))
                break;
            field += line.front();
        }
        line = trimmed(line.substr(1));
        if (line.empty()) return out;
        if (!line.starts_with(',')) return std::nullopt;
        line.remove_prefix(1);
    }
}

std::optional<json> short_form_of_csv(const std::vector<std::string>& columns, std::string_view line) {
    const auto values = csv_fields(line);
    if (!values || values->size() != columns.size()) return std::nullopt;
    json j = json::object();
    for (std::size_t n = 0; n < columns.size(); ++n) {
        const auto &column = columns[n], &value = (*values)[n];
        if (value.empty()) continue;
        const auto in_digest = std::ranges::find(digest, std::string_view{column},
                                                 &std::pair<std::string_view, const char*>::first);
        if (in_digest != digest.end())
            j["digest"][in_digest->second] = value;
        else if (is_in(numbers, column))
            j[column] = number_of(value);
        else if (is_in(flags, column))
            j[column] = flag_of(value);
        else if (!is_in(lists, column))
            j[column] = value;
        else if (value == "-")
            j[column] = json::array();
        else
            j[column] = words(value);
    }
    return j;
}

const std::vector<std::string>& csv_columns(bool secrets) {
    static const std::vector<std::string> plain{
        "imsi",   "msisdn",           "realm",        "template",     "service_profile",
        "sqn",    "capability_set",   "charging_set", "display_name", "allowed_visited_networks",
        "barred", "bar_imsi_identity"};
    static const std::vector<std::string> with_secrets = [] {
        auto all = plain;
        for (const auto* name : {"k", "op", "opc", "amf", "algorithm", "top", "topc", "keccak_iterations",
                                 "ha1", "digest_algorithm", "digest_realm"})
            all.emplace_back(name);
        return all;
    }();
    return secrets ? with_secrets : plain;
}

std::optional<std::string> csv_of_short_form(const std::vector<std::string>& columns,
                                             const json& short_form) {
    std::string line;
    for (const auto& column : columns) {
        const auto in_digest = std::ranges::find(digest, std::string_view{column},
                                                 &std::pair<std::string_view, const char*>::first);
        json value;
        if (in_digest == digest.end())
            value = short_form.value(column, json{});
        else if (short_form.contains("digest"))
            value = short_form["digest"].value(in_digest->second, json{});
        const auto text = field_of(value);
        if (text.find_first_of("\r\n") != text.npos) return std::nullopt;
        if (&column != &columns.front()) line += ',';
        line += quoted(text);
    }
    return line;
}

}  // namespace ims::hss
