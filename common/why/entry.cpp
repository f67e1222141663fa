#include "common/why/entry.hpp"

#include <nlohmann/json.hpp>

namespace ims::why {

namespace {

using Json = nlohmann::json;

std::optional<Entry::Kind> kind_of(std::string_view word) {
    using Kind = Entry::Kind;
    if (word == "sip") return Kind::Sip;
    if (word == "cx_request") return Kind::CxRequest;
    if (word == "cx_answer") return Kind::CxAnswer;
    if (word == "cx_failed") return Kind::CxFailed;
    if (word == "note") return Kind::Note;
    if (word == "transport_failed") return Kind::TransportFailed;
    if (word == "flow_closed") return Kind::FlowClosed;
    if (word == "dns_query") return Kind::DnsQuery;
    if (word == "dns_answer") return Kind::DnsAnswer;
    return {};
}

std::string text_at(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> texts_at(const Json& json, const char* name) {
    std::vector<std::string> texts;
    const auto found = json.find(name);
    if (found != json.end() && found->is_array())
        for (const auto& one : *found)
            if (one.is_string()) texts.push_back(one.get<std::string>());
    return texts;
}

std::optional<Entry> entry_of(const Json& json, const std::string& service) {
    const auto kind = json.is_object() ? kind_of(text_at(json, "kind")) : std::nullopt;
    if (!kind) return {};  // of a later version: left out
    Entry e;
    e.service = service;
    e.kind = *kind;
    e.at = json.value("at", std::int64_t{0});
    e.turn = json.value("turn", std::uint64_t{0});
    e.out = text_at(json, "direction") == "out" || *kind == Entry::Kind::DnsQuery;
    if (const auto id = json.find("id"); id != json.end() && id->is_number()) e.id = id->get<std::uint64_t>();
    e.transport = text_at(json, "transport");
    e.local = text_at(json, "local");
    e.remote = text_at(json, "remote");
    e.text = text_at(json, "text");
    if (*kind == Entry::Kind::Sip)
        if (auto parsed = sip::Message::parse(std::string_view{e.text})) e.message = std::move(*parsed);
    const bool note = *kind == Entry::Kind::Note;
    e.name = note ? text_at(json, "id") : text_at(json, "command");
    if (*kind == Entry::Kind::DnsQuery || *kind == Entry::Kind::DnsAnswer) e.name = text_at(json, "type");
    const auto severity = text_at(json, "severity");
    e.grave = severity == "warning" || severity == "error";
    const auto fields = json.find("fields");
    const auto& pairs = note && fields != json.end() ? *fields : json;
    for (const auto& [key, value] : pairs.items())
        if (value.is_string()) e.fields.emplace(key, value.get<std::string>());
    return e;
}

}  // namespace

std::string_view Entry::field(std::string_view field_name) const {
    const auto found = fields.find(field_name);
    return found == fields.end() ? std::string_view{} : std::string_view{found->second};
}

Result<Account, Silence> read_account(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("service") || !json.contains("entries"))
        return Silence{"what it says is not the answer of a service's /trace"};
    Account a;
    a.service = text_at(json, "service");
    a.now = json.value("now", std::int64_t{0});
    a.listening = texts_at(json, "listening");
    a.left_off = json.value("left_off", std::uint64_t{0});
    if (const auto keys = json.find("keys"); keys != json.end() && keys->is_object()) {
        a.call_ids = texts_at(*keys, "call_id");
        a.icids = texts_at(*keys, "icid");
        a.identities = texts_at(*keys, "impi");
        for (auto& impu : texts_at(*keys, "impu")) a.identities.push_back(std::move(impu));
    }
    for (const auto& one : json["entries"])
        if (auto entry = entry_of(one, a.service)) a.entries.push_back(std::move(*entry));
    return a;
}

}  // namespace ims::why
