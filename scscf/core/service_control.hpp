#pragma once
#include "common/ims/filter_criteria.hpp"
#include "common/ims/service_profile.hpp"
#include "common/sip/message/message.hpp"

#include <cstddef>
#include <optional>
#include <vector>

// Service control (TS 23.218 6, TS 24.229 5.4.3.2 step 5, 5.4.3.3 step 4): whether an application server sees
// a request before it goes on, and which registrations application servers hear of. The S-CSCF asks here; how
// it sends requests to application servers and what it does if they fail is in application_servers.cpp.
namespace ims::scscf {

class ServiceControl {
  public:
    virtual ~ServiceControl() = default;

    // The first criterion of the profile that an initial or standalone request of a served user meets, after
    // the `behind` first in order of priority. Nothing: the S-CSCF goes on by itself. Criteria that cannot be
    // evaluated are appended to `malformed`.
    virtual std::optional<FilterCriteria::Hit> evaluate(const ServiceProfile& profile, std::size_t behind,
                                                        const ServicePoint& point,
                                                        std::vector<MalformedCriterion>& malformed) = 0;

    // 5.4.1.7: the user's registration changed; the third-party REGISTERs to send, complete but for Via.
    virtual std::vector<sip::Message> third_party_register(const ServiceProfile& profile,
                                                           RegistrationType type,
                                                           const sip::Message& register_request) = 0;
};

// By the initial filter criteria of the profile. Application servers hear of no registration yet.
class ServiceControlByCriteria final : public ServiceControl {
  public:
    std::optional<FilterCriteria::Hit> evaluate(const ServiceProfile& profile, std::size_t behind,
                                                const ServicePoint& point,
                                                std::vector<MalformedCriterion>& malformed) override {
        return criteria_.next(profile, behind, point, malformed);
    }
    std::vector<sip::Message> third_party_register(const ServiceProfile&, RegistrationType,
                                                   const sip::Message&) override {
        return {};
    }

  private:
    FilterCriteria criteria_;
};

}  // namespace ims::scscf
