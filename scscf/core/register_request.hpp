#pragma once
#include "common/base/result.hpp"
#include "common/ims/identity.hpp"
#include "common/sip/proxy/element.hpp"
#include "scscf/core/charging.hpp"
#include "scscf/core/core.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::scscf {

// integrity-protected of the Authorization header (24.229 7.2A.2), which decides the procedure
// (table 5.4.1.1).
enum class Protection : std::uint8_t {
    NoAuthorization,  // there is no such header
    Absent,           // the header has no such parameter
    No,
    Yes,
    TlsConnected,
    TlsPending,
    TlsYes,
    IpAssocPending,
    IpAssocYes,
    AuthDone,
};

// A REGISTER, read.
struct RegisterRequest {
    sip::ServerTransactionId transaction;
    sip::Message message;
    Impi impi;
    Impu impu;  // To
    std::optional<sip::AuthValue> authorization;
    Protection protection = Protection::NoAuthorization;
    std::vector<sip::NameAddr> contacts;
    bool star = false;
    std::optional<std::uint32_t> expires;  // of the header
    std::string path;                      // all values, comma separated
    bool path_outbound = false;            // `ob` in the first one (RFC 5626)
    bool home_network = false;             // the P-CSCF is in our network
    // What it is for, as notes and measurements have it: "initial", "re-registration", "deregistration",
    // "query". Told by the registrar; empty before.
    std::string_view purpose{};

    // Does it answer a challenge (response, auts), or only name the user?
    bool has_answer() const;
    bool names_aka() const;  // algorithm=AKAv...
    std::string_view auth_param(std::string_view name) const;
    std::optional<std::uint32_t> expires_of(
        const sip::NameAddr& contact) const;  // its own, else of the header
    bool deregisters() const;                 // "*", or every contact ends
    // 5.4.1.2.3: of several contacts the one of highest q is bound; null if none stays.
    const sip::NameAddr* contact_to_bind() const;
    Subject subject() const;
};

struct Refusal {
    int status = 400;
    std::string reason;
};
Result<RegisterRequest, Refusal> read_register(const sip::RequestArrived& arrived, const Core& core);

std::uint16_t q_of(const sip::NameAddr& contact);       // thousandths, 1000 if absent or wrong
std::uint32_t reg_id_of(const sip::NameAddr& contact);  // 0 if absent or wrong
// The Contact parameters a binding keeps as text: all but those with a place of their own and those the UE
// may not set.
std::string kept_params(const sip::NameAddr& contact);

}  // namespace ims::scscf
