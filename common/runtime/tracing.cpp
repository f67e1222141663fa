#include "common/runtime/tracing.hpp"

#include "common/base/text.hpp"
#include "common/runtime/wall_clock.hpp"
#include "common/trace/redact.hpp"

#include <algorithm>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

namespace ims::runtime {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds usual_duration = 1h;
constexpr std::chrono::seconds longest_duration = 24h;
constexpr std::size_t octets_at_once = 2U << 20;  // of messages in one answer
constexpr std::size_t longest_subscriber = 256;

HttpResponse json(const Json& body, int status = 200) {
    return {status, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "application/json"};
}

std::int64_t microseconds(trace::WallClock at) {
    return at.time_since_epoch().count();
}

// What a POST asks for.
struct Wanted {
    std::string subscriber;
    std::vector<std::string> identities;
    std::chrono::seconds duration = usual_duration;
    std::optional<trace::Collector> hep;
};

std::optional<std::string> read_hep(const Json& body, Wanted& wanted) {
    const auto& hep = body["hep"];
    if (!hep.is_object() || !hep.contains("collector") || !hep["collector"].is_string())
        return "'hep' must have 'collector', an address or a name with a port";
    for (const auto& [name, value] : hep.items()) {
        const bool fits = name == "id"    ? value.is_number_unsigned() && value <= 0xffffffffU
                          : name == "key" ? value.is_string()
                                          : name == "collector";
        if (!fits)
            return "'hep' has 'collector', 'id' (a whole number) and 'key' (a text), and not this '" + name +
                   "'";
    }
    wanted.hep = trace::parse_collector(hep["collector"].get<std::string>());
    if (!wanted.hep)
        return "'collector' must be an address or a name with a port: 192.0.2.1:9060, [2001:db8::1]:9060";
    wanted.hep->id = hep.value("id", wanted.hep->id);
    wanted.hep->key = hep.value("key", "");
    return std::nullopt;
}

// What is wrong with it, or nothing.
std::optional<std::string> read_wanted(std::string_view text, Wanted& wanted) {
    const auto body = Json::parse(text, nullptr, false);
    if (!body.is_object()) return "the body must be a JSON object with at least 'subscriber'";
    for (const auto& [name, value] : body.items()) {
        if (name == "subscriber") {
            if (!value.is_string()) return "'subscriber' must be a text";
            wanted.subscriber = trim(value.get<std::string>());
        } else if (name == "identities") {
            if (!value.is_array() || value.size() > trace::Follower::most_identities)
                return "'identities' must be a list of at most 256 texts";
            for (const auto& one : value) {
                if (!one.is_string()) return "'identities' must be a list of texts";
                wanted.identities.push_back(one.get<std::string>());
            }
        } else if (name == "for") {
            if (!value.is_number_unsigned() || value < 1 || value > longest_duration.count())
                return "'for' must be seconds, from 1 to 86400";
            wanted.duration = std::chrono::seconds{value.get<std::int64_t>()};
        } else if (name == "hep") {
            if (auto wrong = read_hep(body, wanted)) return wrong;
        } else {
            return "'" + name + "' is not known: subscriber, identities, for, hep are";
        }
    }
    if (trace::essence(wanted.subscriber).empty() || wanted.subscriber.size() > longest_subscriber)
        return "'subscriber' must be an IMSI, MSISDN, IMPI or IMPU";
    return std::nullopt;
}

}  // namespace

Tracing::Tracing(Process& process, const trace::Memory& memory, const TraceConfig& config,
                 Listening listening)
    : process_{process}, memory_{memory}, listening_{std::move(listening)} {
    if (config.hep)
        everything_ = std::make_unique<HepSender>(process.io(), *config.hep,
                                                  [&process](const Note& n) { process.note(n); });
    // The admin port has no passwords: who may log in here may order.
    const auto order = [](auto take) {
        return [take](const HttpRequest& request, const HttpServer::Reply& reply) {
            if (request.remote.address.is_loopback()) return take(request, reply);
            reply({403, "orders are taken from this machine only\n"});
        };
    };
    process.admin_route("POST", "/trace/subscribers",
                        order([this](const auto& request, const auto& reply) { start(request, reply); }));
    process.admin_route("DELETE", "/trace/subscribers",
                        order([this](const auto& request, const auto& reply) { reply(stop(request)); }));
    process.admin_route("GET", "/trace/subscribers",
                        [this](const HttpRequest&, const HttpServer::Reply& reply) {
                            follower_.expire(wall_clock());
                            reply(list());
                        });
    process.admin_route("GET", "/trace/messages",
                        [this](const HttpRequest& request, const HttpServer::Reply& reply) {
                            follower_.expire(wall_clock());
                            reply(messages(request));
                        });
}

Tracing::~Tracing() = default;

// ---- what is shown

void Tracing::see(const sip::Received& received) {
    if (received.bytes->size() <= 4) return;  // RFC 5626 3.5.1: line ends that keep a flow alive
    const auto& f = received.flow;
    see({trace::WireMessage::Protocol::Sip,
         false,
         wall_clock(),
         {f.transport, true, f.local, f.remote, f.connection},
         *received.bytes});
}

void Tracing::see(const sip::Transmit& transmit) {
    trace::Way way;
    if (const auto* f = std::get_if<sip::Flow>(&transmit.to)) {
        way = {f->transport, true, f->local, f->remote, f->connection};
    } else {
        const auto& t = std::get<sip::Target>(transmit.to);
        way = {t.transport, t.local.has_value(), t.local.value_or(IpEndpoint{}), t.remote, 0};
    }
    if (!way.has_local)  // a datagram leaves from where we listen, a connection from the same address
        for (const auto& [transport, endpoint] : listening_())
            if (transport == way.transport && endpoint.address.family() == way.remote.address.family()) {
                way.local = endpoint;
                way.has_local = transport == sip::Transport::Udp;
                break;
            }
    see({trace::WireMessage::Protocol::Sip, true, wall_clock(), way, *transmit.bytes});
}

void Tracing::see(const diameter::Service::Wire& wire) {
    const auto transport = wire.sctp     ? sip::Transport::Sctp
                           : wire.secure ? sip::Transport::Tls
                                         : sip::Transport::Tcp;
    see({trace::WireMessage::Protocol::Diameter,
         wire.out,
         wall_clock(),
         {transport, true, wire.local, wire.remote, wire.connection},
         text_of(wire.octets)});
}

void Tracing::see(trace::WireMessage message) {
    std::vector<std::shared_ptr<HepSender>> to;
    if (follower_.on()) {
        const auto& whose = follower_.see(message);
        if (!whose.empty()) ++followed_;
        for (const auto number : whose) {
            const auto found = senders_.find(number);
            // A collector gets a message once, however many it is traced for.
            if (found != senders_.end() && std::find(to.begin(), to.end(), found->second) == to.end())
                to.push_back(found->second);
        }
    }
    if (to.empty() && !everything_) return;
    const auto correlation = trace::correlation_of(message);
    const auto shown = message.protocol == trace::WireMessage::Protocol::Sip
                           ? trace::redacted(message.octets)
                           : trace::redacted_diameter(message.octets);
    message.octets = shown;
    if (everything_) everything_->send(message, correlation, process_.name());
    for (const auto& sender : to)
        if (!everything_ || sender->collector() != everything_->collector())
            sender->send(message, correlation, process_.name());
}

// ---- orders

void Tracing::start(const HttpRequest& request, const HttpServer::Reply& reply) {
    Wanted wanted;
    if (const auto wrong = read_wanted(request.body, wanted)) return reply({400, *wrong + "\n"});
    const auto now = wall_clock();
    const auto number = follower_.follow({wanted.subscriber, wanted.identities, now, now + wanted.duration});
    if (number == 0) return reply({503, "64 subscribers are traced already: end one first\n"});
    end_senders();
    if (wanted.hep) {
        for (const auto& [other, sender] : senders_)
            if (sender->collector() == *wanted.hep) senders_[number] = sender;
        if (!senders_.contains(number))
            senders_[number] = std::make_shared<HepSender>(process_.io(), *wanted.hep,
                                                           [this](const Note& n) { process_.note(n); });
    }
    process_.note(Note{Severity::Info, "trace.subscriber.started"}
                      .with("identity", wanted.subscriber)
                      .with("peer", wanted.hep ? wanted.hep->text() : ""));
    auto keys = wanted.identities;
    keys.push_back(wanted.subscriber);
    const auto past = std::make_shared<trace::Question>(memory_, std::move(keys));
    look_back(past, [this, past, number, reply] {
        follower_.remember(number, *past);
        reply(list());
    });
}

// A shelf, then whatever else the loop has to do.
void Tracing::look_back(const std::shared_ptr<trace::Question>& past, const std::function<void()>& done) {
    if (!past->step()) return done();
    boost::asio::post(process_.io(), [this, past, done] { look_back(past, done); });
}

HttpResponse Tracing::stop(const HttpRequest& request) {
    const auto subscriber = request.parameter("subscriber");
    if (!subscriber || subscriber->empty()) return {400, "whose? /trace/subscribers?subscriber=KEY\n"};
    follower_.expire(wall_clock());
    if (!follower_.stop(*subscriber, wall_clock())) return {404, "this subscriber is not traced here\n"};
    end_senders();
    process_.note(Note{Severity::Info, "trace.subscriber.stopped"}.with("identity", *subscriber));
    return list();
}

// Of traces that have ended.
void Tracing::end_senders() {
    std::set<trace::Follower::Number> running;
    for (const auto& f : follower_.followed())
        if (!f.ended) running.insert(f.number);
    for (auto it = senders_.begin(); it != senders_.end();) {
        if (running.contains(it->first)) {
            ++it;
            continue;
        }
        if (it->second.use_count() == 1) {
            const auto& c = it->second->counters();
            ended_.sent += c.sent;
            ended_.dropped += c.dropped;
            ended_.cut += c.cut;
        }
        it = senders_.erase(it);
    }
}

// ---- answers

HttpResponse Tracing::list() const {
    Json body;
    body["service"] = process_.name();
    body["now"] = microseconds(wall_clock());
    auto& all = body["subscribers"] = Json::array();
    for (const auto& f : follower_.followed()) {
        Json one{{"subscriber", f.subscriber},     {"from", microseconds(f.from)},
                 {"until", microseconds(f.until)}, {"running", !f.ended},
                 {"messages", f.messages},         {"identities", f.identities}};
        if (const auto sender = senders_.find(f.number); sender != senders_.end()) {
            const auto& c = sender->second->counters();
            one["hep"] = {
                {"collector", sender->second->collector().text()}, {"sent", c.sent}, {"dropped", c.dropped}};
        }
        all.push_back(std::move(one));
    }
    return json(body);
}

HttpResponse Tracing::messages(const HttpRequest& request) const {
    const auto subscriber = request.parameter("subscriber");
    if (!subscriber || subscriber->empty()) return {400, "whose? /trace/messages?subscriber=KEY\n"};
    const auto after = parse_number(request.parameter("after").value_or("0"));
    if (!after) return {400, "'after' must be the number of a message\n"};
    const auto* followed = follower_.find(*subscriber);
    if (followed == nullptr) return {404, "this subscriber was not traced here\n"};
    Json body;
    body["service"] = process_.name();
    body["now"] = microseconds(wall_clock());
    body["dropped"] = follower_.dropped();
    auto list = Json::array();
    const bool all =
        follower_.each_kept(followed->number, *after, octets_at_once, [&](const trace::Follower::Kept& k) {
            const bool is_sip = k.protocol == trace::WireMessage::Protocol::Sip;
            Json one{{"number", k.number},
                     {"at", microseconds(k.at)},
                     {"protocol", is_sip ? "sip" : "diameter"},
                     {"direction", k.out ? "out" : "in"},
                     {"transport", sip::transport_text(k.way.transport)},
                     {"local", k.way.local.text()},
                     {"remote", k.way.remote.text()}};
            if (!k.way.has_local) one["local_is_guessed"] = true;
            one["octets"] = base64(octets_of(k.octets));
            list.push_back(std::move(one));
        });
    body["more"] = !all;
    body["messages"] = std::move(list);
    return json(body);
}

void Tracing::collect(Exposition& out) const {
    std::size_t running = 0;
    for (const auto& f : follower_.followed()) running += f.ended ? 0 : 1;
    out.gauge("trace_subscribers", "Subscribers traced now.", static_cast<double>(running));
    out.counter("trace_messages_total", "Messages of traced subscribers.", static_cast<double>(followed_));
    out.counter("trace_overwritten_total", "Messages of traced subscribers that made room for later ones.",
                static_cast<double>(follower_.dropped()));
    auto hep = ended_;
    std::set<const HepSender*> counted;
    const auto add = [&](const HepSender* sender) {
        if (sender == nullptr || !counted.insert(sender).second) return;
        hep.sent += sender->counters().sent;
        hep.dropped += sender->counters().dropped;
        hep.cut += sender->counters().cut;
    };
    add(everything_.get());
    for (const auto& [number, sender] : senders_) add(sender.get());
    const auto count = [&](std::string_view result, std::uint64_t value) {
        out.counter("trace_hep_packets_total",
                    "HEP packets: sent, cut (too long for a datagram, and sent), dropped.",
                    static_cast<double>(value), {{"result", std::string{result}}});
    };
    count("sent", hep.sent);
    count("cut", hep.cut);
    count("dropped", hep.dropped);
}

}  // namespace ims::runtime
