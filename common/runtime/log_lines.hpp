#pragma once
#include "common/base/log_line.hpp"

// What every process can log, whatever it hosts.
namespace ims::runtime {

inline constexpr LogLine log_line_rows[] = {
    {"process.start.failed", Severity::Error,
     "The service cannot start: `reason` names the address that is taken, the file that is missing or the "
     "database schema that is too new.",
     "The process ends with status 1; nothing is served.",
     "Mend what `reason` names. For an address that is taken, `deploy/lab doctor` or `ss -lntup` says by "
     "whom."},
    {"process.reload.refused", Severity::Error,
     "SIGHUP asked to read the configuration again, and the file has a mistake; `detail` has its line.",
     "The service goes on with the configuration it had; nothing of the new one is in force.",
     "Correct the line, try the file with `--check-config`, and send SIGHUP again."},
    {"process.reload.node", Severity::Warning,
     "After SIGHUP: `needs_restart` names the keys that are others in the file than when the service was "
     "started, and that it does not change while it runs (listen, web_socket, limits, diameter, ...).",
     "What `changed` names is in force; those keys have the values they had.",
     "Restart the service when it suits, or put the keys back. An info when there are none."},
    {"process.reloaded", Severity::Warning,
     "After SIGHUP: `needs_restart` names keys of `log` or `admin` that are others in the file than when the "
     "service was started; of these only `log.level` is changed while it runs.",
     "Everything else of the file that can be changed is in force.",
     "Restart the service when it suits, or put the keys back. An info when there are none."},
    {"process.log.reopen_failed", Severity::Error,
     "After SIGHUP the log file could not be opened: its folder is gone, is full or belongs to somebody "
     "else.",
     "The service goes on and writes to the old file, also if that was renamed or deleted.",
     "Mend what `reason` says (folder, owner, space) and send SIGHUP again."},
    {"process.drain.cut_short", Severity::Warning,
     "The service was told to stop, and what was under way did not end before `drain_limit`, or a second "
     "signal "
     "came.",
     "Requests under way get no answer; calls that ring are lost. Established calls go on where there is a "
     "`state.file`.",
     "Nothing after a second signal. Where `reason` is drain_limit, give it more than 32 seconds, and look "
     "for "
     "what did not end: `*_transactions` and `hss_requests_waiting` in /metrics."},
    {"process.state.refused", Severity::Error,
     "The state file or its journal cannot be read or is of another version; `reason` says which. Both were "
     "renamed to `….refused`.",
     "The service begins without registrations, dialogs and subscriptions. UEs are not reached until they "
     "register anew.",
     "Keep the refused file for whoever looks into it. After a downgrade go back to the newer program, put "
     "the "
     "file back and restart; otherwise wait, or have UEs register (switch flight mode on and off)."},
    {"process.state.not_saved", Severity::Error,
     "The state file or its journal could not be written (`reason`: no space, no right).",
     "Nothing now. All is written anew as soon as it can be, which is tried every ten seconds. A crash "
     "before "
     "that forgets what changed since.",
     "Make room on the disk of `file`, or mend its owner."},
    {"http.request.refused", Severity::Warning,
     "Somebody sent the admin port or the provisioning API what is no HTTP, or is too long.",
     "That request got an error; nothing else is touched.",
     "Look who `peer` is. A stranger means that the port is reachable from where it should not be: keep "
     "`admin.listen` on loopback or a management network."},
    {"trace.hep.away", Severity::Warning,
     "What is traced cannot be sent to the HEP collector: its address is not reachable from here, or the "
     "socket "
     "is full.",
     "None for subscribers. The collector misses what was not sent; the memory of `deploy/lab trace` has it.",
     "See whether the collector runs at the address of `peer` and takes HEPv3 over UDP; "
     "`trace_hep_packets_total` "
     "counts what was lost."},
};
inline constexpr LogLines log_lines{"Any service: process, state file and admin port", log_line_rows};

}  // namespace ims::runtime
