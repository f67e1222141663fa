#pragma once
#include "common/base/result.hpp"
#include "common/diameter/codec/framer.hpp"
#include "common/diameter/peer/node.hpp"
#include "samples.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

// Diameter nodes joined by an in-memory wire under virtual time.
namespace ims::diameter {

inline Config config_of(std::string identity) {
    Config c;
    c.identity = std::move(identity);
    c.realm = "ims.example";
    return c;
}
inline PeerConfig peer_at(std::string identity, unsigned priority = 0) {
    PeerConfig p;
    p.identity = p.host = std::move(identity);
    p.priority = priority;
    return p;
}

class Wire {
  public:
    struct Member {
        Member(Config config, std::uint32_t origin_state_id, std::uint64_t seed)
            : random{seed}, name{config.identity}, node{std::move(config), origin_state_id, random} {}
        SeededRandom random;
        std::string name;
        Node node;
        bool listens = true;  // connections to it succeed
        bool deaf = false;    // takes octets and does nothing with them
        std::vector<cx::AnswerArrived> answers;
        std::vector<cx::SendFailed> failures;
        std::vector<cx::RequestArrived> requests;
        std::vector<Note> notes;
        std::vector<TimePoint> connects;  // when it tried
        bool stopped = false;
        std::function<std::optional<cx::Answer>(const cx::RequestArrived&)> application;

        Peer::State state_of(std::string_view peer) const {
            for (const auto& p : node.peers())
                if (p.identity == peer) return p.state;
            return Peer::State::Closed;
        }
        Watchdog::Status watchdog_of(std::string_view peer) const {
            for (const auto& p : node.peers())
                if (p.identity == peer) return p.watchdog;
            return Watchdog::Status::Initial;
        }
        bool noted(std::string_view id) const {
            for (const auto& n : notes)
                if (n.id == id) return true;
            return false;
        }
        // The field "reason" of the first note with this id.
        std::string reason_of(std::string_view id) const {
            for (const auto& n : notes)
                if (n.id == id) return std::string{n.field("reason")};
            return {};
        }
    };
    struct Sent {  // what was on the wire
        std::string from, to;
        codec::Message message;
        TimePoint at;
    };

    TimePoint now{std::chrono::hours{1}};
    std::vector<Sent> log;
    bool hold_connects = false;  // connections stay under way until connect_all()

    Member& add(Config config, std::uint32_t origin_state_id = 1000) {
        auto& m = members_[config.identity];
        m = std::make_unique<Member>(config, origin_state_id, members_.size());
        return *m;
    }
    void start(Member& m) {
        Effects out;
        m.node.start(now, out);
        perform(m, out);
        run();
    }
    void stop(Member& m) {
        Effects out;
        m.node.stop(now, out);
        perform(m, out);
        run();
    }
    void send(Member& m, cx::Send s) {
        Effects out;
        m.node.send(std::move(s), now, out);
        perform(m, out);
        run();
    }
    void send_mar(Member& m, std::uint64_t id, std::optional<std::string> destination_host = {}) {
        send(m, {cx::RequestId{id}, samples::usual_mar(), std::move(destination_host)});
    }
    void reply(Member& m, cx::RequestId id, cx::Answer answer) {
        Effects out;
        m.node.reply({id, std::move(answer)}, now, out);
        perform(m, out);
        run();
    }
    // Octets of our own making into the connection that `from` has with `to`.
    void inject(Member& from, Member& to, const Octets& octets) {
        for (auto& l : links_)
            if (!l->gone && l->has(&from) && l->has(&to)) return deliver(*l, l->a == &to, octets), run();
    }
    // The transport between them breaks; both ends are told.
    void cut(Member& x, Member& y) {
        for (auto& l : links_)
            if (!l->gone && l->has(&x) && l->has(&y)) drop(*l, "connection reset");
        run();
    }
    // A process dies: its connections reset, and it is no more.
    void kill(Member& m) {
        m.listens = false;
        for (auto& l : links_)
            if (!l->gone && l->has(&m)) {
                m.deaf = true;
                drop(*l, "connection reset");
            }
        run();
    }
    void advance(Duration by) {
        const auto end = now + by;
        while (true) {
            Member* first = nullptr;
            std::optional<TimePoint> at;
            for (auto& [name, m] : members_) {
                const auto next = m->node.next_deadline();
                if (next && *next <= end && (!at || *next < *at)) {
                    at = next;
                    first = m.get();
                }
            }
            if (!first) break;
            now = std::max(now, *at);
            Effects out;
            first->node.handle_timeout(now, out);
            perform(*first, out);
            run();
        }
        now = end;
    }
    void connect_all() {
        hold_connects = false;
        auto held = std::move(held_);
        held_.clear();
        for (auto& [m, c] : held) connect(*m, c);
        run();
    }
    std::size_t links() const {
        std::size_t n = 0;
        for (const auto& l : links_) n += l->gone ? 0 : 1;
        return n;
    }
    template <class T>
    std::vector<Sent> sent(std::string_view from) const {
        std::vector<Sent> found;
        for (const auto& s : log)
            if (s.from == from && std::holds_alternative<T>(s.message.content)) found.push_back(s);
        return found;
    }

  private:
    struct Link {
        Member *a, *b;
        ConnectionId at_a, at_b;
        bool gone = false;
        bool has(const Member* m) const { return a == m || b == m; }
    };
    struct Packet {
        Link* link;
        bool to_a;
        Octets octets;
        bool close = false;
    };

    void connect(Member& m, const Connect& c) {
        const auto it = members_.find(c.host);
        if (it == members_.end() || !it->second->listens) {
            events_.push_back([this, &m, id = c.connection] {
                Effects out;
                m.node.connect_failed(id, "connection refused", now, out);
                perform(m, out);
            });
            return;
        }
        auto& other = *it->second;
        auto& link = *links_.emplace_back(std::make_unique<Link>(Link{&m, &other, c.connection, {}, false}));
        Effects out;
        link.at_b = other.node.accepted({{IpAddress::v4({10, 0, 0, 2})}, m.name, false, {}}, now, out);
        perform(other, out);
        events_.push_back([this, &link, &m] {
            Effects connected;
            m.node.connected(link.at_a, {{IpAddress::v4({10, 0, 0, 1})}, link.b->name, false, {}}, now,
                             connected);
            perform(m, connected);
        });
    }

    void perform(Member& m, Effects& out) {
        for (auto& effect : out)
            std::visit(overloaded{
                           [&](Connect& c) {
                               m.connects.push_back(now);
                               if (hold_connects)
                                   held_.emplace_back(&m, c);
                               else
                                   connect(m, c);
                           },
                           [&](Transmit& t) { transmit(m, t.connection, std::move(t.octets), false); },
                           [&](Close& c) { transmit(m, c.connection, {}, true); },
                           [&](Stopped&) { m.stopped = true; },
                           [&](cx::AnswerArrived& a) { m.answers.push_back(std::move(a)); },
                           [&](cx::SendFailed& f) { m.failures.push_back(std::move(f)); },
                           [&](cx::RequestArrived& r) {
                               m.requests.push_back(r);
                               if (!m.application) return;
                               if (auto answer = m.application(r)) {
                                   Effects more;
                                   m.node.reply({r.id, std::move(*answer)}, now, more);
                                   perform(m, more);
                               }
                           },
                           [&](Note& n) { m.notes.push_back(std::move(n)); },
                       },
                       effect);
    }
    void transmit(Member& m, ConnectionId c, Octets octets, bool close) {
        for (auto& l : links_) {
            const bool from_a = l->a == &m && l->at_a == c;
            const bool from_b = l->b == &m && l->at_b == c;
            if (l->gone || (!from_a && !from_b)) continue;
            if (!close)
                if (auto message = codec::decode(octets); message.has_value())
                    log.push_back({m.name, (from_a ? l->b : l->a)->name, *message, now});
            events_.push_back([this, link = l.get(), to_a = !from_a, o = std::move(octets), close] {
                if (link->gone) return;
                if (close)
                    drop(*link, "end of file");
                else
                    deliver(*link, to_a, o);
            });
            return;
        }
        if (close)
            events_.push_back([this, &m, c] {  // a Connect that is still under way
                std::erase_if(held_,
                              [&](const auto& h) { return h.first == &m && h.second.connection == c; });
                Effects out;
                m.node.connect_failed(c, "closed", now, out);
                perform(m, out);
            });
    }
    void deliver(Link& l, bool to_a, const Octets& octets) {
        auto& m = to_a ? *l.a : *l.b;
        if (m.deaf) return;
        Effects out;
        m.node.received(to_a ? l.at_a : l.at_b, octets, now, out);
        perform(m, out);
    }
    void drop(Link& l, const char* reason) {
        l.gone = true;
        for (const bool a : {true, false}) {
            auto& m = a ? *l.a : *l.b;
            if (m.deaf) continue;
            events_.push_back([this, &m, c = a ? l.at_a : l.at_b, reason] {
                Effects out;
                m.node.closed(c, reason, now, out);
                perform(m, out);
            });
        }
    }
    void run() {
        if (running_) return;
        running_ = true;
        while (!events_.empty()) {
            auto event = std::move(events_.front());
            events_.pop_front();
            event();
        }
        running_ = false;
    }

    std::map<std::string, std::unique_ptr<Member>> members_;
    std::vector<std::unique_ptr<Link>> links_;
    std::vector<std::pair<Member*, Connect>> held_;
    std::deque<std::function<void()>> events_;
    bool running_ = false;
};

// Answers a MAR with the usual vector.
inline std::optional<cx::Answer> usual_application(const cx::RequestArrived& r) {
    if (std::holds_alternative<cx::MultimediaAuthRequest>(r.request)) return samples::usual_maa();
    return {};
}

}  // namespace ims::diameter
