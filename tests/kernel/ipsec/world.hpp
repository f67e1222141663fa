#pragma once
#include "common/ipsec/kernel/kernel.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

// A P-CSCF's host and a UE's host: two network namespaces joined by a veth, or with a NAT between them.
namespace ims::test {

using ipsec::SaSet;

// The test case says why it cannot be seen here, and returns; it is counted as skipped.
void skip(const std::string& reason);

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_{fd} {}
    Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor();
    int operator*() const { return fd_; }

  private:
    int fd_;
};

// Runs a shell command; the test fails with what it printed if it fails.
void run(const std::string& command);
bool runs(const std::string& command);  // for what a kernel may lack

// A network namespace. Sockets and Kernels made inside stay in it.
class Host {
  public:
    explicit Host(std::string name);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    template <class F>
    auto in(F&& f) const {
        enter(*inside_);
        struct Back {
            ~Back() { enter(*home()); }
        } back;
        return f();
    }
    void run(const std::string& command) const;  // a shell command inside
    ipsec::Kernel kernel() const;
    const std::string& name() const { return name_; }

  private:
    static void enter(int descriptor);
    static const Descriptor& home();
    std::string name_;
    Descriptor inside_;
};

// Sockets that wait two seconds for what must come, and a fifth of one for what must not.
Descriptor udp(const Host& host, const IpEndpoint& own);
bool send(const Descriptor& socket, const IpEndpoint& to, std::string_view text);  // false: refused here
std::string receive(const Descriptor& socket);                                     // empty: nothing came
std::string nothing(const Descriptor& socket);                                     // what came all the same
Descriptor tcp_listener(const Host& host, const IpEndpoint& own);
// Connects from one to the other and sends text there and back; what went wrong, or nothing.
std::string tcp(const Host& from, const IpEndpoint& own, const IpEndpoint& to, const Descriptor& listener);

// What Kernel::open() says in a child process that has given its capabilities away.
std::string open_without_capability();

// What really goes over the wire of a host's interface: packets that leave it.
struct Frame {
    Octets octets;  // from the IP header on
    int protocol() const;
    IpEndpoint destination() const;  // of UDP and TCP
};
class Wire {
  public:
    Wire(const Host& host, const std::string& interface);
    std::vector<Frame> sent();                  // since last asked, without neighbour discovery
    void send(const Host& host, const Frame&);  // the frame once more, from this host
  private:
    Descriptor socket_;
    int interface_ = 0;
    Octets link_header_;
};

struct Ends {
    SaSet pcscf, ue;
};

// Both hosts on one veth: 198.18.0.1 and fd00::1 the P-CSCF, 198.18.0.2 and fd00::2 the UE.
class Street {
  public:
    Street();
    Host pcscf_host{"pcscf"}, ue_host{"ue"};
    ipsec::Kernel pcscf, ue;

    // The n-th set of this UE, as each end sees it.
    static Ends ends(IpAddress::Family family, const ipsec::Transform& transform, std::uint16_t n = 0);
};

// The same keys at both ends.
ipsec::EspKeys keys(const ipsec::Transform& transform);
ipsec::Install install(const SaSet& set, std::chrono::seconds lifetime = std::chrono::seconds{600});
std::vector<ipsec::Transform> usable_transforms();  // all that annex H has and Linux can do

IpAddress pcscf_address(IpAddress::Family family);
IpAddress ue_address(IpAddress::Family family);
inline constexpr ipsec::Transform sha1_aes{ipsec::Integrity::HmacSha1_96, ipsec::Encryption::AesCbc};
inline constexpr std::array families{IpAddress::Family::V4, IpAddress::Family::V6};

// Why it failed, or "done".
std::string text(const std::optional<ipsec::Failure>& failure);
template <class T>
std::string text(const Result<T, ipsec::Failure>& result) {
    return result ? "done" : result.error().text;
}
bool eventually(const std::function<bool()>& what, std::chrono::seconds at_most);

}  // namespace ims::test
