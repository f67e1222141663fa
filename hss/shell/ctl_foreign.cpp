#include "hss/shell/ctl_foreign.hpp"

#include "hss/shell/ctl_client.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

namespace ims::hss::ctl {

using nlohmann::json;

namespace {

constexpr auto table_key = "table";

// A field that is there and says something.
const json* find(const json& object, const char* key) {
    const auto at = object.find(key);
    if (at == object.end() || at->is_null() || (at->is_string() && at->get_ref<const std::string&>().empty()))
        return nullptr;
    return &*at;
}

// Text, also where somebody wrote a number.
std::string text_of(const json& object, const char* key) {
    const auto* value = find(object, key);
    if (!value) return {};
    return value->is_string() ? value->get<std::string>() : value->dump();
}

// Keys are written in groups by some: "465B5CE8 B199B49F ...".
std::string hex_of(const json& object, const char* key) {
    auto text = text_of(object, key);
    std::erase(text, ' ');
    return text;
}

// A number, digits, or MongoDB's {"$numberLong": "4096"}.
std::optional<json> number_of(const json* value) {
    if (!value) return std::nullopt;
    if (value->is_object() && value->size() == 1) value = &value->front();
    if (value->is_number_integer()) return *value;
    if (value->is_number_float()) return static_cast<std::uint64_t>(value->get<double>());
    if (!value->is_string()) return std::nullopt;
    const auto digits = json::parse(value->get<std::string>(), nullptr, false);
    return digits.is_number_integer() ? std::optional{digits} : std::nullopt;
}

bool truth_of(const json* value, bool fallback) {
    if (!value) return fallback;
    if (value->is_boolean()) return value->get<bool>();
    const auto n = number_of(value);
    return n ? *n != 0 : fallback;
}

void add_msisdns(json& row, const std::vector<std::string>& numbers) {
    std::vector<std::string> once;
    for (auto n : numbers) {
        std::erase(n, ' ');
        if (!n.empty() && std::ranges::find(once, n) == once.end()) once.push_back(std::move(n));
    }
    if (once.size() == 1)
        row["msisdn"] = once.front();
    else if (!once.empty())
        row["msisdn"] = once;
}

// Every field but those we read and the database's own book-keeping.
void ignore_others(Foreign& out, const json& object, const std::set<std::string>& read,
                   const std::string& prefix) {
    for (const auto& [key, value] : object.items())
        if (!read.contains(key) && !key.starts_with('_') && !value.is_null()) ++out.ignored[prefix + key];
}

std::string count_of(std::size_t n, const char* what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

std::vector<json> foreign_objects(const std::string& text, const std::string& file) {
    std::vector<json> out;
    std::istringstream in{text};
    try {
        for (in >> std::ws; in.good() && in.peek() != std::char_traits<char>::eof(); in >> std::ws) {
            json one;
            in >> one;
            if (one.is_array()) {
                out.insert(out.end(), one.begin(), one.end());
            } else if (one.is_object() && !one.empty() &&
                       std::ranges::all_of(one, [](const json& v) { return v.is_array(); })) {
                for (const auto& [table, rows] : one.items())
                    for (auto row : rows) {
                        if (row.is_object()) row[table_key] = table;
                        out.push_back(std::move(row));
                    }
            } else {
                out.push_back(std::move(one));
            }
        }
    } catch (const json::exception& e) {
        throw CtlError{file + " is not JSON after " + count_of(out.size(), "object") +
                       ": take what mongoexport or the REST API writes (" + e.what() + ")"};
    }
    for (const auto& one : out)
        if (!one.is_object()) throw CtlError{file + " has something in it that is no object: " + one.dump()};
    if (out.empty()) throw CtlError{file + " has no subscriber in it"};
    return out;
}

Foreign from_open5gs(const std::vector<json>& documents) {
    Foreign out;
    std::size_t n = 0;
    for (const auto& d : documents) {
        ++n;
        const auto imsi = text_of(d, "imsi");
        if (imsi.empty())
            throw CtlError{"document " + std::to_string(n) +
                           " has no imsi: is this Open5GS's collection "
                           "'subscribers'?"};
        json row{{"imsi", imsi}};
        std::vector<std::string> numbers;
        if (const auto* list = find(d, "msisdn")) {
            if (list->is_array())
                for (const auto& m : *list)
                    numbers.push_back(m.is_string() ? m.get<std::string>() : m.dump());
            else
                numbers.push_back(text_of(d, "msisdn"));
        }
        add_msisdns(row, numbers);

        const auto* security = find(d, "security");
        if (security && security->is_object()) {
            row["k"] = hex_of(*security, "k");
            // Open5GS derives OPc only where there is none.
            const bool has_opc = find(*security, "opc") != nullptr;
            if (has_opc) row["opc"] = hex_of(*security, "opc");
            if (has_opc && find(*security, "op")) ++out.ignored["security.op beside security.opc"];
            if (!has_opc && find(*security, "op")) row["op"] = hex_of(*security, "op");
            if (find(*security, "amf")) row["amf"] = hex_of(*security, "amf");
            // What it keeps is the next one to give out. Taken as given out, one is left out and none comes
            // twice.
            if (const auto sqn = number_of(find(*security, "sqn"))) row["sqn"] = *sqn;
            ignore_others(out, *security, {"k", "op", "opc", "amf", "sqn"}, "security.");
        } else {
            out.warnings.push_back(imsi + ": has no 'security', so no keys");
        }
        // TS 29.272 7.3.29 and 7.3.30: barred is who gets no packet service at all.
        if (number_of(find(d, "subscriber_status")).value_or(0) != 0) {
            const auto barring = number_of(find(d, "operator_determined_barring")).value_or(0);
            row["barred"] = barring == 0;
            if (barring != 0)
                out.warnings.push_back(
                    imsi + ": operator_determined_barring " + barring.dump() +
                    " has no counterpart and was not taken over; bar him if he shall not register");
        }
        ignore_others(out, d,
                      {"imsi", "msisdn", "security", "subscriber_status", "operator_determined_barring",
                       "schema_version"},
                      "");
        out.rows.push_back(std::move(row));
    }
    return out;
}

namespace {

std::string pyhss_table(const json& object) {
    if (const auto* table = find(object, table_key)) return table->get<std::string>();
    const auto has = [&](const char* key) { return object.contains(key); };
    if (has("ims_subscriber_id") || has("ifc_path") || has("msisdn_list")) return "ims_subscriber";
    if (has("subscriber_id") || has("default_apn") || has("apn_list")) return "subscriber";
    if (has("auc_id") || has("ki")) return "auc";
    return {};
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> out;
    std::istringstream in{list};
    for (std::string one; std::getline(in, one, ',');) out.push_back(one);
    return out;
}

class PyHss {
  public:
    Foreign convert(const std::vector<json>& objects) {
        std::size_t n = 0;
        for (const auto& object : objects) {
            ++n;
            const auto table = pyhss_table(object);
            if (table == "auc") {
                aucs_.push_back(&object);
            } else if (table == "subscriber") {
                subscribers_[text_of(object, "imsi")] = &object;
            } else if (table == "ims_subscriber") {
                ims_subscribers_.push_back(&object);
            } else if (!table.empty()) {
                ++out_.ignored["table " + table];
            } else {
                throw CtlError{"object " + std::to_string(n) +
                               " is none of PyHSS's auc, subscriber and ims_subscriber"};
            }
        }
        for (const auto* auc : aucs_) {
            if (const auto imsi = text_of(*auc, "imsi"); !imsi.empty()) auc_of_imsi_[imsi] = auc;
            if (const auto id = text_of(*auc, "auc_id"); !id.empty()) auc_of_id_[id] = auc;
        }
        add_subscribers();
        say_what_is_left();
        return std::move(out_);
    }

  private:
    // Who has no ims_subscriber has no IMS there; a file without any of them is a list of SIM cards in use.
    void add_subscribers() {
        std::set<std::string> done;
        for (const auto* ims : ims_subscribers_) {
            const auto imsi = text_of(*ims, "imsi");
            if (imsi.empty()) {
                out_.warnings.push_back("ims_subscriber " + text_of(*ims, "msisdn") +
                                        ": has no imsi; left out");
                continue;
            }
            const auto of_imsi = subscribers_.find(imsi);
            if (done.insert(imsi).second)
                add(imsi, ims, of_imsi == subscribers_.end() ? nullptr : of_imsi->second);
            else
                out_.warnings.push_back(imsi + ": has several ims_subscribers; the first was taken");
            ignore_others(out_, *ims,
                          {"imsi", "msisdn", "msisdn_list", "ifc_path", "ims_subscriber_id", table_key},
                          "ims_subscriber.");
        }
        for (const auto& [imsi, subscriber] : subscribers_) {
            ignore_others(
                out_, *subscriber,
                {"imsi", "msisdn", "auc_id", "subscriber_id", "enabled", "roaming_enabled", table_key},
                "subscriber.");
            if (done.contains(imsi)) continue;
            if (ims_subscribers_.empty())
                add(imsi, nullptr, subscriber);
            else
                out_.warnings.push_back(imsi + ": is a subscriber without ims_subscriber; left out");
        }
    }

    void add(const std::string& imsi, const json* ims, const json* subscriber) {
        json row{{"imsi", imsi}};
        std::vector<std::string> numbers;
        for (const auto* object : {ims, ims ? nullptr : subscriber}) {
            if (!object) continue;
            numbers.push_back(text_of(*object, "msisdn"));
            for (auto& one : split(text_of(*object, "msisdn_list"))) numbers.push_back(std::move(one));
        }
        add_msisdns(row, numbers);
        if (ims && find(*ims, "ifc_path")) ++criteria_[text_of(*ims, "ifc_path")];
        if (subscriber) {
            if (!truth_of(find(*subscriber, "enabled"), true)) row["barred"] = true;
            if (!truth_of(find(*subscriber, "roaming_enabled"), true)) ++at_home_only_;
        }
        add_keys(row, imsi, subscriber);
        out_.rows.push_back(std::move(row));
    }

    void add_keys(json& row, const std::string& imsi, const json* subscriber) {
        const json* auc = nullptr;
        if (const auto of_imsi = auc_of_imsi_.find(imsi); of_imsi != auc_of_imsi_.end())
            auc = of_imsi->second;
        if (!auc && subscriber)
            if (const auto of_id = auc_of_id_.find(text_of(*subscriber, "auc_id")); of_id != auc_of_id_.end())
                auc = of_id->second;
        if (!auc) {
            out_.warnings.push_back(imsi + ": has no auc, so no keys");
            return;
        }
        used_.insert(auc);
        // It keeps the next one to give out: see Open5GS.
        if (const auto sqn = number_of(find(*auc, "sqn"))) row["sqn"] = *sqn;
        if (!find(*auc, "ki")) {
            ++without_keys_;
            return;
        }
        row["k"] = hex_of(*auc, "ki");
        if (find(*auc, "opc")) row["opc"] = hex_of(*auc, "opc");
        if (find(*auc, "amf")) row["amf"] = hex_of(*auc, "amf");
    }

    void say_what_is_left() {
        for (const auto* auc : aucs_)
            ignore_others(out_, *auc, {"auc_id", "imsi", "ki", "opc", "amf", "sqn", table_key}, "auc.");
        if (used_.size() < aucs_.size())
            out_.warnings.push_back(count_of(aucs_.size() - used_.size(), "auc") + " of nobody; left out");
        if (without_keys_ > 0)
            out_.warnings.push_back(
                count_of(without_keys_, "auc") +
                " without ki and opc: PyHSS's API leaves them out unless it is told otherwise; "
                "take them from its database");
        for (const auto& [path, n] : criteria_)
            out_.warnings.push_back(
                "ifc_path " + path + " of " + count_of(n, "subscriber") +
                " was not taken over: make a service profile of it, name it in a template, and "
                "import with --template");
        if (at_home_only_ > 0)
            out_.warnings.push_back("roaming_enabled false of " + count_of(at_home_only_, "subscriber") +
                                    " was not taken over: it is about the EPC; a template may name "
                                    "allowed_visited_networks");
    }

    Foreign out_;
    std::vector<const json*> aucs_, ims_subscribers_;
    std::map<std::string, const json*> subscribers_, auc_of_imsi_, auc_of_id_;  // by IMSI, and by auc_id
    std::set<const json*> used_;
    std::map<std::string, std::size_t> criteria_;
    std::size_t without_keys_ = 0, at_home_only_ = 0;
};

}  // namespace

Foreign from_pyhss(const std::vector<json>& objects) {
    return PyHss{}.convert(objects);
}

}  // namespace ims::hss::ctl
