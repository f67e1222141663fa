#pragma once
#include "scscf/core/authentication.hpp"
#include "scscf/core/charging.hpp"
#include "scscf/core/core.hpp"
#include "scscf/core/dialogs.hpp"
#include "scscf/core/original_dialogs.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ims::scscf {

// Requests of and for served users (TS 24.229 5.4.3): a proxy that knows who is served and where he is.
class Sessions {
  public:
    explicit Sessions(Core& core) : core_{core} {}

    void on_request(sip::RequestArrived arrived);
    void on_ack(sip::AckArrived& ack);
    void on_cancelled(const sip::Cancelled& cancelled);
    void on_response(sip::ResponseToForward& response);
    void on_flow_failed(const sip::FlowFailed& failed);
    void on_ended(sip::ServerTransactionId id);
    void on_timeout() { (void)challenges_.take_due(core_.now); }  // request-await-auth, end of a nonce
    std::optional<TimePoint> next_deadline() const { return challenges_.next_deadline(); }

    // Contacts of the set were marked as ended: their sessions end too (5.4.1.4 step 5, 5.4.1.5, 5.4.5).
    void release(const ImplicitRegistrationSet& set);
    // Another S-CSCF has the user now, or nobody: what was kept of his sessions goes without a word.
    void forget(const ImplicitRegistrationSet& set);
    // The answer to a BYE of ours, or its absence (408); false if it is none.
    bool on_bye_answered(sip::ClientTransactionId id, int status);

    std::size_t original_dialogs() const { return original_dialogs_.size(); }

    Dialogs dialogs;  // public to be saved

  private:
    // The criteria that a request meets on its way, one after the other (5.4.3.2 step 3, 5.4.3.3 step 2A).
    struct Chain {
        SessionCase session_case = SessionCase::OriginatingRegistered;
        std::shared_ptr<const ServiceProfile> profile;  // null: no criterion counts any more
        std::size_t behind = 0;                         // so many are done with, in order of priority
        bool returned = false;                          // an application server has brought the request back
    };
    // A request that is with an application server: what is needed to go on without it.
    struct Triggered {
        sip::RequestArrived request;  // as it stood before
        Chain chain;
        DefaultHandling default_handling = DefaultHandling::SessionContinued;
        std::string server;
        bool heard = false;  // a provisional response above 100 came
        bool gruu_contact = false;
    };

    // What the responses to a request need.
    struct Underway {
        ChargingVector charging;
        IoiType ioi = IoiType::HomeToHome;  // of the side the request came from, should it not have said
        SetId set;                          // of the served user; 0: not known, or no matter
        bool terminating = false;           // the called user is served
        bool initial = false;
        bool set_up = false;               // 180 or 2xx came (TS 32.409: SC.SuccSession)
        bool answered = false;             // with a 2xx
        bool released = false;             // cancelled by us: his registration ended
        bool from_server = false;          // between an application server and us (5.4.3.4)
        bool to_server = false;            // between us and one
        std::vector<std::uint32_t> flows;  // his bindings in it, by branch after the first so many
        std::size_t branches_before = 0;   // to application servers that failed
        std::string impu;
        std::string original_dialog;  // of the request that is, or was, with an application server
        std::unique_ptr<Triggered> triggered;
    };
    struct Releasing {
        SetId set;
        Dialog* dialog = nullptr;
    };

    // ---- originating (originating.cpp)
    void on_originating(sip::RequestArrived arrived);
    void serve_originating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served,
                           std::optional<Chain> chain = {});
    // From step 5 on.
    void go_on_originating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served,
                           Chain chain, Underway underway, bool gruu_contact);
    CxProcedure serve_unregistered_caller(sip::RequestArrived arrived, Impu served);
    CxProcedure restore_caller(sip::RequestArrived arrived, Impu served);
    // 5.4.3.2 steps 4C and 4D, 5.4.3.3 steps 3C and 3D: what is left of the services a request names or, if
    // it names none, shows by its contents; false if it was refused.
    bool assert_service(sip::RequestArrived& arrived, const ServiceProfile& profile, std::string_view impu);
    void add_alias(sip::Message& message, const ImplicitRegistrationSet& set);
    void ask_for_registration(const sip::RequestArrived& arrived, std::string_view why);
    std::optional<Impu> asserted(const sip::Message& request) const;
    bool stays_home(const sip::Uri& uri) const;

    // ---- digest of requests (request_authentication.cpp)
    // Does it carry the right credentials? If not it is answered, or will be once the HSS has answered.
    bool authenticated(sip::RequestArrived& arrived, const Impi& impi, const Impu& impu);
    CxProcedure challenge_by_hss(sip::RequestArrived arrived, Impi impi, Impu impu, bool stale);
    void send_challenge(const sip::RequestArrived& arrived, const Impi& impi,
                        std::vector<cx::SipDigestAuthenticate> credentials, bool stale);

    // ---- terminating (terminating.cpp)
    void on_terminating(sip::RequestArrived arrived);
    void serve_terminating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served,
                           std::optional<Chain> chain = {});
    // From step 4 on.
    void go_on_terminating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served,
                           Chain chain, Underway underway);
    CxProcedure serve_unregistered_callee(sip::RequestArrived arrived, Impu served);
    std::vector<const Binding*> targets(const sip::Message& request,
                                        const ImplicitRegistrationSet& set) const;
    // 5.4.3.3 step 10a: after 430 the next flow of that device is tried.
    bool try_next_flow(sip::ServerTransactionId id, std::size_t failed_branch, Underway& underway);
    std::optional<sip::Branch> branch_to(const sip::Message& request, const ImplicitRegistrationSet& set,
                                         const Binding& binding, std::string_view mark) const;

    // ---- application servers (application_servers.cpp)
    // The criteria of a request that is new to us.
    static Chain chain_of(const ImplicitRegistrationSet& set, const Identity& served,
                          SessionCase session_case);
    // Steps 5 and 4: true if an application server gets the request.
    bool consult(sip::RequestArrived& arrived, Underway& underway, const ImplicitRegistrationSet& set,
                 const Identity& served, Chain& chain, bool gruu_contact);
    void send_to_server(sip::RequestArrived& arrived, Underway underway, const ImplicitRegistrationSet& set,
                        const Identity& served, const Chain& chain, const ApplicationServer& server,
                        sip::Uri uri, bool gruu_contact);
    // A request that an application server brings back; false if it is none.
    bool on_returned(sip::RequestArrived& arrived);
    // 5.4.3.3 step 3: does the Request-URI still mean whom it meant?
    static bool means_the_same(const sip::Uri& uri, const OriginalDialog& original,
                               const ImplicitRegistrationSet& set, const Identity& served);
    // A response of an application server, or its absence; true if the request goes on without it.
    bool on_server_response(sip::ResponseToForward& response, Underway& underway);
    static bool has_original_dialog(const sip::RequestArrived& arrived);

    // ---- GRUUs (gruu_routing.cpp)
    // A request within a dialog that reached us by our Record-Route: a GRUU of the served user in its
    // Request-URI becomes the contact behind it (5.4.3.3). The status to refuse it with, or 0.
    int to_contact(sip::Message& request, const std::optional<sip::NameAddr>& own_route);
    // The contact behind a GRUU of the set: that one if it is the device's, else the latest; null if there is
    // none. What has ended counts if it is asked for.
    const Binding* behind(const sip::Uri& gruu, const ImplicitRegistrationSet& set,
                          std::uint32_t preferred) const;
    // 5.4.3.2 step 1A, RFC 5627 6.2: may the served user use this Contact? `needs_us`: it is a GRUU of ours.
    bool may_use_contact(const sip::Message& request, const ImplicitRegistrationSet& set,
                         bool& needs_us) const;
    // The Request-URI as others may see it: of a temporary GRUU the public one.
    sip::Uri shown(const sip::Uri& uri, const Binding* binding) const;

    // ---- dialogs (release.cpp)
    void keep_dialog(const sip::ResponseToForward& response, const Underway& underway);
    // A request within a dialog of a served user; false if it was answered.
    bool on_kept_dialog(const sip::RequestArrived& arrived, Underway& underway);
    void refresh_targets(const sip::ResponseToForward& response, const Underway& underway);
    static bool has_ended(const ImplicitRegistrationSet& set, std::uint32_t binding);
    void release(SetId set, Dialog& dialog);
    void bye(SetId set, Dialog& dialog, bool to_caller);

    // ---- both (sessions.cpp)
    // 5.4.3.2 step 14 and its like for responses and within dialogs: what does not go where it goes.
    void withhold(sip::Message& request, bool towards_ue) const;
    void withhold(sip::Message& response, const ChargingVector& asked) const;
    // Our Service-Route, or `orig` in the top Route (5.4.3.1).
    static bool is_originating(const sip::RequestArrived& arrived);
    void on_within_dialog(sip::RequestArrived arrived);
    void on_success(const sip::ResponseToForward& response, Underway& underway);
    void note_progress(const sip::ResponseToForward& response, Underway& underway);
    CxQuestion profile_question(const Impu& impu, const sip::Message& request,
                                cx::ServerAssignmentType type) const;
    // Takes the answer in: the set, or the status to reject with and why.
    ImplicitRegistrationSet* take_unregistered(const CxReply& reply, const Impu& impu, int& status,
                                               std::string& why);
    void forward(sip::RequestArrived& arrived, std::vector<sip::Branch> branches, Underway underway,
                 const sip::ForwardOptions& options = {});
    void reject(const sip::RequestArrived& arrived, int status, std::string_view impu,
                std::string_view reason);
    // User part of our Record-Route: whom we serve in the dialog, and on which sides an application server
    // is. "mo.17": the caller, of set 17; "mt.17.a-": the called user, the caller's side is a server's.
    struct Mark {
        bool terminating = false;
        SetId set;  // 0: no such mark
        bool from_server = false, to_server = false;
        static Mark of(const Underway& underway);
        static Mark parse(std::string_view user);
        std::string text() const;
        // An application server is between here and the served user: what is done once for a dialog is done
        // where he is next.
        bool inner() const { return terminating ? to_server : from_server; }
        // To what kind of neighbour goes what came from such a one (4.5.4)?
        IoiType onwards(IoiType from) const;
    };
    sip::NameAddr record_route(std::string_view mark) const;

    Core& core_;
    std::unordered_map<sip::ServerTransactionId, Underway> underway_;
    std::unordered_multimap<SetId, sip::ServerTransactionId> setups_;  // initial INVITEs among them
    std::unordered_map<sip::ClientTransactionId, Releasing> byes_;
    OriginalDialogs original_dialogs_;
    Authentications challenges_;  // 407s outstanding, and nonces that were answered
};

// RFC 3841, as far as an S-CSCF needs it without application servers: does this contact satisfy the features
// that the caller requires (Accept-Contact with "require") and none that he rejects?
bool suits(const Binding& binding, const sip::Message& request);
// RFC 3841 7.2.4: how much of what the caller would like this contact can do, in thousandths (Qa).
int preference(const Binding& binding, const sip::Message& request);

}  // namespace ims::scscf
