#pragma once
#include "common/base/text.hpp"
#include "common/base/wakeups.hpp"
#include "common/ims/reginfo.hpp"
#include "pcscf/core/association_set.hpp"
#include "pcscf/core/binding.hpp"
#include "pcscf/core/charging.hpp"
#include "pcscf/core/dialog.hpp"
#include "pcscf/core/pcscf.hpp"
#include "pcscf/core/running_challenge.hpp"
#include "pcscf/core/subscription.hpp"

#include <set>
#include <unordered_map>
#include <variant>

// The inside of the P-CSCF. One file for each procedure: registration.cpp (5.2.2, 5.2.5), originating.cpp
// (5.2.6.3), terminating.cpp (5.2.6.4), in_dialog.cpp, gm_security.cpp (5.2.2.2, TS 33.203), tls_security.cpp
// (5.2.2.4), reg_event.cpp (5.2.3, 5.2.4), emergency.cpp (5.2.10), way_to_ue.cpp, saved.cpp.
namespace ims::pcscf {

// A contact as it stands in a REGISTER.
struct OfferedContact {
    std::string uri;  // empty: a query of the bindings
    std::string instance;
    std::uint32_t reg_id = 0;
    std::uint32_t expires = 600'000;
};
// What a forwarded request needs to know when its response comes. Lives as long as the server transaction.
struct RegisterContext {
    Impi impi;
    std::string impu;                     // To, as text
    std::string_view purpose;             // "initial", "re-registration", "deregistration", "query"
    std::string token;                    // of the Path it went with
    bool star = false;                    // Contact: *
    OfferedContact contact;               // the one that is bound; before the answer the first
    std::vector<OfferedContact> further;  // the others of the same REGISTER
    bool radio_access = false;
    bool ob = false;      // in the Path URI
    bool digest = false;  // of a password, without TLS
    bool tls = false;     // its Security-Client offers it, and a challenge agrees
    sip::Flow flow;
    std::uint64_t association = 0;            // the set it came on; 0: in clear
    bool expected = false;                    // counted at its address until it is answered
    std::optional<ipsec::Proposal> proposal;  // a challenge makes a set of it
    ipsec::Mechanisms security_client;        // which says so
    ChargingVector charging;
    std::optional<sip::Message> retry;  // as it went out, while there are further entry points
    std::size_t entry_point = 0;
};
struct OriginatingContext {
    std::string binding;
    std::string dialog;  // empty for standalone requests
    bool initial = true;
    bool heard = false;   // a provisional response came
    bool set_up = false;  // 180 or 2xx came (TS 32.409: SC.SuccSession)
};
struct TerminatingContext {
    std::string binding;
    std::string dialog;
    std::string called_party;  // P-Called-Party-ID, as text
    ChargingVector charging;
    bool initial = true;
    bool recorded = false;    // with our Record-Route
    bool by_contact = false;  // goes to the contact, not over the flow
    bool set_up = false;      // 180 or 2xx came
};
// Who sends a REGISTER, as far as is known before it goes on.
struct RegisterSender {
    const sip::AuthValue* credentials = nullptr;  // Authorization; null: none that can be read
    const RunningChallenge* running = nullptr;    // of this user; null: none
    bool associated = false;                      // from an IP association of this user (5.2.2.3)
};
using Context = std::variant<RegisterContext, OriginatingContext, TerminatingContext>;

// A URI without its user part: "sip:" and "@pcscf.example.com;lr".
struct AroundUser {
    std::string before, after;
};

std::string sigcomp_identifier(const sip::Uri& own);  // RFC 5049 9.1, a URN

struct Pcscf::Impl {
    Impl(Config c, sip::ElementConfig e, Random& r);

    // ---- dispatch (pcscf.cpp)
    void handle(const Event& event, TimePoint now, Effects& out);
    void handle_timeout(TimePoint now, Effects& out);
    std::optional<TimePoint> next_deadline() const;
    void settle(TimePoint now);  // acts on what the element says
    void act(sip::RequestArrived& e, TimePoint now);
    void act(sip::AckArrived& e, TimePoint now);
    void act(sip::FlowFailed& e, TimePoint now);
    void act(sip::Cancelled& e, TimePoint now);
    void act(sip::ResponseToForward& e, TimePoint now);
    void act(sip::ResponseArrived& e, TimePoint now);
    void act(sip::RequestFailed& e, TimePoint now);
    void act(sip::TransactionEnded& e, TimePoint now);

    void on_options(sip::RequestArrived& e, TimePoint now);

    // ---- REGISTER
    void on_register(sip::RequestArrived& e, TimePoint now);
    void on_response(RegisterContext& c, sip::ResponseToForward& e, TimePoint now);
    void forward_register(sip::RequestArrived& e, RegisterContext c, const sip::AuthValue* credentials,
                          const AccessAccepted& accepted, TimePoint now);
    const Binding* known_binding(const RegisterContext& c, const sip::Flow& flow);
    // The final answer to a REGISTER that is no challenge, with a note of it.
    void answer_register(sip::ServerTransactionId id, const RegisterContext& c, sip::Message response,
                         TimePoint now);
    bool try_next_entry_point(sip::ServerTransactionId id, RegisterContext& c, std::string_view why,
                              TimePoint now);
    void take_bindings(RegisterContext& c, sip::Message& ok, TimePoint now);
    void registered(RegisterContext& c, sip::Message& ok, std::chrono::seconds expires, TimePoint now);
    bool keep(const RegisterContext& c, sip::Message& ok, Binding*& b);
    void replace_others(const RegisterContext& c, const Binding& fresh);
    void deregistered(const RegisterContext& c, const OfferedContact& contact, TimePoint now);
    std::vector<sip::Branch> towards_home(sip::Message request, std::size_t entry_point) const;
    void overwrite_association(const RegisterContext& c);
    void end_association(const RegisterContext& c, int status);
    // The binding goes when what it still carries is over (5.2.5).
    void leave(Binding& b, std::string_view reason, TimePoint now);
    void drop(Binding& b);

    // ---- security agreement and associations (gm_security.cpp)
    Security policy_at(const IpAddress& ue) const;
    // What came over the wire, with the flow that answers take.
    void arrive(const sip::Received& e, TimePoint now);
    // Whether this REGISTER may go on, and what is said of it to the core; nothing if it was answered or
    // ignored.
    std::optional<AccessAccepted> secure(sip::RequestArrived& e, RegisterContext& c,
                                         const RegisterSender& from, TimePoint now);
    std::optional<AccessAccepted> secure_in_clear(sip::RequestArrived& e, RegisterContext& c,
                                                  const RegisterSender& from, TimePoint now);
    std::optional<AccessAccepted> secure_on_set(sip::RequestArrived& e, RegisterContext& c, AssociationSet& s,
                                                const RegisterSender& from, TimePoint now);
    bool take_proposal(sip::RequestArrived& e, RegisterContext& c, const ipsec::Offer& offer,
                       ipsec::Mode mode, TimePoint now);
    bool ports_are_free(sip::RequestArrived& e, const RegisterContext& c, TimePoint now);
    ipsec::Mechanisms security_server(const AssociationSet& s) const;
    // RFC 3329 2.3.1, of any other request; false: it was refused.
    bool verify(const sip::RequestArrived& e, TimePoint now);
    bool has_room(sip::RequestArrived& e, RegisterContext& c, TimePoint now);
    void expect_no_more(RegisterContext& c);
    void refuse_agreement(sip::RequestArrived& e, const RegisterContext& c, AccessRefused refused,
                          TimePoint now);
    // ---- TLS (tls_security.cpp)
    bool has_tls(const IpAddress& ue) const;
    ipsec::Mechanisms supported(const IpAddress& ue) const;  // what a UE may agree on with us
    // Of a connection of TLS or WebSocket: it is one user's.
    bool is_of_another(const sip::Flow& flow, const Impi& impi);
    // It was made in clear, and TLS agreed on: the answer comes on a new connection (33.203 O.2.2).
    static bool continues_over_tls(const RunningChallenge& running, const sip::Flow& flow);
    std::optional<AccessAccepted> secure_on_tls(sip::RequestArrived& e, RegisterContext& c,
                                                const RegisterSender& from, TimePoint now);
    // The 401 says that TLS is agreed on, if it is.
    static void agree_on_tls(RegisterContext& c, Challenge& challenge, sip::Message& response);
    // The 401 goes out when its set stands; false: it has none, and goes now.
    bool make_set(RegisterContext& c, Challenge& challenge, sip::ServerTransactionId id,
                  sip::Message& response, TimePoint now);
    void handle(const ipsec::Installed& e, TimePoint now);
    void handle(const ipsec::InstallFailed& e, TimePoint now);
    void handle(const ipsec::Lost& e, TimePoint now);
    void handle(const ipsec::Started& e, TimePoint now);
    void handle(const ipsec::Mapped& e, TimePoint now);
    void established(const RegisterContext& c, Binding& b, TimePoint now);
    void end_temporary_sets(const RegisterContext& c, TimePoint now);
    void take_into_use(AssociationSet& s, TimePoint now);
    void remove_set(AssociationSet& s, std::string_view reason);
    void remove_sets_of(const Binding& b, std::string_view reason);
    // They end when the binding does.
    void shorten_sets_of(const Binding& b, TimePoint now);
    std::vector<AssociationSet*> sets_only_of(const Binding& b);
    void associations_due(TimePoint now);
    AssociationSet* associations_of(const Binding& b);
    const AssociationSet* associations_of(const Binding& b) const;

    // ---- SigComp (signalling_compression.cpp)
    std::optional<Compressing::Compartment> compartment(const Compressing::Way& way);
    void leave_compartment(const AssociationSet& s);  // which is about to go
    std::vector<std::string> take_closed_compartments();
    sip::Flow reply_flow(const sip::Flow& arrived);
    bool compresses(const Binding& b) const;

    // ---- from the UE
    void on_originating(sip::RequestArrived& e, Binding& b, TimePoint now);
    void on_response(OriginatingContext& c, sip::ResponseToForward& e, TimePoint now);
    // Route against the Service-Route or the dialog's route set; false: it differs and the policy refuses.
    bool check_route(sip::Message& request, const std::vector<std::string_view>& expected, const Binding& b);
    void assert_identity(sip::Message& request, const Binding& b, const UserPolicy& policy,
                         Impu& originator) const;
    void order_to_register(sip::Message& response, const Binding& b) const;

    // ---- to the UE
    void on_terminating(sip::RequestArrived& e, Binding* b, TimePoint now);
    void on_response(TerminatingContext& c, sip::ResponseToForward& e, TimePoint now);

    // How far the call of an initial INVITE came: notes set_up and answered.
    void note_progress(const sip::Message& response, bool initial, bool& set_up, std::string_view session);

    // The way to the UE; nothing if there is none.
    std::optional<sip::NextHop> way_to(const Binding& b) const;
    std::optional<sip::Target> contact_of(const Binding& b) const;
    sip::Branch branch_to_ue(sip::Message request, const Binding& b, sip::NextHop way) const;
    void refuse_unreachable(const sip::RequestArrived& e, const Binding& b, TimePoint now);
    bool try_contact(sip::ServerTransactionId id, TerminatingContext& c, const Binding& b,
                     std::string_view why, TimePoint now);

    // `dialog`: the token in our Record-Route of the request, empty if there is none.
    void restore_routing(sip::Message& response, const sip::Message& request, std::string_view dialog);

    // ---- inside dialogs
    void on_in_dialog(sip::RequestArrived& e, Dialog& d, TimePoint now);
    void on_in_dialog_from_ue(sip::RequestArrived& e, Dialog& d, Binding& b, TimePoint now);
    void on_in_dialog_to_ue(sip::RequestArrived& e, Dialog& d, Binding& b, TimePoint now);
    void dialog_ends(Dialog& d, TimePoint now);
    void rewrite_record_route(sip::Message& m, std::string_view token, const sip::NameAddr& with) const;
    Dialog* dialog_of(const sip::Message& request, const std::optional<sip::NameAddr>& own_route);

    // ---- reg event
    void subscribe(const Binding& b, TimePoint now);
    void send_subscribe(Subscription& s, std::chrono::seconds expires, TimePoint now);
    void on_subscribe_answered(const std::string& call_id, const sip::Message& response, TimePoint now);
    void on_subscribe_failed(const std::string& call_id, std::string_view reason, TimePoint now);
    void on_notify(sip::RequestArrived& e, TimePoint now);
    void apply(const reginfo::Document& document, const Impi& impi, const sip::Message& notify,
               TimePoint now);
    void on_subscription_due(Subscription& s, TimePoint now);
    void unsubscribe_if_alone(const Impi& impi);

    // ---- emergency
    bool is_emergency(const sip::Message& request) const;
    void refuse_emergency(sip::RequestArrived& e, const Binding* b, TimePoint now);

    // ---- helpers
    void respond(sip::ServerTransactionId id, sip::Message response, TimePoint now);
    sip::Message refusal(const sip::RequestArrived& e, int status, std::string_view reason);
    void refuse(const sip::RequestArrived& e, int status, std::string_view reason, TimePoint now);
    void discard(const sip::RequestArrived& e, std::string_view reason, TimePoint now);
    void forward(sip::ServerTransactionId id, sip::Branch branch, Context context, TimePoint now);
    Note& note(Severity severity, std::string_view id);
    Note& note(Severity severity, std::string_view id, const sip::Message& about, const Binding* b = nullptr);
    sip::NameAddr own_uri(std::string_view user) const;  // as the core reaches us
    // The same, as Path, Record-Route and P-Asserted-Identity have it (5.2.2.1 step 1).
    std::string own_entry(std::string_view user, bool ob = false) const;
    sip::NameAddr own_uri_towards(const Binding& b, std::string_view user) const;  // as this UE reaches us
    // A later value of what a binding keeps; the old one stays if it does not fit.
    void keep(Binding& b, Binding::Text text, std::string_view value);
    Binding* sender(const sip::Message& request, const sip::Flow& flow);
    bool knows(const sip::Flow& flow);                    // it is a UE's
    const UserPolicy& policy_of(const Binding* b) const;  // 5.2.1; null: nothing is agreed
    // Whether what comes on this flow may be of the core (Config::trusted_peers).
    bool is_core(const sip::Flow& flow) const;
    // Whether it comes from the UE of the binding: on its flow or, without security, from its address.
    bool is_of_ue(const sip::Flow& flow, const Binding& b);
    std::string new_token() { return random.token(12); }  // 96 random bits: nobody guesses it

    std::string save(TimePoint now) const;
    bool has_changes() const;
    void write_changes(TimePoint now, std::string& text);
    void forget_changes();
    bool restore(const std::vector<StateRecord>& saved, TimePoint now, std::string& why);
    // Said by whoever changes what is saved of one. That one came or went, the table says itself.
    void changed(const AssociationSet& s) { associations.changes.changed(s.id); }
    void changed(const Binding& b) { bindings.changes.changed(std::string{b.token()}); }
    void changed(const Dialog& d) { dialogs.changes.changed(d.token); }
    void changed(const Subscription& s) { subscriptions.changes.changed(std::string{s.call_id()}); }

    Config config;
    Random& random;
    sip::Uri uri;                            // config.uri
    AroundUser loose_uri;                    // uri with lr, for Path
    std::vector<sip::NextHop> entry_points;  // config.entry_points, read
    std::string ioi;                         // ours, of type 1
    sip::TimerValues towards_core;           // of what a UE waits for
    sip::Element element;
    Bindings bindings;
    Dialogs dialogs;
    Subscriptions subscriptions;
    RunningChallenges challenges;
    AssociationSets associations{config.ipsec};
    // 401s that wait for their set.
    struct Held {
        sip::ServerTransactionId transaction;
        sip::Message response;
    };
    std::unordered_map<std::uint64_t, Held> held;

    std::uint64_t last_compartment = 0;
    std::vector<std::string> closed_compartments;

    std::unordered_map<sip::ServerTransactionId, Context> contexts;
    std::unordered_map<sip::ClientTransactionId, std::string> subscribing;  // -> Call-ID of the subscription

    Wakeups<std::string> dialog_wakeups;  // by token
    Effects* effects = nullptr;           // of the event being handled
    sip::ElementOutputs outputs;          // of the element, being worked off; empty between events
    sip::ElementOutputs pending;          // what the element says while we act
};

}  // namespace ims::pcscf
