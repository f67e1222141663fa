#pragma once
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ipsec/association.hpp"
#include "common/ipsec/kernel/failure.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

// The associations of Gm in Linux's XFRM (IPsec ESP, TS 33.203 6.3): four states and four policies a set.
// Works on the network namespace it was opened in. Every call is a few system calls that do not wait for a
// peer; the first use of an algorithm may wait for the kernel to load its module, so call probe() once
// before. Nothing is kept here: the kernel is the only store. Not for several threads at a time.
namespace ims::ipsec {

// One ESP state that stands in the kernel.
struct State {
    std::uint32_t spi = 0;
    bool inbound = false;                  // its destination is the address that was asked for
    IpEndpoint source, destination;        // its selector
    std::string algorithm;                 // Transform::text(), or the kernel's names for what is not ours
    std::uint16_t encapsulation_port = 0;  // annex M: the UDP port of the peer
    std::uint64_t bytes = 0, packets = 0;
    std::uint32_t replayed = 0, forged = 0;  // what it refused, since it was made
    WallTime added{};
    std::optional<WallTime> first_used;
    std::optional<WallTime> last_used;         // where the kernel keeps it for ESP: 6.1 does not
    std::optional<std::chrono::seconds> left;  // until its hard lifetime ends; nothing: it has none
};

// What stands in this network namespace, of anyone.
struct Count {
    std::uint32_t states = 0, policies = 0;
    auto operator<=>(const Count&) const = default;
};

struct Ability {
    Transform transform;
    IpAddress::Family family = IpAddress::Family::V4;
    std::optional<Failure> missing;  // nothing: the kernel can do it
};

// Annex M: an association's peer was seen behind another address or port than its state names.
struct Mapping {
    std::uint32_t spi = 0;  // the inbound one
    IpEndpoint seen;        // where its UDP comes from now
};

class Kernel {
  public:
    static Result<Kernel, Failure> open();
    Kernel(Kernel&&) noexcept;
    Kernel& operator=(Kernel&&) noexcept;
    ~Kernel();

    // All or nothing: what was made before a refusal is taken back.
    std::optional<Failure> install(const Install& order);
    // A new lifetime from now on, and the encapsulation port of the set. All four states must stand.
    std::optional<Failure> extend(const Extend& order);
    // What has gone by itself is no failure, unless nothing of the set was there.
    std::optional<Failure> remove(const Remove& order);

    // Nothing unprotected reaches these ports of ours, and nothing unprotected leaves from them. Again is as
    // good as once.
    std::optional<Failure> guard(const IpAddress& own, std::span<const std::uint16_t> ports);
    std::optional<Failure> unguard(const IpAddress& own, std::span<const std::uint16_t> ports);

    Result<std::vector<State>, Failure> list(const IpAddress& own);
    // All that earlier processes left at these ports of ours: states and policies, but no guard, nothing
    // that others made and nothing of the sets that stay. The number of states taken away.
    Result<std::size_t, Failure> clear(const IpAddress& own, std::span<const std::uint16_t> ports,
                                       std::span<const SaSet> but = {});
    Result<Count, Failure> count();

    // Tries each transform of annex H on a state that nothing can reach.
    std::vector<Ability> probe();

    // Readable when mappings() has something to say; for the shell's loop.
    int mapping_descriptor() const;
    std::vector<Mapping> mappings();

  private:
    struct Sockets;
    explicit Kernel(std::unique_ptr<Sockets> sockets);
    std::unique_ptr<Sockets> sockets_;
};

// Annex M, RFC 3948: the kernel takes ESP out of what this bound UDP socket (port 4500) receives. What is no
// ESP, such as IKE behind its marker, still comes to the socket; keep-alives are dropped.
std::optional<Failure> take_esp_from_udp(int descriptor);

}  // namespace ims::ipsec
