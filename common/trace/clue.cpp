#include "common/trace/clue.hpp"

#include "common/base/text.hpp"
#include "common/trace/memory.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::trace {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> compact{
    {{"i", "call-id"}, {"f", "from"}, {"t", "to"}, {"m", "contact"}}};

// The URIs of a header's values: what stands in < >, or the whole value up to its parameters.
template <class F>
void each_uri(std::string_view value, F f) {
    if (value.find('<') == std::string_view::npos) return f(trim(value.substr(0, value.find(';'))));
    while (true) {
        const auto open = value.find('<');
        if (open == std::string_view::npos) return;
        value.remove_prefix(open + 1);
        const auto close = std::min(value.find('>'), value.size());
        f(value.substr(0, close));
        value.remove_prefix(close);
    }
}

// name="value" or name=value in a header; empty if it is not there.
std::string_view parameter(std::string_view value, std::string_view name) {
    for (std::size_t at = 0; at + name.size() < value.size(); ++at) {
        if (!iequals(value.substr(at, name.size()), name)) continue;
        if (at > 0 && (is_alpha(value[at - 1]) || value[at - 1] == '-')) continue;
        auto rest = trim(value.substr(at + name.size()));
        if (rest.empty() || rest[0] != '=') continue;
        rest = trim(rest.substr(1));
        if (!rest.empty() && rest[0] == '"') {
            rest.remove_prefix(1);
            return rest.substr(0, rest.find('"'));
        }
        return rest.substr(0, rest.find_first_of(",; \t"));
    }
    return {};
}

void add(std::vector<Hash>& to, std::string_view identity) {
    const auto text = essence(identity);
    if (text.empty()) return;
    const auto hash = hash_of(text);
    if (std::find(to.begin(), to.end(), hash) == to.end()) to.push_back(hash);
}

Clue clue_of_message(std::string_view message) {
    Clue clue;
    std::vector<Hash> parties;
    std::vector<Hash> registering;  // From: of a third-party REGISTER it is the S-CSCF, whoever registers
    each_header(message, [&](std::string_view name, std::string_view value) {
        if (name.empty()) {  // the first line
            clue.registers = value.starts_with("REGISTER ");
            const auto space = value.find(' ');
            if (!clue.registers && !value.starts_with("SIP/") && space != std::string_view::npos)
                add(clue.named, value.substr(space + 1, value.find(' ', space + 1) - space - 1));
        } else if (name == "call-id") {
            clue.call_id = hash_of(value);
        } else if (name == "cseq") {
            clue.registers = clue.registers || value.ends_with("REGISTER");
        } else if (name == "authorization") {
            if (const auto user = parameter(value, "username"); !user.empty()) add(clue.same, user);
        } else if (name == "p-charging-vector") {
            if (const auto icid = parameter(value, "icid-value"); !icid.empty()) clue.icid = hash_of(icid);
        } else if (name == "from") {
            each_uri(value, [&](std::string_view uri) { add(registering, uri); });
        } else if (name == "to" || name == "p-associated-uri" || name == "p-asserted-identity" ||
                   name == "p-preferred-identity" || name == "p-called-party-id" || name == "p-served-user") {
            each_uri(value, [&](std::string_view uri) { add(parties, uri); });
        }
    });
    auto& where = clue.registers ? clue.same : clue.named;
    where.insert(where.end(), parties.begin(), parties.end());
    clue.named.insert(clue.named.end(), registering.begin(), registering.end());
    return clue;
}

Clue clue_of_pairs(const std::vector<std::string_view>& fields) {
    Clue clue;
    for (std::size_t i = 1; i + 1 < fields.size(); i += 2) {
        const auto name = fields[i];
        const auto value = fields[i + 1];
        if (name == "call_id") clue.call_id = hash_of(value);
        if (name == "icid") clue.icid = hash_of(value);
        if (name == "impi" || name == "impu") add(clue.same, value);
    }
    return clue;
}

}  // namespace

std::string essence(std::string_view identity) {
    identity = trim(identity);
    for (const auto* scheme : {"sip:", "sips:", "tel:"})
        if (istarts_with(identity, scheme)) {
            identity.remove_prefix(std::string_view{scheme}.size());
            break;
        }
    identity = identity.substr(0, identity.find_first_of(";>?"));
    const auto at = identity.rfind('@');
    const auto user = identity.substr(0, at);
    std::string digits;
    bool number = true;
    for (std::size_t i = 0; i < user.size() && number; ++i) {
        const char c = user[i];
        if (is_digit(c))
            digits += c;
        else
            number = (c == '+' && i == 0) || c == '-' || c == '.' || c == '(' || c == ')';
    }
    if (number && !digits.empty()) return digits;
    if (at == std::string_view::npos) return to_lower(identity);
    auto host = identity.substr(at + 1);
    if (!host.empty() && host[0] != '[') host = host.substr(0, host.find(':'));
    return std::string{user} + "@" + to_lower(host);
}

Clue clue_of(Kind kind, const std::vector<std::string_view>& fields) {
    switch (kind) {
        case Kind::SipIn:
        case Kind::SipOut: {
            auto clue = fields.size() < 2 ? Clue{} : clue_of_message(fields[1]);
            if (!fields.empty()) clue.connection = way_of(fields[0]).connection;
            return clue;
        }
        case Kind::FlowClosed: {
            Clue clue;
            if (!fields.empty()) clue.connection = way_of(fields[0]).connection;
            return clue;
        }
        case Kind::CxRequestIn:
        case Kind::CxRequestOut:
        case Kind::CxAnswerIn:
        case Kind::CxAnswerOut:
        case Kind::Note: return clue_of_pairs(fields);
        case Kind::CxFailed:
        case Kind::TransportFailed:
        case Kind::DnsQuery:
        case Kind::DnsAnswer:
        case Kind::Gap: return {};
    }
    return {};
}

void each_header(std::string_view message,
                 const std::function<void(std::string_view name, std::string_view value)>& f) {
    bool first = true;
    while (!message.empty()) {
        const auto end = message.find('\n');
        const auto line = trim(message.substr(0, end));
        message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
        if (std::exchange(first, false)) {
            f({}, line);
            continue;
        }
        if (line.empty()) return;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        auto name = to_lower(trim(line.substr(0, colon)));
        for (const auto& [letter, whole] : compact)
            if (name == letter) name = whole;
        f(name, trim(line.substr(colon + 1)));
    }
}

}  // namespace ims::trace
