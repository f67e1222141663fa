#pragma once

namespace ims::sip {

// What a transaction machine wants done after an event. Nothing is done by the machine itself; several may
// hold at once and are carried out in the order in which they stand here.
struct Step {
    bool send = false;         // transmit the message just handed in, and keep it for retransmission
    bool resend = false;       // transmit what was kept once more
    bool trying = false;       // make a 100 (Trying), transmit and keep it
    bool acknowledge = false;  // transmit the ACK for the non-2xx final response (RFC 3261 17.1.1.3)
    bool pass = false;         // hand the message to the transaction user
    bool timed_out = false;    // tell the transaction user: timer B, F or H
    bool failed = false;       // tell the transaction user: transport error
    bool terminated = false;   // Terminated was reached just now: the transaction may be destroyed
    bool operator==(const Step&) const = default;
};

}  // namespace ims::sip
