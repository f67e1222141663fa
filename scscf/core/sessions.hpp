#pragma once
#include "scscf/core/charging.hpp"
#include "scscf/core/core.hpp"
#include "scscf/core/notifier.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ims::scscf {

// Requests of and for served users (TS 24.229 5.4.3): a proxy that knows who is served and where he is.
class Sessions {
  public:
    Sessions(Core& core, Notifier& notifier) : core_{core}, notifier_{notifier} {}

    void on_request(sip::RequestArrived arrived);
    void on_ack(sip::AckArrived& ack);
    void on_cancelled(const sip::Cancelled& cancelled);
    void on_response(sip::ResponseToForward& response);
    void on_ended(sip::ServerTransactionId id) { underway_.erase(id); }

  private:
    // What the responses to a request need.
    struct Underway {
        ChargingVector charging;
        IoiType ioi = IoiType::HomeToHome;  // of the side the request came from, should it not have said
        SetId terminating_set;              // serving the called user: his PAI alias is added; 0: no
        bool initial = false;
        std::vector<std::uint32_t> flows;  // the bindings tried, by branch
        std::string impu;
    };

    // ---- originating (originating.cpp)
    void on_originating(sip::RequestArrived arrived);
    void serve_originating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served);
    CxProcedure serve_unregistered_caller(sip::RequestArrived arrived, Impu served);
    void add_alias(sip::Message& message, const ImplicitRegistrationSet& set);
    void ask_for_registration(const sip::RequestArrived& arrived, std::string_view why);
    std::optional<Impu> asserted(const sip::Message& request) const;
    bool stays_home(const sip::Uri& uri) const;

    // ---- terminating (terminating.cpp)
    void on_terminating(sip::RequestArrived arrived);
    void serve_terminating(sip::RequestArrived arrived, ImplicitRegistrationSet& set, const Identity& served);
    CxProcedure serve_unregistered_callee(sip::RequestArrived arrived, Impu served);
    std::vector<const Binding*> targets(const sip::Message& request,
                                        const ImplicitRegistrationSet& set) const;
    // 5.4.3.3 step 10a: after 430 the next flow of that device is tried.
    bool try_next_flow(const sip::ResponseToForward& response, Underway& underway);
    std::optional<sip::Branch> branch_to(const sip::Message& request, const ImplicitRegistrationSet& set,
                                         const Binding& binding) const;

    // ---- both (sessions.cpp)
    // 5.4.3.2 step 14 and its like for responses and within dialogs: what does not go where it goes.
    void withhold(sip::Message& request, bool towards_ue) const;
    void withhold(sip::Message& response, const ChargingVector& asked) const;
    void on_within_dialog(sip::RequestArrived arrived);
    CxQuestion unregistered_question(const Impu& impu, const sip::Message& request) const;
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
    sip::NameAddr record_route(std::string_view mark) const;

    Core& core_;
    Notifier& notifier_;
    std::unordered_map<sip::ServerTransactionId, Underway> underway_;
};

// RFC 3841, as far as an S-CSCF needs it without application servers: does this contact satisfy the features
// that the caller requires (Accept-Contact with "require") and none that he rejects?
bool suits(const Binding& binding, const sip::Message& request);

}  // namespace ims::scscf
