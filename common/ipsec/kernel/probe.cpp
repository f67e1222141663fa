#include "common/ipsec/kernel/message.hpp"
#include "common/ipsec/kernel/refusal.hpp"
#include "common/ipsec/kernel/sockets.hpp"

#include <cerrno>

namespace ims::ipsec {

namespace {

// Addresses for documentation (RFC 5737, RFC 3849): no policy names the state and no packet comes to it.
Association throwaway(IpAddress::Family family) {
    const bool v6 = family == IpAddress::Family::V6;
    return {.inbound = false,
            .source = {*IpAddress::parse(v6 ? "2001:db8::1" : "192.0.2.1"), 9},
            .destination = {*IpAddress::parse(v6 ? "2001:db8::2" : "192.0.2.2"), 9},
            .spi = 0x7ffffff1};
}

}  // namespace

std::vector<Ability> Kernel::probe() {
    using std::chrono_literals::operator""s;
    std::vector<Ability> abilities;
    for (const auto family : {IpAddress::Family::V4, IpAddress::Family::V6}) {
        for (const auto& transform : all_transforms()) {
            Ability ability{transform, family, std::nullopt};
            const auto a = throwaway(family);
            const auto kernel = kernel_transform(transform);
            if (!kernel) {
                ability.missing = kernel.error();
            } else {
                Batch batch;
                // Should we end in between, the kernel takes it away.
                add_state(batch, XFRM_MSG_NEWSA, {}, a, *kernel, placeholder_keys(*kernel), 5s);
                delete_state(batch, a.destination.address, a.spi);
                const auto answers = sockets_->orders.ask(batch);
                if (!answers) {
                    ability.missing = answers.error();
                } else if (const auto& answer = answers->front();
                           answer.error != 0 && answer.error != EEXIST) {
                    // EEXIST: another process tries the same at this moment, and the kernel had come so far.
                    ability.missing = state_refused(answer, family == IpAddress::Family::V6 ? "IPv6" : "IPv4",
                                                    family, transform);
                }
            }
            abilities.push_back(std::move(ability));
        }
    }
    return abilities;
}

}  // namespace ims::ipsec
