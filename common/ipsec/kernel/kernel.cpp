#include "common/ipsec/kernel/message.hpp"
#include "common/ipsec/kernel/reading.hpp"
#include "common/ipsec/kernel/refusal.hpp"
#include "common/ipsec/kernel/sockets.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ims::ipsec {

namespace {

using Kind = Failure::Kind;

WallTime now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool missing(const Answer& answer) {
    return answer.error == ESRCH || answer.error == ENOENT;
}

Failure state_refused(const Answer& answer, const SaSet& set, const Association& a) {
    return state_refused(answer, association_text(a), a.destination.address.family(), set.transform);
}

}  // namespace

Kernel::Kernel(std::unique_ptr<Sockets> sockets) : sockets_{std::move(sockets)} {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Result<Kernel, Failure> Kernel::open() {
    auto orders = Netlink::open();
    if (!orders) return orders.error();
    Kernel kernel{std::make_unique<Sockets>(Sockets{std::move(*orders), {}})};
    // Even asking needs the capability.
    if (const auto counted = kernel.count(); !counted) return counted.error();
    auto mappings = Netlink::open(XFRMNLGRP_MAPPING);
    if (!mappings) return mappings.error();
    kernel.sockets_->mappings = std::move(*mappings);
    return kernel;
}

std::optional<Failure> Kernel::install(const Install& order) {
    const auto& set = order.set;
    const auto four = associations(set);
    const auto transform = kernel_transform(set.transform);
    if (!transform) return transform.error();
    if (set.own.address.family() != set.peer.address.family())
        return Failure{Kind::Invalid, set.own.address.text() + " and " + set.peer.address.text() +
                                          ": an association has both ends in one family"};
    if (!fits(*transform, order.keys))
        return Failure{Kind::Invalid, set.transform.text() + ": these keys do not have its length"};
    Batch batch;
    for (const auto& a : four)
        add_state(batch, XFRM_MSG_NEWSA, set, a, *transform, order.keys, order.lifetime);
    for (const auto& a : four) add_policy(batch, XFRM_MSG_NEWPOLICY, set, a, order.lifetime);
    const auto answers = sockets_->orders.ask(batch);
    if (!answers) return answers.error();

    std::optional<Failure> failure;
    Batch back;
    for (std::size_t n = 0; n < answers->size(); ++n) {
        const auto& answer = (*answers)[n];
        const auto& a = four[n % 4];
        if (answer.error != 0) {
            if (!failure) failure = n < 4 ? state_refused(answer, set, a) : policy_refused(answer, a);
        } else if (n < 4) {
            delete_state(back, outer(set, a).destination, a.spi);
        } else {
            delete_policy(back, a);
        }
    }
    if (!failure) return std::nullopt;
    const auto taken = sockets_->orders.ask(back);
    if (!taken) failure->text += "; and what was made could not be taken back: " + taken.error().text;
    return failure;
}

std::optional<Failure> Kernel::extend(const Extend& order) {
    const auto& set = order.set;
    const auto four = associations(set);
    const auto transform = kernel_transform(set.transform);
    if (!transform) return transform.error();
    const auto keys = placeholder_keys(*transform);  // XFRM_MSG_UPDSA leaves those of the state alone
    const auto today = now();
    Batch batch;
    for (const auto& a : four) {
        // A state's lifetime counts from when it was made, so we must know when that was.
        std::optional<WallTime> added;
        Batch question;
        get_state(question, set, a);
        const auto answer = sockets_->orders.query(question, [&](nlmsghdr& m) { added = added_time(m); });
        if (!answer) return answer.error();
        if (answer->error != 0) return refused(*answer, association_text(a));
        if (!added) return Failure{Kind::Other, association_text(a) + ": the kernel told nothing about it"};
        add_state(batch, XFRM_MSG_UPDSA, set, a, *transform, keys, today - *added + order.lifetime);
    }
    for (const auto& a : four) add_policy(batch, XFRM_MSG_UPDPOLICY, set, a, order.lifetime);
    const auto answers = sockets_->orders.ask(batch);
    if (!answers) return answers.error();
    for (std::size_t n = 0; n < answers->size(); ++n) {
        const auto& answer = (*answers)[n];
        if (answer.error == 0) continue;
        if (missing(answer)) return refused(answer, association_text(four[n % 4]));
        const auto& a = four[n % 4];
        return n < 4 ? state_refused(answer, set, a) : policy_refused(answer, a);
    }
    return std::nullopt;
}

std::optional<Failure> Kernel::remove(const Remove& order) {
    const auto& set = order.set;
    const auto four = associations(set);
    Batch batch;
    for (const auto& a : four) delete_policy(batch, a);
    for (const auto& a : four) delete_state(batch, outer(set, a).destination, a.spi);
    const auto answers = sockets_->orders.ask(batch);
    if (!answers) return answers.error();
    std::size_t gone = 0;
    for (std::size_t n = 0; n < answers->size(); ++n) {
        const auto& answer = (*answers)[n];
        if (missing(answer)) {
            ++gone;
        } else if (answer.error != 0) {
            return refused(answer, association_text(four[n % 4]));
        }
    }
    if (gone == answers->size()) return refused({ESRCH, {}}, association_text(four[0]));
    return std::nullopt;
}

std::optional<Failure> Kernel::guard(const IpAddress& own, std::span<const std::uint16_t> ports) {
    for (const auto port : ports) {
        Batch batch;
        add_guards(batch, own, port);
        const auto answers = sockets_->orders.ask(batch);
        if (!answers) return answers.error();
        for (const auto& answer : *answers)
            if (answer.error != 0) return refused(answer, "guarding " + IpEndpoint{own, port}.text());
    }
    return std::nullopt;
}

std::optional<Failure> Kernel::unguard(const IpAddress& own, std::span<const std::uint16_t> ports) {
    for (const auto port : ports) {
        Batch batch;
        delete_guards(batch, own, port);
        const auto answers = sockets_->orders.ask(batch);
        if (!answers) return answers.error();
        for (const auto& answer : *answers)
            if (answer.error != 0 && !missing(answer))
                return refused(answer, "no longer guarding " + IpEndpoint{own, port}.text());
    }
    return std::nullopt;
}

Result<std::vector<State>, Failure> Kernel::list(const IpAddress& own) {
    std::vector<State> states;
    const auto today = now();
    for (const auto direction : {Direction::To, Direction::From}) {
        Batch question;
        list_states(question, own, direction);
        const auto answer = sockets_->orders.query(
            question, [&](nlmsghdr& message) { states.push_back(state_from(message, own, today)); });
        if (!answer) return answer.error();
        if (answer->error != 0) return refused(*answer, "the states of " + own.text());
    }
    return states;
}

Result<Count, Failure> Kernel::count() {
    Count count;
    Batch states, policies;
    count_states(states);
    count_policies(policies);
    for (auto* question : {&states, &policies}) {
        const auto answer = sockets_->orders.query(*question, [&](nlmsghdr& message) {
            (question == &states ? count.states : count.policies) =
                question == &states ? states_counted(message) : policies_counted(message);
        });
        if (!answer) return answer.error();
        if (answer->error != 0) return refused(*answer, "XFRM");
    }
    return count;
}

int Kernel::mapping_descriptor() const {
    return sockets_->mappings.descriptor();
}

std::vector<Mapping> Kernel::mappings() {
    std::vector<Mapping> seen;
    sockets_->mappings.listen([&](nlmsghdr& message) {
        if (message.nlmsg_type == XFRM_MSG_MAPPING) seen.push_back(mapping_from(message));
    });
    return seen;
}

std::optional<Failure> take_esp_from_udp(int descriptor) {
    const int kind = UDP_ENCAP_ESPINUDP;
    if (setsockopt(descriptor, IPPROTO_UDP, UDP_ENCAP, &kind, sizeof kind) == 0) return std::nullopt;
    const int error = errno;
    return Failure{error == ENOPROTOOPT ? Kind::Module : Kind::Other,
                   std::string{"UDP encapsulation of ESP (UDP_ENCAP): "} + std::strerror(error)};
}

}  // namespace ims::ipsec
