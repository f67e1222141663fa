#pragma once
#include "common/ims/service_profile.hpp"
#include "common/sip/message/message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

// Service control (TS 23.218 6, TS 24.229 5.4.3.2 step 5, 5.4.3.3 step 4): whether an application server sees
// a request before it goes on, and which registrations application servers hear of. The S-CSCF asks here;
// evaluation of initial filter criteria is written behind this class.
namespace ims::scscf {

class ServiceControl {
  public:
    virtual ~ServiceControl() = default;

    // An initial or standalone request of a served user. `original_dialog_identifier` is the token of our own
    // Route entry if an application server brought the request back.
    struct Consultation {
        const Impu& served_user;
        const ServiceProfile& profile;
        SessionCase session_case;
        const sip::Message& request;
        std::optional<std::string_view> original_dialog_identifier;
    };
    // The Route entries to put on top (the application server, then ourselves with the identifier of the
    // original dialog), or nothing: no criterion matches, the S-CSCF goes on by itself.
    virtual std::optional<std::vector<sip::NameAddr>> evaluate(const Consultation& consultation) = 0;

    // 5.4.1.7: the user's registration changed; the third-party REGISTERs to send, complete but for Via.
    virtual std::vector<sip::Message> third_party_register(const ServiceProfile& profile,
                                                           RegistrationType type,
                                                           const sip::Message& register_request) = 0;
};

// Triggers nothing.
class NoServiceControl final : public ServiceControl {
  public:
    std::optional<std::vector<sip::NameAddr>> evaluate(const Consultation&) override { return {}; }
    std::vector<sip::Message> third_party_register(const ServiceProfile&, RegistrationType,
                                                   const sip::Message&) override {
        return {};
    }
};

}  // namespace ims::scscf
