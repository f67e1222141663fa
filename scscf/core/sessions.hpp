#pragma once
#include "scscf/core/authentication.hpp"
#include "scscf/core/charging.hpp"
#include "scscf/core/core.hpp"
#include "scscf/core/dialogs.hpp"

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

    Dialogs dialogs;  // public to be saved

  private:
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
        std::vector<std::uint32_t> flows;  // his bindings in it, by branch
        std::string impu;
    };
    struct Releasing {
        SetId set;
        Dialog* dialog = nullptr;
    };

    // ---- originating (originating.cpp)
    void on_originating(sip::RequestArrived arrived);
    void serve_originating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served);
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
    void serve_terminating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served);
    CxProcedure serve_unregistered_callee(sip::RequestArrived arrived, Impu served);
    std::vector<const Binding*> targets(const sip::Message& request,
                                        const ImplicitRegistrationSet& set) const;
    // 5.4.3.3 step 10a: after 430 the next flow of that device is tried.
    bool try_next_flow(sip::ServerTransactionId id, std::size_t failed_branch, Underway& underway);
    std::optional<sip::Branch> branch_to(const sip::Message& request, const ImplicitRegistrationSet& set,
                                         const Binding& binding) const;

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
    // Asks service control; true if an application server gets the request.
    bool consult(sip::RequestArrived& arrived, const Underway& underway, const ImplicitRegistrationSet& set,
                 const Identity& served, SessionCase session_case);
    void forward(sip::RequestArrived& arrived, std::vector<sip::Branch> branches, Underway underway,
                 const sip::ForwardOptions& options = {});
    void reject(const sip::RequestArrived& arrived, int status, std::string_view impu,
                std::string_view reason);
    // User part of our Record-Route: whom we serve in the dialog ("mo.17": the caller, of set 17).
    static std::string route_mark(bool terminating, SetId set);
    static SetId marked_set(std::string_view user);  // 0: no such mark
    sip::NameAddr record_route(std::string_view mark) const;

    Core& core_;
    std::unordered_map<sip::ServerTransactionId, Underway> underway_;
    std::unordered_multimap<SetId, sip::ServerTransactionId> setups_;  // initial INVITEs among them
    std::unordered_map<sip::ClientTransactionId, Releasing> byes_;
    Authentications challenges_;  // 407s outstanding, and nonces that were answered
};

// RFC 3841, as far as an S-CSCF needs it without application servers: does this contact satisfy the features
// that the caller requires (Accept-Contact with "require") and none that he rejects?
bool suits(const Binding& binding, const sip::Message& request);
// RFC 3841 7.2.4: how much of what the caller would like this contact can do, in thousandths (Qa).
int preference(const Binding& binding, const sip::Message& request);

}  // namespace ims::scscf
