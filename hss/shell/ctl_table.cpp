#include "hss/shell/ctl_table.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

std::string cell(const nlohmann::json& value) {
    if (value.is_null()) return "-";
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (!value.is_array()) return value.dump();
    std::string out;
    for (const auto& v : value) out += (out.empty() ? "" : ",") + cell(v);
    return out.empty() ? "-" : out;
}

void add_line(std::string& out, const std::vector<std::string>& cells,
              const std::vector<std::size_t>& widths) {
    for (std::size_t n = 0; n < cells.size(); ++n) {
        out += cells[n];
        if (n + 1 < cells.size()) out.append(widths[n] - cells[n].size() + 2, ' ');
    }
    out += '\n';
}

}  // namespace

std::string table(const nlohmann::json& rows, const std::vector<std::string>& columns) {
    std::vector<std::vector<std::string>> lines;
    auto& head = lines.emplace_back();
    for (auto c : columns) {
        std::ranges::transform(c, c.begin(),
                               [](char x) { return x == '_' ? ' ' : static_cast<char>(std::toupper(x)); });
        head.push_back(std::move(c));
    }
    for (const auto& row : rows) {
        auto& line = lines.emplace_back();
        for (const auto& c : columns) line.push_back(row.contains(c) ? cell(row[c]) : "-");
    }
    std::vector<std::size_t> widths(columns.size(), 0);
    for (const auto& line : lines)
        for (std::size_t n = 0; n < line.size(); ++n) widths[n] = std::max(widths[n], line[n].size());
    std::string out;
    for (const auto& line : lines) add_line(out, line, widths);
    return out;
}

std::string listing(const nlohmann::json& object, std::size_t indent) {
    std::string out;
    const std::string margin(indent, ' ');
    for (const auto& [key, value] : object.items()) {
        const bool objects = value.is_array() && !value.empty() && value.front().is_object();
        if (value.is_object()) {
            out += margin + key + ":\n" + listing(value, indent + 2);
        } else if (objects) {
            out += margin + key + ":\n";
            for (const auto& one : value) {
                auto text = listing(one, indent + 4);
                text.replace(indent + 2, 1, "-");
                out += text;
            }
        } else {
            out += margin + key + ": " + cell(value) + "\n";
        }
    }
    return out;
}

}  // namespace ims::hss
