#pragma once
#include "common/base/address_range.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/uuid.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ims::scscf {

enum class Forking : std::uint8_t { Parallel, Sequential };
enum class Unsubscribed : std::uint8_t { Remove, Refuse };

struct Config {
    std::string server_name;           // own SIP URI, Server-Name on Cx: "sip:scscf.ims.example:6060"
    std::string home_domain;           // "ims.mnc001.mcc001.3gppnetwork.org"; the realm of challenges
    std::vector<std::string> domains;  // further domains whose users are ours to look for
    std::string icscf;  // entry point of the home network, a SIP URI: "sip:icscf.ims.example:4060"
    std::string ioi;    // inter operator identifier of this network; empty: home_domain

    // Where requests of the trust domain come from (TS 24.229 4.4): P-CSCFs, I-CSCFs, other networks'
    // borders, application servers. Absent: every peer is trusted, which is right where nobody but the own
    // network reaches this node.
    std::optional<std::vector<AddressRange>> trusted_peers;

    // ---- authentication
    // Accept the answer to an AKA challenge although the P-CSCF says integrity-protected=no, as it must where
    // UE and P-CSCF have no security association (a lab on loopback). Off, such an answer is ignored and
    // challenged anew, as 5.4.1.2.1 has it.
    bool accept_aka_without_integrity_protection = false;
    // 33.203 6.1.1: whether each re-registration on security associations is challenged, which makes new
    // ones.
    bool authenticate_reregistrations = false;
    bool accept_auth_done = false;             // 5.4.1.2.2E: an entity of the network authenticated the user
    std::chrono::seconds reg_await_auth{240};  // TS 24.229 7.8: 4 minutes
    std::uint32_t vectors_per_request = 1;     // SIP-Number-Auth-Items of an AKA MAR
    unsigned resynchronisations = 2;           // 5.4.1.2.3A: challenges at most in a row because of AUTS
    std::vector<crypto::HashAlgorithm> digest_algorithms{crypto::HashAlgorithm::Sha256,
                                                         crypto::HashAlgorithm::Sha512_256,
                                                         crypto::HashAlgorithm::Md5};  // RFC 8760: best first
    std::chrono::seconds nonce_lifetime{3600};  // SIP Digest: how long nextnonce or a used nonce stays good
    bool authenticate_digest_always = true;     // 5.4.1.2.2A: also when the P-CSCF says ip-assoc-yes
    // 5.4.3.6: requests of users registered by SIP Digest without TLS are challenged with 407.
    bool authenticate_requests = false;
    std::chrono::seconds request_await_auth{240};  // TS 24.229 7.8: 4 minutes

    // ---- registration
    std::chrono::seconds min_expires{60};           // shorter ones get 423
    std::chrono::seconds max_expires{600'000};      // longer ones are shortened
    std::chrono::seconds default_expires{600'000};  // no expiry in the request (24.229 5.1.1.2)
    std::size_t max_contacts = 10;                  // bindings of one private identity
    bool store_server_name = false;                 // deregistration keeps the S-CSCF name in the HSS
    // TS 24.229 4.14: a user whose registration was lost here is told (504) to register anew, or taken in
    // again on the word of the P-CSCF; the latter only where trusted_peers says who can be a P-CSCF.
    bool scscf_restoration = true;
    std::size_t max_user_data =
        65'536;  // octets of a profile; more is refused as too much (29.228 6.1.2, 6.2)
    // Name space of the UUIDs that hide IMEIs in public GRUUs (5.4.7A.2): the same for all S-CSCFs of the
    // domain. Absent: made of home_domain, which hides them from who does not try.
    std::optional<crypto::Uuid> device_names;
    std::chrono::seconds unregistered_lifetime{3600};  // a profile fetched for an unregistered user

    // ---- reg event
    std::chrono::seconds max_subscription{700'000};
    std::chrono::seconds default_subscription{3761};  // RFC 3680 4.4

    // ---- sessions
    Forking forking = Forking::Parallel;  // among contacts of equal q when the caller does not say
    bool record_route = true;             // 5.4.3.2 step 13; towards a served UE it is always done
    // 5.4.3.2 step 4C, 5.4.3.3 step 3C: a request names a service that the user has not subscribed to.
    Unsubscribed unsubscribed_service = Unsubscribed::Remove;
    std::size_t max_dialogs = 1'000'000;  // kept to be released with the registration (5.4.5)
    // 5.4.3.2, 5.4.3.3: an application server that says nothing at all for so long has failed.
    std::chrono::seconds application_server_timeout{5};
    std::chrono::seconds no_answer{180};  // a sequential branch is given up after this
};

}  // namespace ims::scscf
