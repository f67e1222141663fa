#pragma once
#include "common/base/address_range.hpp"
#include "common/ims/identity.hpp"
#include "common/ipsec/association.hpp"
#include "common/sip/message/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ims::pcscf {

// Whether a UE must protect its signalling (TS 33.203 6, RFC 3329).
enum class Security : std::uint8_t {
    Required,   // a REGISTER without a security agreement is refused
    Preferred,  // who offers one gets it, who does not is served in clear
    Off,        // IMS-AKA and digest in clear: laboratories on loopback only
};
// 33.203 7.2 leaves the policy to the operator: other addresses (another access network), another policy.
struct AccessPolicy {
    AddressRange from;
    Security security = Security::Required;
};
// IPsec towards UEs (33.203 7.1, annex H).
struct IpsecConfig {
    // What is accepted, best first: the choice is ours (33.203 7.2), so encryption comes before none.
    std::vector<ipsec::Transform> transforms;
    std::uint16_t server_port = 0;            // protected; 0: no IPsec here
    std::vector<std::uint16_t> client_ports;  // protected; a UE's registrations take turns with them
    std::size_t waiting_per_address = 1000;   // associations of challenges not answered, of one address
    std::size_t max_sets = 1'000'000;
    // Annex M: UEs behind a NAT that offer mod=UDP-enc-tun are served, ESP in UDP to port 4500.
    bool udp_encapsulation = false;
    // A longer request to a UE goes over TCP. Of 1500 octets GTP-U takes 64 over IPv6, ESP with AES-CBC and
    // HMAC-SHA-1-96 up to 61, IPv6 and UDP 48; many a tunnel on the way takes more.
    std::size_t largest_datagram = 1200;

    bool available() const { return server_port != 0 && !transforms.empty(); }
};
// TS 24.229 5.2.6.3.3 step 2 leaves the choice to the operator.
enum class RouteMismatch : std::uint8_t { Replace, Refuse };
// TS 24.229 5.2.6.3.2A says discard; a lab may want to see a 403.
enum class Unregistered : std::uint8_t { Discard, Refuse };

// What is agreed with a user (TS 24.229 5.2.1, user-related policies).
struct UserPolicy {
    // 5.2.6.3.3 steps 5A and 5B: whether the user's requests may say that they are traffic of a private
    // network.
    enum class PrivateNetwork : std::uint8_t {
        None,
        Forward,  // where they say so, of this domain
        Insert,   // always: the P-CSCF says it for them
    };
    PrivateNetwork private_network = PrivateNetwork::None;
    std::string private_domain;      // empty, with Forward: any
    bool privileged_sender = false;  // 3.1: the identities it asserts are passed on
    bool privileged_in_private =
        false;  // 7.10.3, privSenderPNI: so where it is traffic of the private network
    std::vector<std::string>
        resource_priorities;  // what it may ask for: "wps.1" (RFC 4412 3.1), in lower case
    bool operator==(const UserPolicy&) const = default;

    // 5.2.6.3.3 step 5A: it says that it is of the private network, may, and of the right one.
    bool is_private(const sip::Message& m) const;
    bool is_privileged(const sip::Message& m) const;
};

struct Config {
    std::string uri;              // own SIP URI in Path and Record-Route: "sip:pcscf.ims.example:5060"
    std::string visited_network;  // P-Visited-Network-ID: the network this P-CSCF stands in
    std::string ioi;              // inter operator identifier (type 1); empty: visited_network
    // Entry points of the home network (I-CSCF or IBCF) as SIP URIs, tried in order. Empty: RFC 3263 on the
    // domain of the Request-URI.
    std::vector<std::string> entry_points;

    // Where the core's own requests come from: those to a UE, first or in a dialog, and the NOTIFYs of the
    // reg event. Absent: everywhere, which is right where none but the core and UEs reach this node.
    std::optional<std::vector<AddressRange>> trusted_peers;

    Security security = Security::Required;
    std::vector<AccessPolicy> access_policies;  // the first that fits, before `security`
    IpsecConfig ipsec;
    // 24.229 8.2: what comes compressed is read, and a UE that says comp=sigcomp gets it compressed.
    bool sigcomp = true;
    RouteMismatch route_mismatch = RouteMismatch::Replace;
    Unregistered unregistered = Unregistered::Discard;
    // 4.14.3: a UE whose S-CSCF does not answer is told to register anew, which finds it another one
    // (5.2.6.3.2A).
    bool scscf_restoration = false;
    // 5.2.2.7: off, every REGISTER is answered 305 and the UE looks for another P-CSCF.
    bool accept_registrations = true;
    bool early_media = false;            // 5.2.6.4.1: the UEs are authorised to send media before they answer
    bool subscribe_to_reg_event = true;  // 5.2.3; off, only expiry and the UE itself end a registration here
    bool forward_only_default_impu = false;                    // 5.2.2.1, 200, step 3A
    std::vector<std::string> emergency_numbers{"112", "911"};  // dial strings besides urn:service:sos
    std::unordered_map<Impu, UserPolicy> policies;  // by one of the public identities the user registers
    std::chrono::seconds reg_await_auth{240};       // TS 24.229 7.8
    std::size_t max_bindings = 1'000'000;           // beyond: 503 with Retry-After to new registrations
};

}  // namespace ims::pcscf
