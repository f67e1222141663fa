#pragma once
#include "common/ims/patterns.hpp"
#include "common/ims/service_profile.hpp"
#include "common/sip/message/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// Which initial filter criterion a request meets: TS 29.228 Annex B.2.2, B.2.3, C and F, TS 23.218 6.4.
namespace ims {

// What the service point triggers look at.
struct ServicePoint {
    const sip::Message& request;
    SessionCase session_case = SessionCase::OriginatingRegistered;
    bool registered = true;                             // which part of the profile counts
    std::optional<RegistrationType> registration = {};  // of a REGISTER
};

// A criterion that cannot be evaluated. It is as if it were not there.
struct MalformedCriterion {
    std::int32_t priority = 0;
    std::string application_server;
    std::string what;
};

class FilterCriteria {
  public:
    struct Hit {
        const InitialFilterCriterion* criterion = nullptr;
        std::size_t behind = 0;  // so many criteria, in order of priority, are done with now
    };
    // The first criterion that is met, in order of rising priority numbers (equal ones in the order of the
    // profile), after the `behind` first. What cannot be evaluated is appended to `malformed`, each only the
    // first time that it is met with.
    std::optional<Hit> next(const ServiceProfile& profile, std::size_t behind, const ServicePoint& point,
                            std::vector<MalformedCriterion>& malformed);

    // Is this trigger point met? Nothing if a part of it cannot be evaluated, which `what` names then.
    std::optional<bool> met(const TriggerPoint& trigger, const ServicePoint& point, std::string& what);

  private:
    std::optional<bool> met(const ServicePointTrigger& spt, const ServicePoint& point, std::string& what);
    std::optional<bool> holds(const ServicePointTrigger::RequestUri& uri, const ServicePoint& point);
    std::optional<bool> holds(const ServicePointTrigger::SipHeader& header, const ServicePoint& point);
    std::optional<bool> holds(const ServicePointTrigger::SessionDescription& line, const ServicePoint& point);
    void tell(const InitialFilterCriterion& criterion, std::string what,
              std::vector<MalformedCriterion>& malformed);

    Patterns patterns_;
    std::vector<std::string> told_;  // of malformed criteria, the oldest first
};

// Does some criterion of the profile name that session case, not negated?
bool names_session_case(const ServiceProfile& profile, SessionCase session_case);

}  // namespace ims
