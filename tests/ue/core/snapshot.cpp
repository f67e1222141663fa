#include "tests/ue/core/snapshot.hpp"

#include <nlohmann/json.hpp>

namespace ims::ue {

namespace {

using nlohmann::json;
using namespace sip;

constexpr int version = 1;

template <class T>
json to_json(const std::optional<T>& value) {
    return value ? json(*value) : json();
}

json milliseconds(const std::optional<Duration>& d) {
    return d ? json(std::chrono::duration_cast<std::chrono::milliseconds>(*d).count()) : json();
}

json addresses(const std::vector<NameAddr>& list) {
    json out = json::array();
    for (const auto& address : list) out.push_back(address.text());
    return out;
}

json to_json(const Dialog& d) {
    return {{"call_id", d.call_id},
            {"local", d.local.text()},
            {"remote", d.remote.text()},
            {"remote_target", d.remote_target.text()},
            {"route_set", addresses(d.route_set)},
            {"local_cseq", d.local_cseq},
            {"remote_cseq", to_json(d.remote_cseq)},
            {"secure", d.secure}};
}

json to_json(const Call::Saved& c) {
    return {{"handle", c.handle},
            {"dialog", to_json(c.dialog)},
            {"media",
             {{"session_id", c.media.session_id},
              {"version", c.media.version},
              {"remote", c.media.remote ? json(c.media.remote->text()) : json()},
              {"direction", static_cast<int>(c.media.direction)}}}};
}

template <class T>
void read(const json& from, const char* name, std::optional<T>& out) {
    if (from.contains(name) && !from.at(name).is_null()) out = from.at(name).get<T>();
}

std::optional<Duration> duration(const json& from, const char* name) {
    std::optional<std::int64_t> value;
    read(from, name, value);
    return value ? std::optional{Duration{std::chrono::milliseconds{*value}}} : std::nullopt;
}

NameAddr address(const std::string& text) {
    auto parsed = NameAddr::parse(text);
    if (!parsed) throw std::invalid_argument{"no address: " + text};
    return std::move(*parsed);
}

std::vector<NameAddr> addresses(const json& from) {
    std::vector<NameAddr> out;
    for (const auto& text : from) out.push_back(address(text.get<std::string>()));
    return out;
}

Dialog dialog(const json& from) {
    Dialog d;
    d.state = Dialog::State::Confirmed;
    d.call_id = from.at("call_id");
    d.local = address(from.at("local"));
    d.remote = address(from.at("remote"));
    auto target = Uri::parse(from.at("remote_target").get<std::string>());
    if (!target) throw std::invalid_argument{"no URI in remote_target"};
    d.remote_target = std::move(*target);
    d.route_set = addresses(from.at("route_set"));
    d.local_cseq = from.at("local_cseq");
    read(from, "remote_cseq", d.remote_cseq);
    d.secure = from.at("secure");
    return d;
}

Call::Saved call(const json& from) {
    const auto& media = from.at("media");
    Call::Saved c{.handle = from.at("handle"), .dialog = dialog(from.at("dialog")), .media = {}};
    c.media.session_id = media.at("session_id");
    c.media.version = media.at("version");
    if (!media.at("remote").is_null())
        c.media.remote = IpEndpoint::parse(media.at("remote").get<std::string>());
    c.media.direction = static_cast<sdp::Direction>(media.at("direction").get<int>() & 3);
    return c;
}

json uri(const std::optional<Uri>& from) {
    return from ? json(from->text()) : json();
}
std::optional<Uri> uri(const json& from) {
    if (from.is_null()) return {};
    auto parsed = Uri::parse(from.get_ref<const std::string&>());
    if (!parsed) throw std::invalid_argument{"not a URI"};
    return std::move(*parsed);
}

Snapshot snapshot(const json& from) {
    if (from.at("version") != version) throw std::invalid_argument{"another version"};
    Snapshot s;
    const auto& r = from.at("registration");
    s.registration = {.bound = r.at("bound"),
                      .call_id = r.at("call_id"),
                      .tag = r.at("tag"),
                      .cseq = r.at("cseq"),
                      .sqn_ms = r.at("sqn_ms"),
                      .expires = duration(r, "expires_ms"),
                      .refresh = duration(r, "refresh_ms")};
    s.binding = {.associated_uris = from.at("associated_uris"),
                 .service_route = addresses(from.at("service_route")),
                 .public_gruu = uri(from.at("public_gruu")),
                 .temporary_gruu = uri(from.at("temporary_gruu"))};
    const auto& e = from.at("reg_event");
    if (!e.at("dialog").is_null()) s.reg_event.dialog = dialog(e.at("dialog"));
    read(e, "version", s.reg_event.version);
    s.reg_event.refresh = duration(e, "refresh_ms");
    for (const auto& c : from.at("calls")) s.calls.push_back(call(c));
    s.last_call = from.at("last_call");
    return s;
}

}  // namespace

std::string print(const Snapshot& s) {
    json calls = json::array();
    for (const auto& c : s.calls) calls.push_back(to_json(c));
    const json out{{"version", version},
                   {"registration",
                    {{"bound", s.registration.bound},
                     {"call_id", s.registration.call_id},
                     {"tag", s.registration.tag},
                     {"cseq", s.registration.cseq},
                     {"sqn_ms", s.registration.sqn_ms},
                     {"expires_ms", milliseconds(s.registration.expires)},
                     {"refresh_ms", milliseconds(s.registration.refresh)}}},
                   {"associated_uris", s.binding.associated_uris},
                   {"service_route", addresses(s.binding.service_route)},
                   {"public_gruu", uri(s.binding.public_gruu)},
                   {"temporary_gruu", uri(s.binding.temporary_gruu)},
                   {"reg_event",
                    {{"dialog", s.reg_event.dialog ? to_json(*s.reg_event.dialog) : json()},
                     {"version", to_json(s.reg_event.version)},
                     {"refresh_ms", milliseconds(s.reg_event.refresh)}}},
                   {"calls", std::move(calls)},
                   {"last_call", s.last_call}};
    return out.dump();
}

std::optional<Snapshot> parse_snapshot(std::string_view text, std::string& why) {
    try {
        return snapshot(json::parse(text));
    } catch (const std::exception& e) {  // of the JSON library, and of what is not in it
        why = e.what();
        return {};
    }
}

}  // namespace ims::ue
