#include "common/ipsec/kernel/refusal.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ims::ipsec {

namespace {

using Kind = Failure::Kind;

std::string reason(const Answer& answer) {
    std::string text = std::strerror(answer.error);
    if (!answer.text.empty()) text += " (" + answer.text + ")";
    return text;
}

}  // namespace

std::string association_text(const Association& a) {
    std::array<char, 16> spi{};
    std::snprintf(spi.data(), spi.size(), "0x%08x", a.spi);
    return std::string{a.inbound ? "in " : "out "} + a.source.text() + " > " + a.destination.text() +
           ", SPI " + spi.data();
}

Failure refused(const Answer& answer, const std::string& what) {
    switch (answer.error) {
        case EPERM:
        case EACCES: return {Kind::Capability, what + ": CAP_NET_ADMIN is missing"};
        case ESRCH:
        case ENOENT: return {Kind::NoSuchState, what + ": the kernel has no such state"};
        case EEXIST: return {Kind::Exists, what + ": in use"};
        case ENOMEM:
        case ENOBUFS: return {Kind::Resources, what + ": " + reason(answer)};
        case EINVAL: return {Kind::Invalid, what + ": " + reason(answer)};
        default: return {Kind::Other, what + ": " + reason(answer)};
    }
}

Failure state_refused(const Answer& answer, const std::string& what, IpAddress::Family family,
                      const Transform& transform) {
    const auto kernel = kernel_transform(transform);
    const auto modules = kernel ? kernel->modules() : std::string{};
    switch (answer.error) {
        case EPROTONOSUPPORT:
        case EAFNOSUPPORT:
            return {Kind::Module, what + ": no ESP in this kernel, load the module " +
                                      (family == IpAddress::Family::V6 ? "esp6" : "esp4") + ": " +
                                      reason(answer)};
        case ENOSYS:  // before ESP looks at it: no such name, and no module brought it
            return {Kind::Algorithm, what + ": the kernel does not know " + transform.text() +
                                         ", its modules are " + modules + ": " + reason(answer)};
        case ENOENT:  // the parts are there, but not what joins them
            return {Kind::Module, what + ": no module for " + transform.text() + ", it needs " + modules +
                                      ": " + reason(answer)};
        case EEXIST: return {Kind::Exists, what + ": this SPI is in use at its destination"};
        default: return refused(answer, what);
    }
}

Failure policy_refused(const Answer& answer, const Association& a) {
    const auto what = association_text(a);
    if (answer.error == EEXIST)
        return {Kind::Exists, what + ": there is a policy for these addresses and ports"};
    return refused(answer, what + ", policy");
}

}  // namespace ims::ipsec
