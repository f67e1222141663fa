#pragma once
#include "common/base/measurement.hpp"

namespace ims::pcscf {

inline constexpr Measurement measurements[] = {
    {"UR.AttInitReg", "initial registrations attempted; a challenge and its answer are one attempt",
     "pcscf.registration.attempted", "registration", "initial"},
    {"UR.SuccInitReg", "initial registrations that succeeded", "pcscf.registration.answered", "registration",
     "initial", Measurement::Outcome::Success},
    {"UR.FailInitReg", "initial registrations that were refused, by SIP status",
     "pcscf.registration.answered", "registration", "initial", Measurement::Outcome::Failure},
    {"UR.AttReReg", "re-registrations attempted; a challenge and its answer are one attempt",
     "pcscf.registration.attempted", "registration", "re-registration"},
    {"UR.SuccReReg", "re-registrations that succeeded", "pcscf.registration.answered", "registration",
     "re-registration", Measurement::Outcome::Success},
    {"UR.FailReReg", "re-registrations that were refused, by SIP status", "pcscf.registration.answered",
     "registration", "re-registration", Measurement::Outcome::Failure},
    {"UR.AttDeRegUe", "deregistrations by the UE attempted; a challenge and its answer are one attempt",
     "pcscf.registration.attempted", "registration", "deregistration"},
    {"UR.SuccDeRegUe", "deregistrations by the UE that succeeded", "pcscf.registration.answered",
     "registration", "deregistration", Measurement::Outcome::Success},
    {"UR.FailDeRegUe", "deregistrations by the UE that were refused, by SIP status",
     "pcscf.registration.answered", "registration", "deregistration", Measurement::Outcome::Failure},
    {"SC.AttSession", "initial INVITEs of UEs and for UEs that were passed on, by the side that is served",
     "pcscf.session.attempted", "session", ""},
    {"SC.SuccSession", "calls that rang (180) or were answered (2xx)", "pcscf.session.set_up", "session", ""},
    {"SC.AnsSession", "calls that were answered (2xx)", "pcscf.session.answered", "session", "",
     Measurement::Outcome::Success},
    {"SC.FailSession", "calls that were not, by final SIP status", "pcscf.session.answered", "session", "",
     Measurement::Outcome::Failure},
};

}  // namespace ims::pcscf
