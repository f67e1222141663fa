#pragma once
#include "common/base/ip.hpp"
#include "common/base/sctp_endpoint.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ims::diameter {

enum class PeerTransport : std::uint8_t { Tcp, Tls, Sctp };

struct TlsConfig {  // files in PEM; all three for mutual authentication
    std::string certificate, key, ca;
    bool operator==(const TlsConfig&) const = default;
};

struct PeerConfig {
    std::string identity;  // DiameterIdentity: "hss.ims.mnc001.mcc001.3gppnetwork.org"
    std::string realm;     // empty: ours
    std::string host;      // address or name to connect to; empty: only the peer connects to us
    std::uint16_t port = 3868;
    PeerTransport transport = PeerTransport::Tcp;
    unsigned priority = 0;                     // lower first; equal ones share the load
    bool relay = false;                        // may carry requests for hosts and realms other than its own
    std::vector<std::string> further_hosts{};  // over SCTP, more addresses of the same peer
    bool operator==(const PeerConfig&) const = default;
};

struct Config {
    std::string identity;            // Origin-Host
    std::string realm;               // Origin-Realm
    std::vector<IpEndpoint> listen;  // TCP
    std::vector<IpEndpoint> listen_tls;
    std::vector<SctpEndpoint> listen_sctp{};
    std::vector<IpAddress> sctp_addresses{};  // of ours, to connect from; empty: all that this host has
    std::optional<TlsConfig> tls;
    std::vector<PeerConfig> peers;
    bool accept_unknown_peers = false;  // else UNKNOWN_PEER (RFC 6733 5.3)
    std::string product = "ims";
    Duration watchdog = 30s;                           // RFC 3539 Tw, at least 6 s outside tests
    Duration request_timeout = 5s;                     // per attempt
    unsigned attempts = 2;                             // the first and fail-overs with the T flag
    Duration reconnect_min = 1s, reconnect_max = 30s;  // Tc with back-off
    std::size_t max_message = 1 << 20;
    std::size_t max_pending = 50'000;  // requests waiting for answers; beyond: SendFailed at once
    bool operator==(const Config&) const = default;
};

}  // namespace ims::diameter
