#pragma once
#include "common/base/hash_index.hpp"
#include "common/base/text.hpp"
#include "common/sip/proxy/absorbed.hpp"
#include "common/sip/proxy/admission.hpp"
#include "common/sip/proxy/branch.hpp"
#include "common/sip/proxy/element.hpp"
#include "common/sip/proxy/timer_queue.hpp"
#include "common/sip/proxy/via.hpp"
#include "common/sip/transaction/invite_client.hpp"
#include "common/sip/transaction/invite_server.hpp"
#include "common/sip/transaction/non_invite_client.hpp"
#include "common/sip/transaction/non_invite_server.hpp"

#include <functional>
#include <set>
#include <unordered_map>

// The inside of Element. Three kinds of things live in it, each with an id that says its kind:
//
//   ServerTransaction   a request that came          arrival.cpp, server_side.cpp
//     ResponseContext   its branches (16.7)          context.cpp
//   Outgoing            a request on its way, over all the targets it may need       outgoing.cpp
//   ClientTransaction   one attempt of it at one target                              client_side.cpp
namespace ims::sip {

// A target that did not answer or refused the connection is tried last for this long (RFC 3263 4.3 leaves it
// to us).
inline constexpr Duration dead_target_rest = 30s;

// What the final responses of one forwarded request are gathered in (RFC 3261 16.7).
struct ResponseContext {
    struct Waiting {
        std::size_t index = 0;
        Branch branch;
        ForwardOptions options;
    };
    struct Active {
        std::size_t index = 0;
        std::uint64_t outgoing = 0;
        unsigned breadth = 0;
    };
    struct Final {
        ResponseToForward result;
        bool made = false;  // by this element, for want of a real one
    };

    std::vector<Waiting> waiting;
    std::vector<Active> active;
    std::vector<Final> finals;
    std::size_t count = 0;   // branches over all forward() calls
    int q = 0;               // of what is active
    unsigned breadth = 0;    // RFC 5393 Max-Breadth of the request
    bool closed = false;     // a 2xx or 6xx came, or the caller cancelled: nothing new is started
    bool deciding = false;   // the best response is with the node
    bool succeeded = false;  // a 2xx was passed on: no other final response follows
    bool only_way = false;   // ForwardOptions
};

struct ServerTransaction {
    std::uint64_t id = 0;
    std::variant<InviteServer, NonInviteServer> machine;
    std::string key;  // server_key()
    std::size_t hash = 0;
    Flow flow;
    ReplyPath reply;
    std::unique_ptr<Message> request;  // until a final response that is no 2xx of an INVITE was sent
    std::uint64_t part2 = 0;           // RFC 5393, of the request as it came
    Buffer last;                       // response
    std::string final_tag;             // To tag of the final response, for an ACK of RFC 2543
    // Each 2xx of an INVITE by its To tag: its repetitions go out again without asking the node.
    std::vector<std::pair<std::string, Buffer>> accepted;
    std::unique_ptr<ResponseContext> context;
    bool cancelled = false;
    std::optional<TimePoint> unheard_since;  // a REGISTER that nothing above 100 was said to
    // RFC 3261 18.2.2: over when its machine is, but the answer stays at hand for a moment in case the
    // connection is gone.
    std::optional<TimePoint> linger;
    Armed armed;

    ServerTransaction(std::uint64_t i, std::variant<InviteServer, NonInviteServer> m, std::string k,
                      std::size_t h, const Flow& f, ReplyPath r, Message q)
        : id{i},
          machine{m},
          key{std::move(k)},
          hash{h},
          flow{f},
          reply{std::move(r)},
          request{std::make_unique<Message>(std::move(q))} {}
    bool is_invite() const { return std::holds_alternative<InviteServer>(machine); }
    std::optional<TimePoint> next_deadline() const;
    bool answered() const {
        return std::visit([](const auto& m) { return m.answered(); }, machine);
    }
};

struct Outgoing {
    // C: RFC 3261 16.6 step 11. NoAnswer: ForwardOptions. Abandon: 9.1, a cancelled INVITE without a final
    // response. NoResponse: ForwardOptions, for each target anew.
    enum class Timer : std::uint8_t { C, NoAnswer, Abandon, NoResponse, Count };
    enum class Purpose : std::uint8_t { Branch, Own, Stateless };

    std::uint64_t id = 0;
    Purpose purpose = Purpose::Own;
    std::uint64_t server = 0;  // of a Branch
    std::size_t index = 0;     // of a Branch
    Message request;           // complete but for the Via, or with the Via of the last attempt
    bool has_via = false;
    std::optional<std::uint64_t> part2;
    std::string stateless_branch;           // of a Stateless
    std::optional<Destination> reply;       // of a Stateless that has an answer: its way back
    std::vector<Destination> destinations;  // in the order to try
    std::size_t next = 0;                   // of them
    bool udp_next = false;                  // 18.1.1: TCP was refused, the same target over UDP now
    std::optional<TimerValues> timers;
    std::optional<Duration> no_answer, no_response;
    std::uint64_t client = 0;  // the present attempt
    unsigned redirects = 0;
    bool recurse_on_305 = false;
    bool got_provisional = false;
    bool cancelled = false;
    bool cancel_sent = false;
    bool gave_up = false;       // cancelled by this element for want of an answer
    std::string cancel_reason;  // value of Reason in the CANCEL
    std::string last_failure;
    bool timed_out = false;  // a target did not answer at all
    bool compress = false;   // the next-hop URI asks for SigComp (RFC 3486 4)
    Deadlines<Timer> deadlines;
    Armed armed;

    Outgoing(std::uint64_t i, Message r) : id{i}, request{std::move(r)} {}
    bool is_invite() const { return request.method() == Method::Invite; }
    std::optional<TimePoint> next_deadline() const { return deadlines.next(); }
};

struct ClientTransaction {
    std::uint64_t id = 0;
    std::variant<InviteClient, NonInviteClient> machine;
    std::optional<NonInviteClient> cancel;  // its CANCEL, of the same branch
    std::string branch;
    Destination to;
    TimerValues timers;
    Buffer bytes, ack, cancel_bytes;
    std::uint64_t outgoing = 0;  // 0 once that has its final response
    Outgoing::Purpose purpose = Outgoing::Purpose::Own;
    std::uint64_t own = 0;  // the id the node knows, of an Own
    std::uint64_t server = 0;
    std::size_t index = 0;
    bool tcp_for_size = false;
    bool compress = false;
    Armed armed;

    ClientTransaction(std::uint64_t i, std::variant<InviteClient, NonInviteClient> m, std::string b,
                      Destination d, TimerValues t)
        : id{i}, machine{m}, branch{std::move(b)}, to{d}, timers{t} {}
    bool is_invite() const { return std::holds_alternative<InviteClient>(machine); }
    bool over() const;
    std::optional<TimePoint> next_deadline() const;
};

struct Element::Impl {
    enum class Kind : std::uint8_t { Server, Client, Outgoing };

    ElementConfig config;
    Random& random;
    Locator locator;
    BranchMaker branches;
    std::vector<std::string> via_starts;  // of each listening point, up to the branch
    std::uint64_t last_number = 0;
    std::unordered_map<std::uint64_t, ServerTransaction> servers;
    HashIndex<ServerTransaction*, std::allocator> server_keys;  // by ServerTransaction::hash
    AbsorbedTransactions absorbed;
    std::unordered_map<std::uint64_t, ClientTransaction> clients;
    std::unordered_map<std::uint64_t, Outgoing> outgoings;
    std::unordered_map<Locator::Ticket, std::uint64_t> tickets;
    std::set<std::pair<std::uint64_t, std::uint64_t>>
        on_connection;  // (connection, client) of client transactions
    TimerQueue timers;
    std::size_t unanswered = 0;  // server transactions without a final response
    Admission admission;
    std::optional<std::chrono::seconds> draining;

    // Of the call under way
    TimePoint now;
    ElementOutputs* out = nullptr;

    Impl(ElementConfig c, Random& r);

    template <class F>
    void during(TimePoint at, ElementOutputs& outputs, F f) {
        now = at;
        out = &outputs;
        f();
        out = nullptr;
    }

    // ---- element.cpp
    std::uint64_t new_id(Kind kind) { return (++last_number << 2) | static_cast<std::uint64_t>(kind); }
    static Kind kind_of(std::uint64_t id) { return static_cast<Kind>(id & 3); }
    void note(Severity severity, std::string_view id, const Message* about,
              std::vector<Note::Field> fields = {});
    void transmit(std::uint64_t id, Buffer bytes, const Destination& to, bool compress);
    bool is_own(const Uri& uri) const;
    const ListeningPoint* listening_point(const Destination& to) const;
    TimerValues timers_at(const IpEndpoint& local, Transport transport) const;
    void on_timeout();
    void settle();  // the top of the heap is true again
    // Of what has this id: where it keeps when it is armed for, and when it wants to be woken. Null if it is
    // over.
    struct Alarm {
        Armed* armed = nullptr;
        std::optional<TimePoint> deadline;
    };
    Alarm alarm_of(std::uint64_t id);
    void rearm(std::uint64_t id);
    void rearm(auto& one) { timers.arm(one.id, one.next_deadline(), one.armed); }
    void take(Locator::Outputs located);

    // ---- arrival.cpp
    void receive(const Received& event);
    void refuse_malformed(const ParseFailure& failure, const Flow& flow);
    void receive_request(Message request, const Flow& flow, Duration waited);
    void arrives(Message request, const ViaValue& via, const Flow& flow, std::string key);
    void receive_ack(Message ack, const ViaValue& via, const Flow& flow);
    void receive_cancel(Message cancel, const ViaValue& via, const Flow& flow);
    // Status and extra headers of a refusal; nothing if the request may pass.
    struct Refusal {
        int status = 0;
        std::string_view reason;
        std::string detail;
        HeaderId header = HeaderId::Unknown;
        std::string value = {};
    };
    std::optional<Refusal> why_not(const Message& request) const;
    std::optional<Refusal> why_not_now(const Message& request, Duration waited) const;
    void refuse(const Message& request, const ViaValue& via, const Flow& flow, const Refusal& refusal);

    // ---- server_side.cpp
    ServerTransaction* server(std::uint64_t id);
    ServerTransaction* server_by_key(std::size_t hash, std::string_view key);
    bool absorbs(std::size_t hash, std::string_view key);  // and says the answer once more
    void absorb(ServerTransaction& tx);
    void discard(std::uint64_t id);
    void erase(ServerTransaction& tx);
    ServerTransaction& start_server(Message request, const ViaValue& via, const Flow& flow, std::string key);
    void respond(ServerTransaction& tx, Message response);
    void carry_out(ServerTransaction& tx, const Step& step);
    void server_timeout(ServerTransaction& tx);
    void server_transport_failed(ServerTransaction& tx, const std::string& detail);
    void end_server(ServerTransaction& tx, bool ack_missing);
    Message made_response(const Message& request, int status, std::string_view reason = {});

    // ---- context.cpp
    void forward(ServerTransaction& tx, std::vector<Branch> branches, const ForwardOptions& options);
    void start_branches(ServerTransaction& tx);
    void launch(ServerTransaction& tx, ResponseContext::Waiting waiting, unsigned breadth);
    void forward_stateless(Branch branch, std::optional<Destination> reply);
    void cancel_branches(ServerTransaction& tx, const std::string& reason);
    void wait_on(ServerTransaction& tx);
    void branch_provisional(std::uint64_t server_id, std::size_t index, Message response, const Flow& flow);
    void branch_success(std::uint64_t server_id, std::size_t index, Message response, const Flow& flow);
    void branch_ended(ServerTransaction& tx, ResponseContext::Final final);
    void choose_if_done(ServerTransaction& tx);

    // ---- outgoing.cpp
    Outgoing& new_outgoing(Message request, Outgoing::Purpose purpose);
    ClientTransactionId send(Message request, NextHop next_hop, std::optional<TimerValues> timers);
    void start(Outgoing& o, NextHop next_hop);
    void locate(Outgoing& o, const Uri& uri);
    void use(Outgoing& o, Locator::Located located);
    // These may end the Outgoing: nobody touches it afterwards.
    void attempt(Outgoing& o);
    bool send_to(Outgoing& o, Destination to);
    std::string with_via(Outgoing& o, const ListeningPoint& point, const std::string& branch);
    void cancel(Outgoing& o, std::string reason);
    void outgoing_timeout(Outgoing& o);
    void outgoing_provisional(Outgoing& o, int status);
    void outgoing_final(Outgoing& o, Message response, const Flow& flow);
    bool try_elsewhere(Outgoing& o, const Message& response);
    void detach(Outgoing& o);
    void give_up(Outgoing& o);  // cancelled, and nothing more to expect
    void fail(Outgoing& o, ResponseToForward::Origin origin);
    void deliver(Outgoing& o, ResponseToForward result, bool made);
    void forget(std::uint64_t id);

    // ---- client_side.cpp
    void receive_response(Message response, const Flow& flow);
    void pass_statelessly(Message response, const Flow& flow);
    void client_pass(ClientTransaction& tx, Message response, const Flow& flow);
    void client_timeout(ClientTransaction& tx);
    void client_transport_failed(ClientTransaction& tx, const std::string& detail);
    void send_cancel(Outgoing& o);
    void make_ack(ClientTransaction& tx, const Outgoing& o, const Message& response);
    void end_client_if_done(std::uint64_t id);
    void end_client(std::uint64_t id);
};

}  // namespace ims::sip
