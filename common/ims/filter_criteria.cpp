#include "common/ims/filter_criteria.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace ims {

namespace {

using sip::HeaderId;

constexpr std::size_t most_told = 256;

// In whose values a comma separates nothing (RFC 3261 7.3.1, 20; RFC 3966 in an addr-spec does not matter).
bool is_one_value(HeaderId id) {
    static constexpr std::array ids{HeaderId::Date,          HeaderId::Subject,   HeaderId::Organization,
                                    HeaderId::Authorization, HeaderId::CallId,    HeaderId::UserAgent,
                                    HeaderId::Server,        HeaderId::From,      HeaderId::To,
                                    HeaderId::ContentType,   HeaderId::RetryAfter};
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Annex F: runs of white space, line folds among them, are one SP.
std::string collapsed(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (const char c : trim(value)) {
        const bool white = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!white)
            out += c;
        else if (out.back() != ' ')
            out += ' ';
    }
    return out;
}

// Two of three values: what is unknown decides only where the known does not.
std::optional<bool> negated(std::optional<bool> value) {
    if (!value) return value;
    return !*value;
}

}  // namespace

std::optional<bool> FilterCriteria::holds(const ServicePointTrigger::RequestUri& wanted,
                                          const ServicePoint& point) {
    // Annex F: the hostport of a SIP URI, the telephone-subscriber of a tel URI. It says nothing of others;
    // we take what stands behind the scheme ("service:sos" of a URN).
    const auto& uri = point.request.request_uri();
    std::string text;
    if (uri.is_sip()) {
        text = uri.host;
        if (uri.port) text += ':' + std::to_string(*uri.port);
    } else {
        text = uri.user;
        if (uri.is_tel()) uri.params.print(text);
    }
    return patterns_.match(wanted.pattern, text, Patterns::Extent::Part, Patterns::Case::Insensitive);
}

std::optional<bool> FilterCriteria::holds(const ServicePointTrigger::SipHeader& wanted,
                                          const ServicePoint& point) {
    // Annex F: each header and each value in it by itself. A name has to match as a whole, or "To" would be
    // found in "History-Info".
    if (!patterns_.match(wanted.header, {}, Patterns::Extent::Whole, Patterns::Case::Insensitive)) return {};
    if (wanted.content && !patterns_.match(*wanted.content, {})) return {};
    for (const auto& line : point.request.lines()) {
        const auto name = line.id == HeaderId::Unknown ? line.name : sip::header_name(line.id);
        if (!*patterns_.match(wanted.header, name, Patterns::Extent::Whole, Patterns::Case::Insensitive))
            continue;
        if (!wanted.content) return true;
        const auto value = collapsed(line.value);
        std::string_view rest = value;
        do {
            const auto length = is_one_value(line.id) ? rest.size() : sip::codec::first_value_length(rest);
            if (*patterns_.match(*wanted.content, trim(rest.substr(0, length)))) return true;
            rest.remove_prefix(std::min(rest.size(), length + 1));
        } while (!rest.empty());
    }
    return false;
}

std::optional<bool> FilterCriteria::holds(const ServicePointTrigger::SessionDescription& wanted,
                                          const ServicePoint& point) {
    if (!patterns_.match(wanted.line, {}, Patterns::Extent::Whole)) return {};
    if (wanted.content && !patterns_.match(*wanted.content, {})) return {};
    const auto type = point.request.raw(HeaderId::ContentType);
    if (!type || !istarts_with(*type, "application/sdp")) return false;
    std::string_view rest = point.request.body();
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = trim(rest.substr(0, end));
        rest.remove_prefix(std::min(rest.size(), end + 1));
        if (line.size() < 2 || line[1] != '=') continue;
        if (!*patterns_.match(wanted.line, line.substr(0, 1), Patterns::Extent::Whole)) continue;
        if (!wanted.content || *patterns_.match(*wanted.content, line.substr(2))) return true;
    }
    return false;
}

std::optional<bool> FilterCriteria::met(const ServicePointTrigger& spt, const ServicePoint& point,
                                        std::string& what) {
    struct Look {
        FilterCriteria& criteria;
        const ServicePointTrigger& spt;
        const ServicePoint& point;
        std::string& what;

        std::optional<bool> operator()(const ServicePointTrigger::RequestUri& uri) const {
            what = "RequestURI " + uri.pattern;
            return criteria.holds(uri, point);
        }
        std::optional<bool> operator()(const ServicePointTrigger::Method& method) const {
            if (method.method != point.request.method_name()) return false;
            // B.2.3: of a REGISTER any of the types, without one all; of other methods they say nothing.
            const auto& types = spt.registration_types;
            if (point.request.method() != sip::Method::Register || types.empty()) return true;
            return point.registration &&
                   std::find(types.begin(), types.end(), *point.registration) != types.end();
        }
        std::optional<bool> operator()(const ServicePointTrigger::SipHeader& header) const {
            what = "SIPHeader " + header.header + (header.content ? " " + *header.content : "");
            return criteria.holds(header, point);
        }
        std::optional<bool> operator()(SessionCase session_case) const {
            return session_case == point.session_case;
        }
        std::optional<bool> operator()(const ServicePointTrigger::SessionDescription& line) const {
            what = "SessionDescription " + line.line + (line.content ? " " + *line.content : "");
            return criteria.holds(line, point);
        }
    };
    const auto value = std::visit(Look{*this, spt, point, what}, spt.condition);
    return spt.condition_negated ? negated(value) : value;
}

std::optional<bool> FilterCriteria::met(const TriggerPoint& trigger, const ServicePoint& point,
                                        std::string& what) {
    // Annex C. CNF: in each group one has to hold. DNF: of one group all have to. Each is looked at, so that
    // what cannot be evaluated does not depend on the request.
    std::map<std::uint32_t, bool> groups;
    const bool cnf = trigger.condition_type_cnf;
    const auto enter = [&](std::uint32_t group, bool value) {
        const auto [entry, first] = groups.try_emplace(group, value);
        if (!first) entry->second = cnf ? entry->second || value : entry->second && value;
    };
    for (const auto& spt : trigger.spts) {
        const auto value = met(spt, point, what);
        if (!value) return {};
        if (spt.groups.empty()) enter(0, *value);  // the schema wants one
        for (const auto group : spt.groups) enter(group, *value);
    }
    const auto is_met = [](const auto& group) { return group.second; };
    return cnf ? std::all_of(groups.begin(), groups.end(), is_met)
               : std::any_of(groups.begin(), groups.end(), is_met);
}

std::optional<FilterCriteria::Hit> FilterCriteria::next(const ServiceProfile& profile, std::size_t behind,
                                                        const ServicePoint& point,
                                                        std::vector<MalformedCriterion>& malformed) {
    if (profile.initial_filter_criteria.size() <= behind) return {};
    std::vector<const InitialFilterCriterion*> order;
    order.reserve(profile.initial_filter_criteria.size());
    for (const auto& criterion : profile.initial_filter_criteria) order.push_back(&criterion);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return a->priority < b->priority; });
    const auto part =
        point.registered ? ProfilePartIndicator::Registered : ProfilePartIndicator::Unregistered;
    for (auto i = behind; i < order.size(); ++i) {
        const auto& criterion = *order[i];
        if (criterion.profile_part_indicator.value_or(part) != part) continue;
        if (!criterion.trigger_point) return Hit{&criterion, i + 1};  // B.2.2: unconditional
        std::string what;
        const auto is_met = met(*criterion.trigger_point, point, what);
        if (is_met && *is_met) return Hit{&criterion, i + 1};
        if (!is_met) tell(criterion, std::move(what), malformed);
    }
    return {};
}

void FilterCriteria::tell(const InitialFilterCriterion& criterion, std::string what,
                          std::vector<MalformedCriterion>& malformed) {
    if (std::find(told_.begin(), told_.end(), what) != told_.end()) return;
    if (told_.size() >= most_told) told_.erase(told_.begin());
    told_.push_back(what);
    malformed.push_back({criterion.priority, criterion.application_server.server_name, std::move(what)});
}

bool names_session_case(const ServiceProfile& profile, SessionCase session_case) {
    const auto names = [&](const ServicePointTrigger& spt) {
        const auto* named = std::get_if<SessionCase>(&spt.condition);
        return named != nullptr && *named == session_case && !spt.condition_negated;
    };
    return std::any_of(profile.initial_filter_criteria.begin(), profile.initial_filter_criteria.end(),
                       [&](const InitialFilterCriterion& criterion) {
                           return criterion.trigger_point &&
                                  std::any_of(criterion.trigger_point->spts.begin(),
                                              criterion.trigger_point->spts.end(), names);
                       });
}

}  // namespace ims
