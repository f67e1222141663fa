#pragma once
#include "common/base/note.hpp"
#include "common/base/random.hpp"
#include "common/base/strong.hpp"
#include "common/base/time.hpp"
#include "common/sip/locate/locator.hpp"
#include "common/sip/message/flow.hpp"
#include "common/sip/message/message.hpp"
#include "common/sip/transaction/timers.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// A SIP element: transactions, proxying (RFC 3261 16) and the UAS and UAC sides of transactions under one
// roof, as a value machine. A node core owns one Element, hands it what arrives and acts on what it says; the
// CSCFs and the test UE stand on it. The element knows RFC 3261 and its corrections; it knows nothing of IMS.
//
//   shell --Received, TransportFailed, FlowClosed, dns::Answer--> Element --ElementOutput--> node core
//   node core --respond, forward, send, ...--> Element --Transmit, dns::Query--> shell
namespace ims::sip {

using ServerTransactionId = Strong<struct ServerTransactionIdTag, std::uint64_t>;
using ClientTransactionId = Strong<struct ClientTransactionIdTag, std::uint64_t>;

// Where this element listens; what goes into its Via and Record-Route for that transport and address family.
struct ListeningPoint {
    Transport transport = Transport::Udp;
    IpEndpoint endpoint;
    std::optional<TimerValues> timers =
        {};  // of transactions on this point, if not the element's (TS 24.229 7.7)
    // Protected client ports (TS 33.203 7.1): what leaves from one of them bears this point in its Via.
    std::vector<std::uint16_t> client_ports = {};
    // A longer request goes over TCP (RFC 3261 18.1.1): of a path whose MTU nobody knows.
    std::size_t largest_datagram = 1300;

    bool sends_from(std::uint16_t port) const;  // its own or a client port
    bool has_client_port(std::uint16_t port) const;
};

struct ElementConfig {
    std::vector<ListeningPoint> listen;
    // Hosts that mean this element in a Route or Request-URI besides the listening addresses:
    // "scscf.ims.example", with port, or without (then any port). Case-insensitive.
    std::vector<std::string> own_names;
    TimerValues timers = core_timers;
    Duration timer_c = 181s;                    // RFC 3261 16.6 step 11: above 3 minutes
    std::vector<std::string> proxy_extensions;  // option tags accepted in Proxy-Require: "sec-agree"
    std::string server;                         // Server / User-Agent text of own messages; empty: none
    // SIP/SigComp identifier of this element (RFC 5049 9.1), a URN. Empty: it asks nobody for SigComp, and
    // sends no request with it.
    std::string sigcomp_id;
    unsigned max_breadth = 60;  // RFC 5393
    // Requests that wait for their answer at the same time. Beyond it 503 with Retry-After answers new ones;
    // those inside dialogs may use another eighth. What is answered and only absorbs repetitions does not
    // count.
    std::size_t max_transactions = 200'000;
    // What is new gets the same 503 while most REGISTERs take longer than this, or requests lie in the socket
    // for half of it; 0: never.
    Duration overload_delay = 500ms;
    std::vector<std::string> uri_schemes{
        "urn"};  // of Request-URIs besides sip, sips and tel; all others get 416
    // The node uses forward_stateless(): a CANCEL that belongs to no INVITE here reaches it like any other
    // request (RFC 3261 16.10). Off, it is answered 481.
    bool forwards_statelessly = false;
    Limits limits;
    LocatorConfig locator;
};

// How a request is sent on. Exactly one of: a flow, a fixed target, or RFC 3263 on a URI (default: top Route,
// else Request-URI).
using NextHop = std::variant<std::monostate, Flow, Target, Uri>;

struct Branch {
    Message
        request;  // as the node wants it; the element adds Via, decrements Max-Forwards, adds Record-Route
    NextHop next_hop;
    int q = 1000;  // thousandths; equal values in parallel, lower ones after the higher have failed
    std::optional<NameAddr> record_route;  // prepended if set
    std::optional<TimerValues> timers;     // of this hop, if not the element's
};

struct ForwardOptions {
    bool recurse_on_305 = false;  // TS 24.229: CSCFs recurse only on 305
    std::optional<Duration>
        no_answer;  // give up an INVITE branch that has no final response after this (S-CSCF, AS)
    // A target that says nothing at all for so long, not even 100, is given up; the next one is tried.
    std::optional<Duration> no_response = {};
    // 16.7 step 6: whatever this node forwards goes there, so a 503 that says when to come back is its own
    // too.
    bool only_way = false;
};

// ---- what the element says

// A request for the node, well-formed, checked (RFC 3261 16.3: Max-Forwards, loops, Proxy-Require) and with
// the Route header preprocessed (16.4): if the top Route was this element it is gone and stands in own_route.
// `received` and `rport` are filled in the top Via. The node answers with respond() or forward(), now or
// later.
struct RequestArrived {
    ServerTransactionId transaction;
    Message request;
    Flow flow;
    std::optional<NameAddr> own_route;
};
// An ACK for a 2xx (no transaction): forward_ack() or consume it.
struct AckArrived {
    Message request;
    Flow flow;
    std::optional<NameAddr> own_route;
};
// A CANCEL matched this INVITE. It was answered 200 and its branches are being cancelled; where nothing had
// been forwarded yet the INVITE was answered 487 and the transaction is over: drop late answers.
struct Cancelled {
    ServerTransactionId transaction;
    Message cancel;
    bool answered = false;  // 487 already sent by the element
};
// A response that RFC 3261 16.7 would forward now (a provisional other than 100, a 2xx, or the chosen best
// final one), own Via removed. The node changes what it must and calls respond(), or tries elsewhere with
// forward(). Each 2xx of an INVITE comes once for each To tag; when the callee repeats it, what the node made
// of it is sent again without asking. A 503 comes as 500 (16.7 step 6) but for ForwardOptions::only_way.
struct ResponseToForward {
    enum class Origin : std::uint8_t {
        Received,     // by a peer; or the 487 of an INVITE that was cancelled before anybody answered
        NoAnswer,     // timer B, F or C, or ForwardOptions::no_answer: a 408
        Unreachable,  // transport error: a 500 (16.9); no target found: a 504; no branch given: a 480
    };
    ServerTransactionId transaction;
    Message response;
    Origin origin = Origin::Received;
    std::size_t branch = 0;    // counted over all forward() calls of this transaction
    std::optional<Flow> flow;  // where it came from
    std::string detail;
};
// A branch has ended with 430 while others go on: the node may forward() to another flow of that device
// (RFC 5626 5.3.1). If it does, the 430 counts no more; if nothing else goes on, ResponseToForward brings it.
struct FlowFailed {
    ServerTransactionId transaction;
    std::size_t branch = 0;
};
// The answer to a request this node sent itself.
struct ResponseArrived {
    ClientTransactionId transaction;
    Message response;
    Flow flow;
};
struct RequestFailed {
    enum class Reason : std::uint8_t { Timeout, Unreachable };
    ClientTransactionId transaction;
    Reason reason = Reason::Timeout;
    std::string detail;
};
// The server transaction is over for the node: answered (repetitions are absorbed without it), timed out, or
// its ACK never came (`ack_missing`).
struct TransactionEnded {
    ServerTransactionId transaction;
    bool ack_missing = false;
};

using ElementOutput =
    std::variant<Transmit, dns::Query, Note, RequestArrived, AckArrived, Cancelled, ResponseToForward,
                 FlowFailed, ResponseArrived, RequestFailed, TransactionEnded>;
using ElementOutputs = std::vector<ElementOutput>;

class Element {
  public:
    Element(ElementConfig config, Random& random);
    ~Element();
    Element(Element&&) noexcept;

    // ---- from the shell
    void handle(const Received& event, TimePoint now, ElementOutputs& out);
    void handle(const TransportFailed& event, TimePoint now, ElementOutputs& out);
    void handle(const FlowClosed& event, TimePoint now, ElementOutputs& out);
    void handle(const dns::Answer& event, TimePoint now, ElementOutputs& out);
    void handle_timeout(TimePoint now, ElementOutputs& out);
    std::optional<TimePoint> next_deadline() const;

    // ---- from the node
    // Sends a response on a server transaction. A final one ends it; for an INVITE the 2xx is sent once per
    // call (RFC 6026 8.1: who made it repeats it). Nothing happens if the transaction is over.
    void respond(ServerTransactionId id, Message response, TimePoint now, ElementOutputs& out);
    // Forgets the server transaction without an answer: silence is the answer (TS 24.229 5.2.6.3.2A). No 100
    // will be sent; a retransmission is a new request.
    void discard(ServerTransactionId id);
    // Proxies: adds branches to the response context of this transaction. May be called again from a
    // ResponseToForward with a final response: then the earlier ones are given up.
    void forward(ServerTransactionId id, std::vector<Branch> branches, TimePoint now, ElementOutputs& out,
                 const ForwardOptions& options = {});
    // The node knows that the branches of this transaction are at work although they say nothing:
    // ForwardOptions::no_response does not count for them any more.
    void wait_on(ServerTransactionId id);
    // Proxies an ACK for a 2xx statelessly.
    void forward_ack(Branch ack, TimePoint now, ElementOutputs& out);
    // RFC 3261 16.11: sends the request on and forgets it; called for each of its repetitions anew. Of
    // several targets of RFC 3263 it is always the same one; the responses pass the node by, to where the
    // next Via says. Nothing may have been answered before. Where no way is found the element answers as it
    // does for forward(); what the transport reports later is only noted, and the sender's timer tells it.
    void forward_stateless(ServerTransactionId id, Branch branch, TimePoint now, ElementOutputs& out);
    // RFC 3261 16.10: cancels all pending branches, as a CANCEL from upstream would.
    void cancel(ServerTransactionId id, TimePoint now, ElementOutputs& out,
                std::optional<std::string> reason = {});

    // UAC: sends a request of the node's own (Via is added; Max-Forwards 70 if absent). How long an INVITE
    // may ring is the node's to decide: cancel() ends it.
    ClientTransactionId send(Message request, NextHop next_hop, TimePoint now, ElementOutputs& out,
                             std::optional<TimerValues> timers = {});
    // The UAC core's ACK for a 2xx, sent outside any transaction (RFC 3261 13.2.2.4).
    void send_ack(Message ack, NextHop next_hop, TimePoint now, ElementOutputs& out);
    // CANCEL of an own INVITE, held back until a provisional came (RFC 3261 9.1).
    void cancel(ClientTransactionId id, TimePoint now, ElementOutputs& out);

    // The request of a server transaction, as RequestArrived gave it; null from its final response on, but
    // for a 2xx to an INVITE, after which other forks may still answer (timer L).
    const Message* request_of(ServerTransactionId id) const;
    const Flow* flow_of(ServerTransactionId id) const;

    bool is_own(const Uri& uri) const;  // names this element: listening address or own name
    // "host:port" for Via, Record-Route, Path towards a peer reached over this transport and family.
    std::optional<IpEndpoint> listening_point(Transport t, bool v6) const;

    void refuse_new_requests(
        std::chrono::seconds retry_after);  // drain: 503 to what is outside a dialog or a transaction
    bool idle() const;                 // no request waits for its answer; what is left absorbs repetitions
    std::size_t transactions() const;  // all of them, the absorbing ones included
    void reload(LocatorConfig locator);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::sip
