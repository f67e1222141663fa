#pragma once
#include "common/base/ip.hpp"
#include "common/base/text.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// IPsec security associations of Gm (TS 33.203 6.3, 7.1, annexes H, I and M; RFC 3329), as both ends see
// them: P-CSCF and UE are mirror images, so there is one set of words for both.
namespace ims::ipsec {

// TS 33.203 annex H, "alg" and "ealg". Those that Rel-13 and Rel-14 took out are kept for the phones that
// offer nothing else.
enum class Integrity : std::uint8_t { Null, HmacMd5_96, HmacSha1_96, AesGmac };
enum class Encryption : std::uint8_t { Null, DesEde3Cbc, AesCbc, AesGcm };

struct Transform {
    Integrity integrity = Integrity::HmacSha1_96;
    Encryption encryption = Encryption::Null;
    // Annex H: no integrity only with aes-gcm, aes-gcm only without.
    constexpr bool valid() const {
        return (integrity == Integrity::Null) == (encryption == Encryption::AesGcm);
    }
    std::string text() const;  // "hmac-sha-1-96/aes-cbc"
    auto operator<=>(const Transform&) const = default;
};
std::string_view integrity_text(Integrity i);                       // as in "alg="
std::string_view encryption_text(Encryption e);                     // as in "ealg="
std::optional<Integrity> parse_integrity(std::string_view text);    // any case
std::optional<Encryption> parse_encryption(std::string_view text);  // any case
std::optional<Transform> parse_transform(std::string_view text);    // as text() writes it
// All that annex H and its older releases allow and Linux can do (RFC 4543 has no encryption), best first:
// with encryption before without, newer before older.
const std::vector<Transform>& all_transforms();

enum class Mode : std::uint8_t {
    Transport,              // mod=trans
    UdpEncapsulatedTunnel,  // mod=UDP-enc-tun, annex M: behind a NAT
};

// One side announces what it receives on: spi_client names the association into its protected client port,
// spi_server the one into its protected server port.
struct Side {
    IpAddress address;
    std::uint16_t client_port = 0, server_port = 0;
    std::uint32_t spi_client = 0, spi_server = 0;
    auto operator<=>(const Side&) const = default;
};

// The four associations that one authentication makes (33.203 7.1). They share one pair of keys, and UDP and
// TCP share them.
struct SaSet {
    Side own, peer;
    Transform transform;
    Mode mode = Mode::Transport;
    std::uint16_t encapsulation_port = 0;  // annex M: where the peer's NAT sends UDP from; 0 until it is seen
    // Annex M, at the UE only: what its NAT hides. own.address is then the one that is seen outside.
    std::optional<IpAddress> behind_nat{};
    auto operator<=>(const SaSet&) const = default;
};

// One of the four. Its selector is source and destination with their ports, any protocol.
struct Association {
    bool inbound = false;
    IpEndpoint source, destination;
    std::uint32_t spi = 0;
    auto operator<=>(const Association&) const = default;
};
// In the order of 33.203 figure 9 seen from the P-CSCF: into the server port, out of the server port, out of
// the client port, into the client port.
std::array<Association, 4> associations(const SaSet& set);

// What the kernel is given, as long as each algorithm wants it; for AES-GMAC and AES-GCM with the salt of 4
// octets behind the key (annex I). Never logged, never saved.
struct EspKeys {
    Octets integrity, encryption;
    bool operator==(const EspKeys&) const = default;
};
// From IK and CK of the authentication (16 octets each).
EspKeys expand(const Transform& transform, const std::array<std::uint8_t, 16>& ik,
               const std::array<std::uint8_t, 16>& ck);

// ---- core -> shell. The set is named by the number its core gave it; the shell keeps none of them.
struct Install {
    std::uint64_t id = 0;
    SaSet set;
    EspKeys keys;
    std::chrono::seconds lifetime{};  // the kernel takes it away by itself after that
};
struct Extend {  // a new lifetime from now on, of one that stands; no keys are needed
    std::uint64_t id = 0;
    SaSet set;
    std::chrono::seconds lifetime{};
};
struct Remove {
    std::uint64_t id = 0;
    SaSet set;
};

// ---- shell -> core
struct Installed {
    std::uint64_t id = 0;
};
struct InstallFailed {
    std::uint64_t id = 0;
    std::string reason;  // "no module for aes-gmac (rfc4543(gcm(aes)))", "CAP_NET_ADMIN is missing"
};

}  // namespace ims::ipsec
