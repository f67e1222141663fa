#pragma once
#include "common/base/log_line.hpp"

namespace ims::scscf {

inline constexpr LogLine log_line_rows[] = {
    {"scscf.registration.rejected", Severity::Warning,
     "A REGISTER was answered with a status of 500 or above: the HSS did not answer, gave no usable profile, "
     "or a "
     "protected REGISTER came for a user this S-CSCF does not know. With lower ones the line is of level "
     "info.",
     "The UE is not registered and tries again.",
     "`reason` has the particulars. A Cx failure: look at the HSS. 'No registration ... known here' after a "
     "restart: it mends itself, the UE registers anew.",
     "hss-unreachable"},
    {"scscf.session.rejected", Severity::Warning,
     "A call or message was answered with a status of 500 or above, mostly because the HSS did not answer. "
     "With "
     "lower ones the line is of level info.",
     "That call or message failed.",
     "`reason` has the particulars; if it names Cx or the HSS, look there first."},
    {"scscf.subscription.rejected", Severity::Warning,
     "A SUBSCRIBE inside its dialog came with a CSeq that is not above the last one; it was answered 500 "
     "(RFC 3261 "
     "12.2.2).",
     "That subscription is not renewed; it ends when its time is over.",
     "The subscriber (`impu`, often a P-CSCF or an application server) repeats itself wrongly or was "
     "restarted "
     "from an old state."},
    {"scscf.authentication.failed", Severity::Warning,
     "A UE answered the challenge wrongly, or refused it; `reason` says which: wrong response, AUTN refused, "
     "or a "
     "parameter that does not fit.",
     "It got 403 and is not registered. A registration it had before stays.",
     "One subscriber: compare K and OPc in the HSS with its card (`deploy/lab ue sim-check`). A whole batch: "
     "OP was "
     "provisioned as OPc. Many different ones from one place: somebody is guessing.",
     "wrong-res"},
    {"scscf.authentication.resynchronised_too_often", Severity::Warning,
     "A UE asked for resynchronisation more than `scscf.resynchronisations` times in a row: after each, its "
     "SQN "
     "still did not fit.",
     "It got 403 and is not registered.",
     "Another HSS or a copy of this one gives vectors for the same card, or the database went back to an old "
     "backup. "
     "See `hss.ind_bits` and docs/operations/backup.md.",
     "resynchronisation-failed"},
    {"scscf.subscription.pushed_out", Severity::Warning,
     "There were 32 subscriptions to one user's registration state when another came; the oldest was "
     "dropped.",
     "Who had the oldest one learns nothing more of that user, and is not told.",
     "Look who subscribes: a subscriber that never ends its subscriptions (a client that restarts again and "
     "again) "
     "is the usual one."},
    {"scscf.subscription.target_too_long", Severity::Warning,
     "A subscriber moved its subscription to a Contact that does not fit into what is kept of it.",
     "NOTIFYs go on to the old Contact.", "The subscriber has to be corrected."},
    {"scscf.subscription.lost", Severity::Warning,
     "A NOTIFY about a user's registration was refused or not answered (`reason`), so the subscription ended "
     "(RFC "
     "6665 4.2.2).",
     "That P-CSCF, UE or application server does not learn of deregistrations until it subscribes again.",
     "A UE that left without deregistering: nothing. A P-CSCF: is it up, and reachable from here?"},
    {"scscf.restoration.malformed", Severity::Warning,
     "The HSS has a stored contact of a user that is no address (`detail`), and it was left out.",
     "The user is not reached on that contact until it registers anew.",
     "Nothing; if it comes again after a REGISTER, report it with a support bundle."},
    {"scscf.user_data.malformed", Severity::Error,
     "The user profile in SAA or PPR cannot be used: no XML, not the form of TS 29.228 annex B and E, or "
     "without the "
     "identity that was asked for. `detail` says what.",
     "The user cannot register or be called.",
     "Correct the subscriber's service profile in the HSS (`deploy/lab hssctl`); with an HSS of another "
     "make, "
     "compare its XML with annex E."},
    {"scscf.user_data.too_much", Severity::Warning,
     "A user's profile is longer than `scscf.max_user_data` or has more than 255 identities.",
     "A REGISTER gets 480, so that another S-CSCF is selected; a changed profile is refused to the HSS.",
     "Raise scscf.max_user_data, or make the profile smaller."},
    {"scscf.session.registration_lost", Severity::Warning,
     "A request came from a user whom neither this S-CSCF nor the HSS's restoration information knows as "
     "registered.",
     "It got 504 with the order to register anew (24.229 4.14); the UE does that and then calls again.",
     "Expected for a while after this S-CSCF was killed or lost its state file. Otherwise look for "
     "process.state.refused."},
    {"scscf.dialog.not_kept", Severity::Warning,
     "There are `scscf.max_dialogs` sessions, or this one's headers are too long to be kept.",
     "The call goes on, but is not ended when the registration that carries it ends.",
     "See `scscf_dialogs` in /metrics. Raise scscf.max_dialogs if it is near; if it only rises, calls do not "
     "end: "
     "look for lost BYEs."},
    {"scscf.profile.unknown_set", Severity::Warning,
     "The HSS pushed a profile none of whose identities is registered here for that user.",
     "The push is refused with UNABLE_TO_COMPLY; the registered sets keep the profile they have.",
     "The HSS and this S-CSCF disagree: deregister the user (`POST /registrations/deregister`), and he comes "
     "back "
     "with the new profile."},
    {"scscf.cx.unexpected", Severity::Warning, "The HSS sent a command that only an S-CSCF or I-CSCF sends.",
     "None; it is not answered.", "Make a support bundle (`deploy/lab support-bundle`) and report it."},
    {"scscf.cx.not_accepted", Severity::Warning,
     "The HSS refused, or did not answer, what it was only told (`method`): a deregistration, a failed "
     "authentication, a timeout.",
     "HSS and S-CSCF may disagree about that user until his next registration.",
     "`reason` names the result. DIAMETER_UNABLE_TO_DELIVER or no answer: look at the connection to the "
     "HSS."},
    {"scscf.deregistration.hss", Severity::Warning,
     "A user deregistered, and the HSS did not accept or not answer it (`reason`).",
     "The user is gone here, but the HSS still names this S-CSCF for him; calls for him come here and get "
     "480.",
     "Nothing for one: his next registration puts it right. Many: look at the HSS and its database.",
     "hss-unreachable"},
    {"scscf.criterion.malformed", Severity::Warning,
     "A user's profile has an initial filter criterion that cannot be evaluated: a regular expression that "
     "is none (TS 29.228 Annex F: POSIX extended), or a ServerName that is no SIP URI. Written once for "
     "each.",
     "It is as if the criterion (`priority`, application server `peer`) were not there.",
     "`detail` names the part. Correct the service profile in the HSS (docs/provisioning.md, Service "
     "profiles)."},
    {"scscf.application_server.passed_over", Severity::Warning,
     "An application server (`peer`) did not answer within `scscf.application_server_timeout`, could not be "
     "reached, or answered 408 or 5xx before anything else; its default handling is SESSION_CONTINUED.",
     "The call or message went on without it: what it does for the user (diversion, supplementary services, "
     "SMS) was not done.",
     "Look whether it runs and can be reached from the S-CSCF; `reason`, `status` and `detail` say what "
     "came.",
     "application-server-passed-over"},
    {"scscf.application_server.ended_session", Severity::Warning,
     "An application server (`peer`) did not answer within `scscf.application_server_timeout`, could not be "
     "reached, or answered 408 or 5xx before anything else; its default handling is SESSION_TERMINATED.",
     "The call or message failed.",
     "Look whether it runs and can be reached from the S-CSCF. Where users should rather go without it, give "
     "its criterion default handling 0.",
     "application-server-dead"},
};
inline constexpr LogLines log_lines{"S-CSCF", log_line_rows};

}  // namespace ims::scscf
