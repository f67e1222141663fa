#pragma once
#include "common/node/node.hpp"
#include "common/sip/proxy/element.hpp"
#include "tests/ue/core/config.hpp"
#include "tests/ue/core/happening.hpp"
#include "tests/ue/core/security_agreement.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ims::ue {

// What registration gave this UE, and what every other request needs (24.229 5.1.1.2, 5.1.2A.1).
struct Binding {
    std::vector<std::string> associated_uris;  // P-Associated-URI
    std::vector<sip::NameAddr> service_route;
    std::optional<sip::Uri> public_gruu, temporary_gruu;  // of this device
};

// The UE's line to its P-CSCF: the element below, the words that all requests share, and a place for
// happenings.
class Line {
  private:
    Config config_;
    Random& random_;

  public:
    Line(Config config, Random& random);

    const Config& config() const { return config_; }
    Config& config() { return config_; }
    sip::Element& element() { return element_; }
    const sip::Element& element() const { return element_; }
    Random& random() { return random_; }
    Binding binding;
    SecurityAgreement security{config_, random_};

    Impu default_identity() const;
    // Whom others shall see (24.229 5.1.2A.1.1): the registered identity if it was given, else one with a
    // number.
    Impu preferred_identity() const;
    // `answer`: of the REGISTER that answers a challenge.
    sip::ContactValue contact(bool answer = false) const;
    // Within dialogs: the public GRUU where there is one (24.229 5.1.2A.1.1), else the same.
    sip::ContactValue dialog_contact() const;
    bool is_own_contact(const sip::Uri& uri) const;
    std::string new_tag() { return random_.token(6); }
    std::string new_call_id();

    // A request outside any dialog, 24.229 5.1.2A.1.1: From is the preferred identity, Route the P-CSCF and
    // then the Service-Route.
    sip::Message initial_request(sip::Method method, const sip::Uri& to);
    // P-Access-Network-Info and User-Agent, as every request has them.
    void dress(sip::Message& request) const;

    sip::ClientTransactionId send(sip::Message request, TimePoint now);
    // The REGISTER that answers a challenge goes on the associations made for it.
    sip::ClientTransactionId send_register(sip::Message request, bool answer, TimePoint now);
    void send_ack(sip::Message ack, TimePoint now);
    void cancel(sip::ClientTransactionId id, TimePoint now) { element_.cancel(id, now, outputs); }
    void respond(sip::ServerTransactionId id, sip::Message response, TimePoint now);
    // A response without a body and with nothing special.
    void refuse(sip::ServerTransactionId id, const sip::Message& request, int status, TimePoint now);

    void tell(Happening happening) { happenings.push_back(std::move(happening)); }

    // SigComp with the P-CSCF: one compartment for each registration.
    std::uint64_t compartment = 0;
    std::vector<std::string> closed_compartments;
    void new_compartment() { closed_compartments.push_back(std::to_string(compartment++)); }

    std::vector<Happening> happenings;
    sip::ElementOutputs outputs;  // of the element, not yet worked off

  private:
    sip::Target way(bool answer) const;
    sip::NameAddr pcscf(bool answer) const;  // in Route
    bool on_web_socket() const;
    std::string contact_host(bool answer) const;
    std::optional<std::uint16_t> contact_port() const;

    sip::Element element_;
};

inline constexpr std::string_view allowed_methods =
    "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS, MESSAGE, NOTIFY, INFO";
// RFC 6050 and 24.229 7.2A.8.2: the service identifier of multimedia telephony and its feature tag's value.
inline constexpr std::string_view mmtel_icsi = "urn:urn-7:3gpp-service.ims.icsi.mmtel";
inline constexpr std::string_view mmtel_icsi_ref = "urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel";

// Who sent the request: P-Asserted-Identity, else From.
std::string sender_of(const sip::Message& request);

}  // namespace ims::ue
