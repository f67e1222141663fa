#pragma once
#include "common/base/ip.hpp"
#include "common/base/time.hpp"
#include "common/crypto/aka.hpp"
#include "common/ims/identity.hpp"
#include "common/ipsec/association.hpp"
#include "common/sip/message/flow.hpp"
#include "common/sip/proxy/element.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ims::ue {

// A UICC: what an ISIM or USIM knows (TS 33.203 8, TS 33.102 6.3).
struct Card {
    crypto::AkaKeys keys;
    std::uint64_t sqn_ms =
        0;  // the highest SQN accepted so far; ahead of the home network's: the card answers AUTS
    crypto::SqnScheme scheme;
};
struct Password {  // SIP Digest (24.229 5.1.1.2.3)
    std::string text;
};

// What the UE does wrong on purpose.
enum class Misbehaviour : std::uint8_t {
    None,
    WrongResponse,   // the challenge is answered with a response of the right form and the wrong value
    NoAnswerToMac,   // after a MAC failure it stays silent, as most handsets do, instead of an empty response
    NeverAnswers,    // challenges are ignored
    NoAck,           // a 2xx to its INVITE is never acknowledged
    AnswersInClear,  // the challenge is answered outside the associations made for it
    ChangesSecurityVerify,  // and not as the P-CSCF sent it
};

enum class Answering : std::uint8_t {
    Manual,     // rings until answer() or reject()
    Automatic,  // answers after Config::ring
    Reject,     // answers Config::reject_status
};

// Security associations with the P-CSCF (TS 33.203 7.1).
struct Ipsec {
    std::vector<ipsec::Transform> transforms;  // offered, in this order; none: everything goes in clear
    std::uint16_t server_port = 0;             // protected; stays
    std::vector<std::uint16_t> client_ports;   // protected; each authentication takes the next
    // Annex M: how the NAT shows this UE to the P-CSCF. UDP-enc-tun is offered too then, and what the
    // P-CSCF chooses is done.
    std::optional<IpAddress> outside = {};
};

struct Config {
    Impi impi;
    Impu impu;           // the public identity to register; also From of what it sends until it knows better
    std::string domain;  // home network domain: Request-URI of REGISTER and realm before the first challenge
    std::variant<Card, Password> credentials;

    IpEndpoint local;  // where it listens; Via and Contact
    IpEndpoint pcscf;  // everything goes there
    sip::Transport transport = sip::Transport::Udp;
    std::string pcscf_name;  // of TLS and WSS: whom its certificate must speak of; empty: any it may
    sip::TimerValues timers = sip::gm_timers;
    Ipsec ipsec;
    bool sigcomp = false;  // 24.229 8.1: the P-CSCF is known to do it, and is asked for it

    // ---- registration (24.229 5.1.1)
    std::chrono::seconds expires{600'000};
    std::optional<std::string> algorithm;         // announced in the first Authorization: "AKAv2-SHA-256"
    bool authorization_in_first_register = true;  // with an empty nonce, as phones do
    std::string instance;                         // +sip.instance; empty: made from the IMPI
    std::string access_network = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101";
    bool subscribe_to_reg_event = false;
    std::uint32_t reg_id = 0;  // of an outbound flow (RFC 5626 4.2); 0: none
    bool gruu = false;         // asks for GRUUs (24.229 5.1.1.2.1), and gives the public one as its Contact
    bool register_again_by_itself = true;  // refreshes, and comes back when the network deactivates it

    // ---- sessions
    IpEndpoint rtp;  // offered in SDP; port 0: local address, port 49170
    Answering answering = Answering::Manual;
    Duration ring = 1s;
    int reject_status = 486;
    bool reliable_provisional =
        true;  // 100rel in Supported, and 180 sent reliably where the caller supports it

    std::string user_agent = "ims-ue";
    Misbehaviour misbehaviour = Misbehaviour::None;
};

}  // namespace ims::ue
