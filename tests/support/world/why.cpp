#include "tests/support/world/why.hpp"

#include "common/trace/question.hpp"

namespace ims::world {

why::Story story(World& world, const std::string& key) {
    const std::vector<std::string> services{"pcscf", "icscf", "scscf", "hss"};
    const auto ask = [&](std::size_t n,
                         const std::vector<std::string>& keys) -> Result<why::Account, why::Silence> {
        auto& host = world.host(services[n]);
        if (!host.node) return why::Silence{"connection refused"};
        trace::Question question{host.memory, keys};
        std::vector<std::string> listening{"TCP " + host.at.text()};
        if (services[n] != "hss") listening.push_back("UDP " + host.at.text());
        if (world.is_udp_only()) listening = {"UDP " + host.at.text()};
        auto account = why::read_account(
            trace::account_of(services[n], world.wall_clock(), listening, question.answer()));
        if (!account) return account.error();
        return std::move(*account);
    };
    return why::gather(key, services, ask);
}

why::Answer why(World& world, const std::string& key, why::Story& told) {
    told = story(world, key);
    const auto questions = why::hss_questions(told);
    if (world.host("hss").node) {
        for (const auto& identity : questions.near_misses_of) {
            auto& near = told.facts.near_misses[identity];
            for (auto& one : world.hss_store().near_misses(identity))
                near.push_back({std::move(one.identity), std::string{hss::text(one.how)}});
        }
        for (const auto& impi : questions.opc_of)
            told.facts.opc_is_op[impi] = world.hss_store().opc_is_op(Impi{impi});
    }
    return why::answer_to(told);
}

}  // namespace ims::world
