#include "common/ipsec/kernel/message.hpp"
#include "common/ipsec/kernel/reading.hpp"
#include "common/ipsec/kernel/refusal.hpp"
#include "common/ipsec/kernel/sockets.hpp"

#include <cerrno>

namespace ims::ipsec {

namespace {

constexpr std::size_t at_once = 32;  // messages in one system call: 250 octets each at most

// What has gone meanwhile is as good as taken away.
template <class Names, class Add>
std::optional<Failure> delete_all(Netlink& orders, const Names& names, const Add& add) {
    for (std::size_t first = 0; first < names.size(); first += at_once) {
        Batch batch{at_once * 256};
        for (std::size_t n = first; n < std::min(first + at_once, names.size()); ++n) add(batch, names[n]);
        const auto answers = orders.ask(batch);
        if (!answers) return answers.error();
        for (const auto& answer : *answers)
            if (answer.error != 0 && answer.error != ESRCH && answer.error != ENOENT)
                return refused(answer, "taking away what is left");
    }
    return std::nullopt;
}

}  // namespace

Result<std::size_t, Failure> Kernel::clear(const IpAddress& own) {
    auto& orders = sockets_->orders;
    std::vector<StateName> states;
    std::vector<xfrm_userpolicy_id> policies;
    for (const auto direction : {Direction::To, Direction::From}) {
        Batch question;
        list_states(question, own, direction);
        const auto answer = orders.query(question, [&](nlmsghdr& message) {
            if (is_association_state(message)) states.push_back(state_name(message));
        });
        if (!answer) return answer.error();
        if (answer->error != 0) return refused(*answer, "the states of " + own.text());
    }
    Batch question;
    list_policies(question);
    const auto answer = orders.query(question, [&](nlmsghdr& message) {
        if (is_association_policy(message, own)) policies.push_back(policy_name(message));
    });
    if (!answer) return answer.error();
    if (answer->error != 0 && answer->error != ENOENT)
        return refused(*answer, "the policies of " + own.text());

    const auto delete_policy = [](Batch& batch, const auto& id) { batch.begin(XFRM_MSG_DELPOLICY, id); };
    if (auto failure = delete_all(orders, policies, delete_policy)) return std::move(*failure);
    const auto delete_named = [](Batch& batch, const auto& n) { delete_state(batch, n.destination, n.spi); };
    if (auto failure = delete_all(orders, states, delete_named)) return std::move(*failure);
    return states.size();
}

}  // namespace ims::ipsec
