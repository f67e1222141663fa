#pragma once
#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "common/sip/message/flow.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// RFC 3263: from a URI to an ordered list of targets, as a value machine. Static routes first, then a cache
// of DNS answers by TTL, then questions that the shell answers.
namespace ims::sip {

namespace dns {

enum class Type : std::uint8_t { A, Aaaa, Srv, Naptr };
std::string_view type_text(Type t);

struct Query {  // effect
    std::string name;
    Type type = Type::A;
    auto operator<=>(const Query&) const = default;
};
struct Record {
    Type type = Type::A;
    std::chrono::seconds ttl{0};
    IpAddress address;                                 // A, AAAA
    std::uint16_t priority = 0, weight = 0, port = 0;  // SRV; NAPTR: priority = order, weight = preference
    std::string target;                                // SRV target, NAPTR replacement
    std::string flags, service, regexp;                // NAPTR
};
struct Answer {  // event
    Query query;
    std::vector<Record> records;
    bool failed =
        false;  // the server did not answer (not cached); an empty list is "no such record" (cached)
    std::string detail;
};

}  // namespace dns

// One line of configuration: requests for `host` (case-insensitive, without port) go to these targets in
// order; a target's port 0 means the port of the URI or the transport's default.
struct StaticRoute {
    std::string host;
    std::vector<Target> targets;
};

struct LocatorConfig {
    std::vector<StaticRoute> routes;
    std::vector<Transport> transports{Transport::Udp,
                                      Transport::Tcp};  // what this element can send with, best first
    bool ipv4 = true, ipv6 = true;
    std::chrono::seconds negative_ttl{30};
    Duration query_timeout = 5s;
};

class Locator {
  public:
    Locator(LocatorConfig config, Random& random) : config_{std::move(config)}, random_{random} {}

    using Ticket = std::uint64_t;
    struct Located {  // the end of one location
        Ticket ticket = 0;
        std::vector<Target> targets;  // in the order to try; empty: nothing found
        std::string why;              // if empty: "A ims.example: no such name"
    };
    struct Outputs {
        std::vector<dns::Query> queries;
        std::vector<Located> located;
    };

    // In which order equal targets come. Fixed: always the same, and without regard to what failed before,
    // for who forwards statelessly (RFC 3263 4.4, RFC 3261 16.11).
    enum class Order : std::uint8_t { Weighted, Fixed };

    // Starts a location for the URI of the top Route or the Request-URI; may finish at once. Only sip and
    // sips URIs name a server; a sips URI is located over TLS.
    Ticket locate(const Uri& uri, TimePoint now, Outputs& out, Order order = Order::Weighted);
    void handle(const dns::Answer& answer, TimePoint now, Outputs& out);
    void handle_timeout(TimePoint now, Outputs& out);
    std::optional<TimePoint> next_deadline() const;
    void reload(LocatorConfig config);  // static routes may change; the cache stays

    // RFC 3263 4.3, RFC 3261 21.5.4: a target that failed or asked for rest is put last for that long.
    void penalize(const Target& target, TimePoint now, Duration rest);
    bool penalized(const Target& target, TimePoint now) const;

    std::size_t cached() const { return cache_.size(); }

  private:
    // What is known about one (name, type), for good or for a while.
    struct Known {
        std::vector<dns::Record> records;
        TimePoint fetched;
        TimePoint expires;
        std::string why;  // if there are none
    };
    struct Pending {  // one location under way
        Uri uri;
        TimePoint started;
        Order order = Order::Weighted;
    };
    struct Asked {  // one question under way
        TimePoint deadline;
        std::set<Ticket> waiting;
    };
    // One attempt to get from a URI to targets with what is known now. Questions left open end it.
    struct Attempt;

    void resume(Ticket ticket, TimePoint now, Outputs& out);
    // One more look at it: true if that was its end.
    bool look(Ticket ticket, const Uri& uri, TimePoint started, Order order, TimePoint now, Outputs& out);
    void resolve(Attempt& attempt) const;
    bool from_static_routes(Attempt& attempt) const;
    void from_naptr(Attempt& attempt) const;
    bool from_srv(Attempt& attempt, const std::string& name, Transport transport) const;
    void add_addresses(Attempt& attempt, const std::string& name, Transport transport,
                       std::uint16_t port) const;
    std::vector<dns::Record> in_srv_order(std::vector<dns::Record> records) const;
    static std::vector<dns::Record> in_fixed_order(std::vector<dns::Record> records);
    const Known* known(Attempt& attempt, const std::string& name, dns::Type type) const;
    bool can_use(Transport t) const;
    void learn(const dns::Query& query, Known known);
    void drop_answered();
    void answered(const dns::Query& query, TimePoint now, Outputs& out);

    LocatorConfig config_;
    Random& random_;
    Ticket last_ticket_ = 0;
    std::map<Ticket, Pending> pending_;
    std::map<dns::Query, Asked> asked_;
    std::deque<std::pair<TimePoint, dns::Query>> deadlines_;  // of asked_, in order; of answered ones too
    std::map<dns::Query, Known> cache_;
    std::map<std::pair<Transport, IpEndpoint>, TimePoint> penalties_;
    std::size_t penalties_to_sweep_ = 64;  // so many may gather before the old ones are looked for
};

}  // namespace ims::sip
