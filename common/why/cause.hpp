#pragma once
#include "common/why/procedure.hpp"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Why something failed. A cause is a row: an id, the sentence that is said, what to do about it, and a
// function that looks for it in one procedure and names the entries that show it. To add one: write the
// function and the row in a file below causes/, a scenario that provokes it (tests/scenario/why_*.cpp), and a
// section in docs/troubleshooting.md; a test compares that page with these rows.
namespace ims::why {

struct Finding {
    std::vector<const Entry*> evidence;
    std::map<std::string, std::string, std::less<>> values;  // for the {names} in the sentence
};

struct Cause {
    std::string_view id;        // "unknown-impi"
    std::string_view sentence;  // "The HSS does not know the private identity {impi}.{near}"
    std::string_view action;    // may have the same names
    std::optional<Finding> (*look)(const Procedure&);
    // What the HSS has to be asked before this can be told apart from others.
    enum class Needs : std::uint8_t { Nothing, NearMisses, OpInPlaceOfOpc } needs = Needs::Nothing;
    bool failed = true;  // false: it went well in the end
};

// In the order in which they are looked for: the particular before the general.
std::span<const Cause> causes();
const Cause* find_cause(std::string_view id);

// The sentence with the values in place of the names; a name without a value is left out.
std::string filled(std::string_view sentence, const std::map<std::string, std::string, std::less<>>& values);

// ---- the families, in this order
std::span<const Cause> message_causes();         // causes/message.cpp: what cannot be read, or is not taken
std::span<const Cause> security_causes();        // causes/security.cpp: Gm
std::span<const Cause> network_causes();         // causes/network.cpp: HSS, database, S-CSCF, names
std::span<const Cause> identity_causes();        // causes/identity.cpp: who may register
std::span<const Cause> authentication_causes();  // causes/authentication.cpp
std::span<const Cause> session_causes();         // causes/session.cpp: calls and messages
std::span<const Cause> last_causes();            // causes/last.cpp: which hop, and who said no

}  // namespace ims::why
