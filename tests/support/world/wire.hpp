#pragma once
#include "common/compression/compression.hpp"
#include "common/node/node.hpp"
#include "common/sip/proxy/element.hpp"
#include "common/trace/memory.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

// A network in memory: hosts with addresses, packets with a latency, one clock. The same seed and the same
// steps give the same run, to the last octet.
namespace ims::world {

// A node on the wire. `build` makes a fresh core, as starting the process does.
struct Host {
    std::string name;
    IpEndpoint at;  // UDP and TCP
    std::function<std::unique_ptr<Node>()> build;
    std::unique_ptr<Node> node;                // null: the process is down
    std::unique_ptr<Compression> compression;  // of a node that is Compressing, where `sigcomp`
    bool sigcomp = false;
    trace::Memory memory{32U << 20};  // dies with the process
    // What its kernel has: it outlives the process. Nothing but what comes on an association reaches a
    // protected port.
    std::map<std::uint64_t, ipsec::Install> associations;
    std::vector<std::uint16_t> protected_ports;
    std::vector<sip::ListeningPoint> further;  // TLS, WebSockets and IPv6, where it listens for them
    // It stands behind a NAT that shows it at this address, each of its ports as another one.
    std::optional<IpAddress> outside;
    std::map<IpEndpoint, std::uint16_t> mappings;
    // What it has on its disk, and what waits to be written there, since when.
    std::string disk, unwritten;
    std::optional<TimePoint> unwritten_since;
    bool writes_only_at_its_end = false;  // a UE
    bool listens_on(const IpEndpoint& endpoint, sip::Transport transport = sip::Transport::Udp) const;
    // Its own endpoint that the NAT shows as this one.
    std::optional<IpEndpoint> behind(const IpEndpoint& seen) const;
    std::uint16_t last_ephemeral = 49151;
    std::uint64_t starts = 0;
};

// A SIP message as it crossed the wire, for traces.
struct Crossing {
    TimePoint at;
    std::string from, to;
    std::string text;
    bool lost = false;
    bool by_esp = false;
    bool by_stream = false;
    std::size_t octets = 0;  // as it crossed: fewer than the text has if it was compressed
    bool compressed = false;
    sip::Transport transport = sip::Transport::Udp;
    IpEndpoint source = {}, destination = {};
};

class Wire {
  public:
    explicit Wire(Duration latency) : latency_{latency} {}
    virtual ~Wire() = default;

    void switch_sigcomp(std::string_view name, bool on);
    Host& add_host(std::string name, IpEndpoint at, std::function<std::unique_ptr<Node>()> build);
    Host& host(std::string_view name);
    std::vector<std::string> host_names() const;

    TimePoint now() const { return now_; }
    trace::WallClock wall_clock() const;  // the same moment, as people write it

    // ---- the process of a host
    void kill(std::string_view name);              // its connections close, what is under way to it is lost
    void start(std::string_view name);             // with an empty memory
    void save_and_restore(std::string_view name);  // stops, and starts with what it saved
    void crashes(std::string_view name);           // is killed, and starts with what is on its disk
    // What each node has written makes the same node as it is. Throws std::logic_error with the records that
    // differ: somebody changed one and did not say so.
    void prove_disks();
    bool proves_each_turn = false;                    // else at the end, and before a restart
    void freeze(std::string_view name, bool frozen);  // neither hears nor speaks, until thawed
    void cut_connections(std::string_view name);      // both ends hear of it; the process goes on
    // A NAT is put before it; what comes from inside has other ports from then on, if it was there before.
    void puts_nat_before(std::string_view name, const IpAddress& outside);
    void nat_forgets(std::string_view name) { host(name).mappings.clear(); }

    // ---- time
    // One thing happens: a packet arrives or a deadline is due, not later than `until`. False if there is
    // none.
    bool step(TimePoint until);
    void advance(Duration d);
    bool quiet() const;  // nothing is under way on the wire

    // ---- faults
    // Which datagram is lost: asked for each, counted from 0.
    std::function<bool(std::uint64_t number, const Crossing& crossing)> drop;
    // What a phone writes otherwise than our test UE: changes the text of what `from` sends.
    std::function<void(const std::string& from, std::string& text)> rewrite;
    // The same of the octets that go out: of SigComp where the text was compressed.
    std::function<void(const std::string& from, std::string& octets)> garble;
    // Called when nothing is under way: before time moves on to a deadline, or the test goes on.
    std::function<void(std::uint64_t number)> at_quiet_moment;
    std::string why_no_associations;  // kernels refuse to install any, for this reason
    std::uint64_t datagrams() const { return datagrams_; }
    std::uint64_t quiet_moments() const { return quiet_moments_; }
    void pass_quiet_moment();  // if this is one, and nobody was told yet

    // Each turn of a node, before its effects are carried: an event, or none at a deadline.
    std::function<void(const Host& host, const Event* event, const Effects& effects)> on_turn;

    // ---- what was said
    struct Remark {
        TimePoint at;
        std::string host;
        Note note;
    };
    const std::vector<Remark>& remarks() const { return remarks_; }
    std::size_t noted(std::string_view id) const;
    const std::vector<Crossing>& crossings() const { return crossings_; }
    std::string ladder() const;  // one line for each message

    // Octets that no node of ours would send.
    void inject(std::string_view from, const sip::Flow& flow, std::string octets);
    // Hands effects of `from` to the wire.
    void carry(Host& from, Effects effects);
    // Runs `f(node, now, effects)` on a host that is up.
    template <class N, class F>
    auto on(std::string_view name, F f) {
        auto& h = host(name);
        write_if_due(h);
        Effects effects;
        if constexpr (std::is_void_v<decltype(f(static_cast<N&>(*h.node), now_, effects))>) {
            f(static_cast<N&>(*h.node), now_, effects);
            h.memory.turn(effects, wall_clock());
            carry(h, std::move(effects));
        } else {
            auto result = f(static_cast<N&>(*h.node), now_, effects);
            h.memory.turn(effects, wall_clock());
            carry(h, std::move(effects));
            return result;
        }
    }

  protected:
    // Something to happen later. A host that was restarted meanwhile does not get it.
    void later(Duration in, std::function<void()> what);
    void deliver(std::string_view host, const Event& event);
    virtual void on_cx(Host& from, const cx::Send& send) = 0;
    virtual void on_cx(Host& from, const cx::Reply& reply) = 0;
    virtual void on_down(const Host& host) = 0;  // its process has just ended

    Duration latency_;

  private:
    struct Connection {
        std::uint64_t id = 0;
        std::string a, b;  // who opened it, and to whom
        IpEndpoint a_at, b_at;
        IpEndpoint a_seen;  // a_at, as b sees it
        sip::Transport transport = sip::Transport::Tcp;
        bool open = true;
        sip::Flow flow_at(bool of_b) const {
            return {transport, of_b ? b_at : a_at, of_b ? a_seen : b_at, id};
        }
        std::optional<bool> sigcomp = {};  // what it carries, from its first octet on
    };
    struct Arrival {
        TimePoint at;
        std::uint64_t order = 0;
        std::function<void()> what;
        bool operator>(const Arrival& o) const { return at != o.at ? at > o.at : order > o.order; }
    };

    void on_ipsec(Host& from, const ipsec::Order& order);
    enum class Passage : std::uint8_t { Clear, Protected, Refused };
    // What ESP makes of it: both ends have the same association, or neither has one and the ports are open.
    Passage passage(Host& from, Host& to, const IpEndpoint& source, const IpEndpoint& destination);
    // Annex M: whether ESP in UDP gets through a NAT between the two; the P-CSCF's kernel says where from.
    bool encapsulated(Host& from, Host& to, const ipsec::SaSet& out, const ipsec::SaSet& in);
    IpEndpoint shown(Host& host, const IpEndpoint& own);  // as the NAT shows it
    void begin(Host& h);                                  // with a fresh core, and nothing on its disk
    void restore(Host& h, const std::string& disk);
    void take_changes(Host& h);
    void write_state(Host& h);
    void write_if_due(Host& h);  // what waited for long enough before the turn that begins now
    void prove_disk(Host& h);
    void transmit(Host& from, const sip::Transmit& t);
    // Octets as they stand, and the text that a trace shows of them.
    struct Octets {
        std::uint64_t id = 0;
        sip::Buffer bytes, text;
    };
    void put(Host& from, const sip::Transmit& t, const sip::Buffer& text);
    void said_by_compression(Host& from, Effects effects);
    void transmit_datagram(Host& from, const Octets& t, const IpEndpoint& source, const IpEndpoint& to);
    void transmit_on(Host& from, const Octets& t, Connection& c);
    void arrive(std::string_view name, sip::Received received);
    Host* host_at(const IpEndpoint& at, sip::Transport transport = sip::Transport::Udp);
    void close(Connection& c);

    TimePoint now_{std::chrono::hours{1}};
    std::map<std::string, Host, std::less<>> hosts_;
    std::map<std::uint64_t, Connection> connections_;
    std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;
    std::map<std::string, bool, std::less<>> frozen_;
    std::uint64_t order_ = 0, last_connection_ = 0;
    std::uint16_t last_mapped_ = 20000;
    std::uint64_t datagrams_ = 0, quiet_moments_ = 0;
    bool quiet_told_ = true;
    std::vector<Remark> remarks_;
    std::vector<Crossing> crossings_;
};

}  // namespace ims::world
