#include "common/ipsec/kernel/message.hpp"
#include "common/ipsec/kernel/reading.hpp"
#include "common/ipsec/kernel/refusal.hpp"
#include "common/ipsec/kernel/sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include <arpa/inet.h>

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

// What is ours and is not in the sets that stay.
class Strangers {
  public:
    Strangers(std::span<const std::uint16_t> ports, std::span<const SaSet> but) : ports_{ports} {
        for (const auto& set : but)
            for (const auto& a : associations(set)) {
                states_.emplace(outer(set, a).destination, a.spi);
                policies_.emplace(a.source, a.destination);
            }
    }
    bool is_state(const State& state, const StateName& name) const {
        return is_ours((state.inbound ? state.destination : state.source).port) &&
               !states_.contains({name.destination, name.spi});
    }
    bool is_policy(const xfrm_userpolicy_id& id) const {
        const auto& s = id.sel;
        const IpEndpoint source{address_from(s.saddr, s.family), ntohs(s.sport)};
        const IpEndpoint destination{address_from(s.daddr, s.family), ntohs(s.dport)};
        return is_ours((id.dir == XFRM_POLICY_IN ? destination : source).port) &&
               !policies_.contains({source, destination});
    }

  private:
    // The address is what was asked for.
    bool is_ours(std::uint16_t port) const {
        return std::find(ports_.begin(), ports_.end(), port) != ports_.end();
    }
    std::span<const std::uint16_t> ports_;
    std::set<std::pair<IpAddress, std::uint32_t>> states_;
    std::set<std::pair<IpEndpoint, IpEndpoint>> policies_;
};

}  // namespace

Result<std::size_t, Failure> Kernel::clear(const IpAddress& own, std::span<const std::uint16_t> ports,
                                           std::span<const SaSet> but) {
    auto& orders = sockets_->orders;
    const Strangers strangers{ports, but};
    std::vector<StateName> states;
    std::vector<xfrm_userpolicy_id> policies;
    for (const auto direction : {Direction::To, Direction::From}) {
        Batch question;
        list_states(question, own, direction);
        const auto answer = orders.query(question, [&](nlmsghdr& message) {
            if (!is_association_state(message)) return;
            const auto name = state_name(message);
            if (strangers.is_state(state_from(message, own, WallTime{}), name)) states.push_back(name);
        });
        if (!answer) return answer.error();
        if (answer->error != 0) return refused(*answer, "the states of " + own.text());
    }
    Batch question;
    list_policies(question);
    const auto answer = orders.query(question, [&](nlmsghdr& message) {
        if (!is_association_policy(message, own)) return;
        const auto name = policy_name(message);
        if (strangers.is_policy(name)) policies.push_back(name);
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
