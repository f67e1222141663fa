#pragma once
#include "scscf/core/authentication.hpp"
#include "scscf/core/core.hpp"
#include "scscf/core/notifier.hpp"
#include "scscf/core/register_request.hpp"
#include "scscf/core/restoration.hpp"
#include "scscf/core/scscf.hpp"
#include "scscf/core/sessions.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::scscf {

// The registrar: REGISTER (TS 24.229 5.4.1), and what the HSS (Cx RTR, PPR), the clock and the operator do to
// registrations.
class Registrar {
  public:
    Registrar(Core& core, Notifier& notifier, Sessions& sessions)
        : core_{core}, notifier_{notifier}, sessions_{sessions} {}

    void on_register(const sip::RequestArrived& arrived);
    cx::RegistrationTerminationAnswer on_termination(const cx::RegistrationTerminationRequest& rtr);
    cx::PushProfileAnswer on_push(const cx::PushProfileRequest& ppr);
    bool deregister(const Impu& impu, Removal removal);
    bool reauthenticate(const Impu& impu, std::chrono::seconds within);
    void on_timeout();
    std::optional<TimePoint> next_deadline() const;

    Authentications authentications;  // public to be saved

  private:
    // How the user was found to be who he says.
    struct Proof {
        bool challenged = false;  // just now: SAR follows (5.4.1.2.2 step 5)
        bool digest = false;      // with a password and without TLS
        std::optional<sip::AuthValue> authentication_info;
    };

    // ---- authentication (registrar_authentication.cpp)
    std::string_view purpose_of(const RegisterRequest& r) const;
    bool answers_challenge(const RegisterRequest& r);
    void on_unprotected_aka(RegisterRequest r);
    void on_protected_aka(RegisterRequest r);
    void on_digest(RegisterRequest r);
    void check_aka(RegisterRequest r, AkaChallenge& challenge);
    void check_digest(RegisterRequest r, DigestChallenge& challenge);
    CxProcedure challenge_aka(RegisterRequest r);
    CxProcedure resynchronise(RegisterRequest r);
    CxProcedure challenge_by_hss(RegisterRequest r, bool stale);
    cx::MultimediaAuthRequest auth_request(const RegisterRequest& r, std::string_view scheme) const;
    void send_aka_challenge(const RegisterRequest& r, unsigned resynchronisations);
    void send_digest_challenge(const RegisterRequest& r, std::vector<cx::SipDigestAuthenticate> credentials,
                               bool stale);
    sip::Message unauthorized(const RegisterRequest& r);
    void keep_vectors(const Impi& impi, const cx::MultimediaAuthAnswer& answer);
    void fail(const RegisterRequest& r, Verdict verdict);
    void tell_hss(const Impi& impi, const Impu& impu, cx::ServerAssignmentType type);
    std::optional<std::string> hss_of(const Impi& impi);

    // ---- registration (registrar.cpp)
    void accept(RegisterRequest r, Proof proof);
    CxProcedure register_user(RegisterRequest r, Proof proof);
    CxProcedure deregister_user(RegisterRequest r, Proof proof);
    // The answer was right, but the REGISTER changes nothing.
    void forget_challenge(const RegisterRequest& r, const Proof& proof);
    std::optional<Refusal> check_contact(const RegisterRequest& r) const;
    std::optional<Refusal> check_place(const ImplicitRegistrationSet& set, const RegisterRequest& r,
                                       const Placement& placement) const;
    cx::ServerAssignmentRequest assignment_request(const Impi& impi, const Impu& impu,
                                                   cx::ServerAssignmentType type) const;
    // The contact of the REGISTER takes its place; others end where it says so.
    void bind(ImplicitRegistrationSet& set, const RegisterRequest& r, Binding fresh,
              const Placement& placement);
    std::chrono::seconds granted(const RegisterRequest& r, const sip::NameAddr& contact) const;
    void answer(const RegisterRequest& r, const Proof& proof, ImplicitRegistrationSet& set);
    void third_party(ImplicitRegistrationSet& set, RegistrationType type, const sip::Message& request);
    // 5.4.1.5: as if the user had deregistered. Nobody sent a REGISTER; the one with which the UE would have
    // ended that binding stands in for it.
    void third_party_end(ImplicitRegistrationSet& set, const Binding& binding);
    void reject(const RegisterRequest& r, int status, std::string_view reason);

    // ---- removal (deregistration.cpp)
    // After bindings were marked as ended: subscribers are told, what is empty goes.
    void bury(ImplicitRegistrationSet& set, bool by_network, bool silent = false);
    // Some contacts of a private identity ended, others stay: the HSS keeps those (TS 29.228 6.1.2).
    void store_what_stays(const ImplicitRegistrationSet& set);
    void remove(ImplicitRegistrationSet& set, std::optional<std::uint8_t> private_index, Removal removal,
                bool tell_the_hss);
    void expire(ImplicitRegistrationSet& set);

    Core& core_;
    Notifier& notifier_;
    Sessions& sessions_;
};

}  // namespace ims::scscf
