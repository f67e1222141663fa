#pragma once
#include "common/base/measurement.hpp"

namespace ims::scscf {

inline constexpr Measurement measurements[] = {
    {"UR.AttInitReg", "initial registrations attempted; a challenge and its answer are one attempt",
     "scscf.registration.attempted", "registration", "initial"},
    {"UR.SuccInitReg", "initial registrations that succeeded", "scscf.registration.accepted", "registration",
     "initial"},
    {"UR.SuccInitReg", "initial registrations that succeeded", "scscf.registration.refreshed", "registration",
     "initial"},
    {"UR.FailInitReg", "initial registrations that were refused, by SIP status",
     "scscf.registration.rejected", "registration", "initial", Measurement::Outcome::Failure},
    {"UR.AttReReg", "re-registrations attempted; a challenge and its answer are one attempt",
     "scscf.registration.attempted", "registration", "re-registration"},
    {"UR.SuccReReg", "re-registrations that succeeded", "scscf.registration.accepted", "registration",
     "re-registration"},
    {"UR.SuccReReg", "re-registrations that succeeded", "scscf.registration.refreshed", "registration",
     "re-registration"},
    {"UR.FailReReg", "re-registrations that were refused, by SIP status", "scscf.registration.rejected",
     "registration", "re-registration", Measurement::Outcome::Failure},
    {"UR.AttDeRegUe", "deregistrations by the UE attempted; a challenge and its answer are one attempt",
     "scscf.registration.attempted", "registration", "deregistration"},
    {"UR.SuccDeRegUe", "deregistrations by the UE that succeeded", "scscf.deregistration.by_user",
     "registration", "deregistration"},
    {"UR.FailDeRegUe", "deregistrations by the UE that were refused, by SIP status",
     "scscf.registration.rejected", "registration", "deregistration", Measurement::Outcome::Failure},
    {"SC.AttSession", "initial INVITEs, by the side that is served", "scscf.session.attempted", "session",
     ""},
    {"SC.SuccSession", "calls that rang (180) or were answered (2xx)", "scscf.session.set_up", "session", ""},
    {"SC.AnsSession", "calls that were answered (2xx)", "scscf.session.answered", "session", "",
     Measurement::Outcome::Success},
    {"SC.FailSession", "calls that were not, by final SIP status", "scscf.session.answered", "session", "",
     Measurement::Outcome::Failure},
    {"SC.FailSession", "calls that were not, by final SIP status", "scscf.session.rejected", "session", "",
     Measurement::Outcome::Failure},
};

}  // namespace ims::scscf
