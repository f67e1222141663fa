#include "common/trace/question.hpp"

#include "common/base/text.hpp"
#include "common/trace/redact.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

namespace ims::trace {

namespace {

using Json = nlohmann::ordered_json;

// What no UE has a part in is told when it happened around what is told.
constexpr std::int64_t before = 60'000'000;  // microseconds
constexpr std::int64_t after = 5'000'000;

bool any_in(const std::vector<Hash>& hashes, const std::set<Hash>& set) {
    return std::any_of(hashes.begin(), hashes.end(), [&](Hash h) { return set.contains(h); });
}

std::string_view word(Kind kind) {
    switch (kind) {
        case Kind::SipIn:
        case Kind::SipOut: return "sip";
        case Kind::CxRequestIn:
        case Kind::CxRequestOut: return "cx_request";
        case Kind::CxAnswerIn:
        case Kind::CxAnswerOut: return "cx_answer";
        case Kind::CxFailed: return "cx_failed";
        case Kind::Note: return "note";
        case Kind::TransportFailed: return "transport_failed";
        case Kind::FlowClosed: return "flow_closed";
        case Kind::DnsQuery: return "dns_query";
        case Kind::DnsAnswer: return "dns_answer";
        case Kind::Gap: return "gap";
    }
    return {};
}

bool goes_out(Kind kind) {
    return kind == Kind::SipOut || kind == Kind::CxRequestOut || kind == Kind::CxAnswerOut ||
           kind == Kind::DnsQuery;
}

std::string_view word(Severity severity) {
    switch (severity) {
        case Severity::Trace: return "trace";
        case Severity::Info: return "info";
        case Severity::Warning: return "warning";
        case Severity::Error: return "error";
    }
    return {};
}

bool is_grave(const Head& head) {
    return head.kind == Kind::Note && head.severity >= static_cast<std::uint8_t>(Severity::Warning);
}

// Which request an answer belongs to: ids of what was sent and of what arrived are counted apart.
std::optional<std::pair<bool, std::uint64_t>> transaction_of(const Head& head) {
    switch (head.kind) {
        case Kind::CxRequestOut:
        case Kind::CxAnswerIn:
        case Kind::CxFailed: return std::pair{true, head.id};
        case Kind::CxRequestIn:
        case Kind::CxAnswerOut: return std::pair{false, head.id};
        case Kind::SipIn:
        case Kind::SipOut:
        case Kind::Note:
        case Kind::TransportFailed:
        case Kind::FlowClosed:
        case Kind::DnsQuery:
        case Kind::DnsAnswer:
        case Kind::Gap: return std::nullopt;
    }
    return std::nullopt;
}

void put_way(Json& out, std::string_view octets) {
    const auto way = way_of(octets);
    out["transport"] = sip::transport_text(way.transport);
    if (way.has_local) out["local"] = way.local.text();
    out["remote"] = way.remote.text();
    if (way.connection != 0) out["connection"] = way.connection;
}

Json json_of(const Head& head, const std::vector<std::string_view>& fields) {
    Json out;
    out["at"] = head.at;
    out["turn"] = head.turn;
    out["kind"] = word(head.kind);
    const auto pairs = [&](Json& into) {
        for (std::size_t i = 1; i + 1 < fields.size(); i += 2)
            into[std::string{fields[i]}] = std::string{fields[i + 1]};
    };
    switch (head.kind) {
        case Kind::SipIn:
        case Kind::SipOut:
            out["direction"] = goes_out(head.kind) ? "out" : "in";
            if (head.id != 0) out["id"] = head.id;
            put_way(out, fields[0]);
            out["text"] = redacted(fields[1]);
            break;
        case Kind::CxRequestIn:
        case Kind::CxRequestOut:
        case Kind::CxAnswerIn:
        case Kind::CxAnswerOut:
        case Kind::CxFailed:
            out["direction"] = goes_out(head.kind) ? "out" : "in";
            out["id"] = head.id;
            if (head.kind != Kind::CxFailed) out["command"] = std::string{fields[0]};
            pairs(out);
            break;
        case Kind::DnsQuery:
        case Kind::DnsAnswer:
            out["type"] = std::string{fields[0]};
            pairs(out);
            break;
        case Kind::Note:
            out["id"] = std::string{fields[0]};
            out["severity"] = word(static_cast<Severity>(head.severity));
            pairs(out["fields"] = Json::object());
            break;
        case Kind::TransportFailed:
            out["id"] = head.id;
            out["detail"] = std::string{fields[0]};
            break;
        case Kind::FlowClosed: put_way(out, fields[0]); break;
        case Kind::Gap: break;
    }
    return out;
}

// The texts behind the hashes, for who asks other services.
class Keys {
  public:
    void take(Kind kind, const std::vector<std::string_view>& fields) {
        if (kind == Kind::SipIn || kind == Kind::SipOut) return take_message(fields[1]);
        for (std::size_t i = 1; i + 1 < fields.size(); i += 2) add(fields[i], fields[i + 1]);
    }
    Json json() const {
        Json out;
        for (const auto& [name, values] : values_) out[name] = values;
        return out;
    }

  private:
    void add(std::string_view name, std::string_view value) {
        const auto found = values_.find(name);
        if (found != values_.end() && !value.empty()) found->second.emplace(value);
    }
    void take_message(std::string_view message) {
        each_header(message, [&](std::string_view name, std::string_view value) {
            if (name == "call-id") add("call_id", value);
            if (name != "p-charging-vector") return;
            auto icid = value.substr(std::min(value.find("icid-value="), value.size()));
            if (icid.empty()) return;
            icid.remove_prefix(std::string_view{"icid-value="}.size());
            const bool quoted = icid.starts_with('"');
            if (quoted) icid.remove_prefix(1);
            add("icid", icid.substr(0, icid.find_first_of(quoted ? "\"" : ";, ")));
        });
    }

    std::map<std::string, std::set<std::string>, std::less<>> values_{
        {"call_id", {}}, {"icid", {}}, {"impi", {}}, {"impu", {}}};
};

}  // namespace

Question::Question(const Memory& memory, std::vector<std::string> keys, Options options)
    : memory_{memory}, keys_{std::move(keys)}, options_{options} {
    for (const auto& key : keys_) {
        if (const auto text = essence(key); !text.empty()) identities_.insert(hash_of(text));
        call_ids_.insert(hash_of(key));
        icids_.insert(hash_of(key));
    }
}

bool Question::step() {
    const auto& shelves = memory_.shelves();
    if (shelf_ >= shelves.size()) return false;
    const auto& shelf = shelves[shelf_];
    for (auto place = shelf.oldest(); place < shelf.end(); place = shelf.next(place)) {
        const auto head = shelf.head(place);
        if (head.kind != Kind::Gap)
            found_.push_back({shelf_, place, head, clue_of(head.kind, shelf.fields(place)), false});
    }
    return ++shelf_ < shelves.size();
}

void Question::follow_identities() {
    for (std::size_t before_ = 0; before_ != identities_.size();) {
        before_ = identities_.size();
        for (const auto& f : found_)
            if (any_in(f.clue.same, identities_)) identities_.insert(f.clue.same.begin(), f.clue.same.end());
    }
}

void Question::follow_calls() {
    for (const auto& f : found_) {
        if (f.clue.call_id == 0) continue;
        if (any_in(f.clue.same, identities_) || any_in(f.clue.named, identities_))
            call_ids_.insert(f.clue.call_id);
    }
    for (std::size_t before_ = 0; before_ != call_ids_.size() + icids_.size();) {
        before_ = call_ids_.size() + icids_.size();
        for (const auto& f : found_) {
            if (f.clue.icid == 0 || f.clue.call_id == 0) continue;
            if (call_ids_.contains(f.clue.call_id)) icids_.insert(f.clue.icid);
            if (icids_.contains(f.clue.icid)) call_ids_.insert(f.clue.call_id);
        }
    }
}

void Question::choose() {
    for (auto& f : found_)
        f.chosen = f.clue.call_id != 0 ? call_ids_.contains(f.clue.call_id)
                                       : any_in(f.clue.same, identities_) ||
                                             (f.clue.icid != 0 && icids_.contains(f.clue.icid));
}

// What names nobody belongs to the turn it stands in, and an answer to its request.
void Question::choose_companions() {
    for (bool more = true; more;) {
        more = false;
        std::set<std::uint64_t> turns;
        std::set<std::pair<bool, std::uint64_t>> transactions;
        std::set<std::uint64_t> transmitted;
        std::set<std::uint64_t> connections;
        for (const auto& f : found_) {
            if (!f.chosen) continue;
            turns.insert(f.head.turn);
            if (const auto t = transaction_of(f.head)) transactions.insert(*t);
            if (f.head.kind == Kind::SipOut && f.head.id != 0) transmitted.insert(f.head.id);
            if (f.clue.connection != 0) connections.insert(f.clue.connection);
        }
        for (auto& f : found_) {
            if (f.chosen || f.clue.call_id != 0) continue;
            const auto t = transaction_of(f.head);
            const bool answers = t && transactions.contains(*t);
            const bool failed = f.head.kind == Kind::TransportFailed && transmitted.contains(f.head.id);
            const bool closed = f.head.kind == Kind::FlowClosed && connections.contains(f.clue.connection);
            if (!answers && !failed && !closed && !turns.contains(f.head.turn)) continue;
            f.chosen = true;
            more = true;
        }
    }
}

void Question::conclude() {
    if (std::exchange(concluded_, true)) return;
    while (step()) {
    }
    follow_identities();
    follow_calls();
    choose();
    choose_companions();
}

Question::Known Question::known() {
    conclude();
    return {identities_, call_ids_, icids_};
}

void Question::each_message(const std::function<void(const WireMessage&)>& f) {
    conclude();
    for (const auto& found : found_) {
        const bool message = found.head.kind == Kind::SipIn || found.head.kind == Kind::SipOut;
        const auto& shelf = memory_.shelves()[found.shelf];
        if (!found.chosen || !message || !shelf.holds(found.place)) continue;
        const auto fields = shelf.fields(found.place);
        f({WireMessage::Protocol::Sip, found.head.kind == Kind::SipOut,
           WallClock{std::chrono::microseconds{found.head.at}}, way_of(fields[0]), fields[1]});
    }
}

std::string Question::answer() {
    conclude();
    std::int64_t first = INT64_MAX;
    std::int64_t last = INT64_MIN;
    for (const auto& f : found_) {
        if (!f.chosen) continue;
        first = std::min(first, f.head.at);
        last = std::max(last, f.head.at);
    }
    const auto nobody = memory_.shelves().size() - 1;
    std::vector<const Found*> told;
    std::uint64_t overwritten = 0;
    std::int64_t oldest = 0;
    for (const auto& f : found_) {
        if (oldest == 0 || f.head.at < oldest) oldest = f.head.at;
        const bool around = last == INT64_MIN || (f.head.at >= first - before && f.head.at <= last + after);
        if (f.chosen || (f.shelf == nobody && is_grave(f.head) && around)) told.push_back(&f);
    }
    for (const auto& shelf : memory_.shelves()) overwritten += shelf.overwritten();
    std::stable_sort(told.begin(), told.end(), [](const Found* a, const Found* b) {
        return std::pair{a->head.at, a->head.turn} < std::pair{b->head.at, b->head.turn};
    });
    std::size_t left_off = 0;
    if (told.size() > options_.most_entries) {
        left_off = told.size() - options_.most_entries;
        told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(left_off));
    }

    Keys keys;
    auto entries = Json::array();
    for (const auto* f : told) {
        const auto& shelf = memory_.shelves()[f->shelf];
        if (!shelf.holds(f->place)) continue;
        const auto fields = shelf.fields(f->place);
        if (f->chosen) keys.take(f->head.kind, fields);
        entries.push_back(json_of(f->head, fields));
    }
    Json out;
    out["keys"] = keys.json();
    out["oldest"] = oldest;
    out["overwritten"] = overwritten;
    out["left_off"] = left_off;
    out["entries"] = std::move(entries);
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string account_of(std::string_view service, WallClock now, const std::vector<std::string>& listening,
                       std::string_view answer) {
    Json head;
    head["service"] = service;
    head["now"] = now.time_since_epoch().count();
    head["listening"] = listening;
    auto text = head.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.back() = ',';
    return text += answer.substr(1);
}

}  // namespace ims::trace
