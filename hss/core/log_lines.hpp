#pragma once
#include "common/base/log_line.hpp"

// Of the whole HSS: decisions, database and provisioning API.
namespace ims::hss {

inline constexpr LogLine log_line_rows[] = {
    {"hss.database.away", Severity::Error,
     "The connection to PostgreSQL is gone or cannot be made; `reason` is what libpq says.",
     "Every Cx request is refused: nobody can register, and calls to users who are not in an S-CSCF's memory "
     "fail. "
     "Those who are registered can go on calling.",
     "Start PostgreSQL (`deploy/lab up`), or mend `database.connection` (host, user, passfile). The HSS "
     "connects "
     "again by itself within a second; hss.database.connected says so.",
     "database-away"},
    {"hss.database.refused", Severity::Error,
     "PostgreSQL refused a statement, or holds what the HSS cannot read; `reason` has its words.",
     "The request behind it failed with UNABLE_TO_COMPLY, or the provisioning order with 500.",
     "No space, no right, read-only: mend that. 'relation does not exist' or a seal that does not open: this "
     "is "
     "another database, or another `database.seal_key_file`, than the one the HSS made."},
    {"hss.request.failed", Severity::Error,
     "A Cx request could not be decided: the database is away or busy (warning), or holds what cannot be "
     "used "
     "(error). `reason` says which.",
     "The CSCF got the result in `status`; that registration or call failed.",
     "Away or busy: see hss.database.away and `hss_requests_waiting`. Broken: the lines before name the row.",
     "database-away"},
    {"hss.request.ours", Severity::Warning, "A peer sent RTR or PPR, which only an HSS sends.",
     "It was refused; nothing is touched.", "Look which peer it is: somebody takes this HSS for an S-CSCF."},
    {"hss.rtr.unanswered", Severity::Warning,
     "The S-CSCF (`peer`) did not answer an order to end a user's registration.",
     "The HSS has the user as deregistered; the S-CSCF may still serve him until his registration expires.",
     "Is that S-CSCF up? When it is, `POST /registrations/deregister` on its admin port ends it at once "
     "(docs/operations/commands.md)."},
    {"hss.ppr.unanswered", Severity::Warning,
     "The S-CSCF (`peer`) did not answer when it was told of a changed profile.",
     "The user keeps the old profile there until he registers anew.",
     "Is that S-CSCF up? Change the profile once more when it is, or let the user register."},
    {"hss.mar.auts_wrong", Severity::Warning,
     "A resynchronisation came whose MAC-S does not fit the subscriber's keys.",
     "SQN stays as it was; the UE gets another challenge and will most likely refuse that too.",
     "Compare K and OPc with the card (`deploy/lab ue sim-check ... --auts`). If they fit, somebody made the "
     "AUTS up.",
     "mac-refused"},
    {"hss.api.unauthorized", Severity::Warning,
     "Somebody (`peer`) called the provisioning API without its token, or with a wrong one.",
     "He got 401 and nothing was changed.",
     "A tool of yours: give it the content of `api.token_file`. A stranger: keep `api.listen` on loopback or "
     "a "
     "management network."},
    {"hss.api.secrets.refused", Severity::Warning,
     "Somebody asked the API for keys (K, OP, OPc) with a token that has no right to see them.",
     "None: nothing was shown.",
     "If it was you: use the token of api.secrets_token_file. Otherwise see who has the ordinary token and "
     "asks "
     "for more (`peer`)."},
    {"hss.api.secrets.shown", Severity::Warning,
     "Keys (K, OP, OPc) of a subscriber, or of all in an export, were shown to the holder of the secrets "
     "token.",
     "None for subscribers. Whoever saw them can make a card of his own.",
     "Nothing, if it was meant: the line is the record of it."},
};
inline constexpr LogLines log_lines{"HSS", log_line_rows};

}  // namespace ims::hss
