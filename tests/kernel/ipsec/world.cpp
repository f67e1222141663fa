#include "tests/kernel/ipsec/world.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ims::test {

Descriptor::~Descriptor() {
    if (fd_ >= 0) close(fd_);
}

namespace {

std::pair<int, std::string> shell(const std::string& command) {
    auto* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string printed;
    for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) printed += static_cast<char>(c);
    return {pclose(pipe), printed};
}

}  // namespace

void run(const std::string& command) {
    const auto [status, printed] = shell(command);
    INFO(command << "\n" << printed);
    REQUIRE(status == 0);
}

bool runs(const std::string& command) {
    return shell(command).first == 0;
}

const Descriptor& Host::home() {
    static const Descriptor home{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    return home;
}

void Host::enter(int descriptor) {
    if (setns(descriptor, CLONE_NEWNET) != 0) std::abort();
}

Host::Host(std::string name) : name_{std::move(name)} {
    home();
    test::run("ip netns add " + name_);
    inside_ = Descriptor{::open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC)};
    REQUIRE(*inside_ >= 0);
    run("ip link set lo up");
}

Host::~Host() {
    static_cast<void>(shell("ip netns del " + name_));
}

void Host::run(const std::string& command) const {
    in([&] { test::run(command); });
}

ipsec::Kernel Host::kernel() const {
    return in([] {
        auto kernel = ipsec::Kernel::open();
        INFO(text(kernel));
        REQUIRE(kernel.has_value());
        return std::move(*kernel);
    });
}

std::string open_without_capability() {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const auto child = fork();
    if (child == 0) {
        const auto said = setuid(65534) == 0 ? text(ipsec::Kernel::open()) : std::string{"setuid failed"};
        _exit(write(ends[1], said.data(), said.size()) > 0 ? 0 : 1);
    }
    close(ends[1]);
    const Descriptor reading{ends[0]};
    std::array<char, 256> said{};
    const auto n = read(*reading, said.data(), said.size());
    waitpid(child, nullptr, 0);
    return {said.data(), n > 0 ? std::size_t(n) : 0};
}

namespace {

ipsec::Kernel joined(const Host& pcscf, const Host& ue) {
    run("ip link add gm netns pcscf type veth peer name gm netns ue");
    for (const auto* host : {&pcscf, &ue}) {
        const std::string end = host == &pcscf ? "1" : "2";
        host->run("ip address add 198.18.0." + end + "/16 dev gm");
        host->run("ip address add fd00::" + end + "/64 dev gm nodad");
        host->run("ip link set gm up");
    }
    return pcscf.kernel();
}

}  // namespace

Street::Street() : pcscf{joined(pcscf_host, ue_host)}, ue{ue_host.kernel()} {}

IpAddress pcscf_address(IpAddress::Family family) {
    return *IpAddress::parse(family == IpAddress::Family::V6 ? "fd00::1" : "198.18.0.1");
}

IpAddress ue_address(IpAddress::Family family) {
    return *IpAddress::parse(family == IpAddress::Family::V6 ? "fd00::2" : "198.18.0.2");
}

Ends Street::ends(IpAddress::Family family, const ipsec::Transform& transform, std::uint16_t n) {
    Ends ends;
    ends.pcscf.transform = transform;
    // 33.203 7.4.0: the server ports stay, the client ports change with each set.
    const auto client = static_cast<std::uint16_t>(5101 + n);
    ends.pcscf.own = {pcscf_address(family), client, 5100, 0x1000U + n, 0x2000U + n};
    ends.pcscf.peer = {ue_address(family), client, 6100, 0x3000U + n, 0x4000U + n};
    ends.ue = ends.pcscf;
    std::swap(ends.ue.own, ends.ue.peer);
    return ends;
}

ipsec::EspKeys keys(const ipsec::Transform& transform) {
    std::array<std::uint8_t, 16> ik{}, ck{};
    for (std::uint8_t i = 0; i < 16; ++i) {
        ik[i] = static_cast<std::uint8_t>(i * 7 + 1);
        ck[i] = static_cast<std::uint8_t>(i * 11 + 2);
    }
    return expand(transform, ik, ck);
}

ipsec::Install install(const SaSet& set, std::chrono::seconds lifetime) {
    return {.id = 1, .set = set, .keys = keys(set.transform), .lifetime = lifetime};
}

std::vector<ipsec::Transform> usable_transforms() {
    using ipsec::Encryption, ipsec::Integrity;
    return {{Integrity::HmacMd5_96, Encryption::Null},        {Integrity::HmacMd5_96, Encryption::DesEde3Cbc},
            {Integrity::HmacMd5_96, Encryption::AesCbc},      {Integrity::HmacSha1_96, Encryption::Null},
            {Integrity::HmacSha1_96, Encryption::DesEde3Cbc}, {Integrity::HmacSha1_96, Encryption::AesCbc},
            {Integrity::AesGmac, Encryption::Null},           {Integrity::Null, Encryption::AesGcm}};
}

std::string text(const std::optional<ipsec::Failure>& failure) {
    return failure ? failure->text : "done";
}

bool eventually(const std::function<bool()>& what, std::chrono::seconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!what()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    return true;
}

}  // namespace ims::test
