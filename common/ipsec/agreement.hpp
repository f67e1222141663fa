#pragma once
#include "common/ipsec/association.hpp"
#include "common/sip/message/values.hpp"

#include <optional>
#include <string>
#include <vector>

// Security-Client, Security-Server and Security-Verify (RFC 3329, TS 33.203 annex H): what UE and P-CSCF
// offer each other, and what comes of it. Both ends use this.
namespace ims::ipsec {

using Mechanisms = std::vector<sip::TokenParams>;  // a header as it stands in the message

// What one ipsec-3gpp entry proposes. The address of the side is not in it: it is where the message came
// from.
struct Proposal {
    Transform transform;
    Mode mode = Mode::Transport;
    Side side;
};
struct Offer {
    std::vector<Proposal> proposals;   // those we can understand, in the order of the header
    std::vector<std::string> unknown;  // entries that propose what we do not know, as text, for the log
    bool tls = false;
};
// An entry without "prot" means esp, without "mod" trans, without "ealg" null (annex H). Entries with "ah" or
// a combination that annex H forbids are unknown ones.
Offer read_offer(const Mechanisms& mechanisms);

bool offers(const Offer& offer, Mode mode);

// The first of `preferred` that was offered (33.203 7.2); in this mode.
std::optional<Proposal> choose(const Offer& offer, const std::vector<Transform>& preferred, Mode mode);

// One entry for each transform, all with the ports and SPIs of `side`. `with_q`: as a P-CSCF writes it, the
// first with the highest q (RFC 3329 2.2: all different).
Mechanisms propose(const std::vector<Transform>& transforms, Mode mode, const Side& side, bool with_q);

// The first entry of a P-CSCF's list, by q, that the UE proposed itself (33.203 7.2, SM6).
std::optional<Proposal> choose_of_server(const Mechanisms& server, const std::vector<Transform>& own);

// RFC 3329 2.4: the list came back as it was sent. Order and every parameter count, but not how the values
// are written (upper case, quotes), and not entries of mechanisms that are none of ours: phones add some.
bool came_back(const Mechanisms& sent, const Mechanisms& returned);

std::string text_of(const Mechanisms& mechanisms);              // as in the header
std::string text_of(const std::vector<Transform>& transforms);  // "hmac-sha-1-96/null, hmac-md5-96/null"

}  // namespace ims::ipsec
