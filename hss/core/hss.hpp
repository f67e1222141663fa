#pragma once
#include "hss/core/decision.hpp"
#include "hss/core/store.hpp"

namespace ims::hss {

// The HSS: looks up, decides, saves, answers. Holds nothing itself; several may share one store.
class Hss {
  public:
    struct Outcome {
        cx::Answer answer;
        std::vector<Push> pushes;  // to send after the answer
        std::vector<Note> notes;
    };
    // One request on its way: it asks the store, and asks again when what it loaded changed in between.
    // Outlived by the Hss and by `random`.
    using Handling = Procedure<StoreRequest, StoreAnswer, Outcome>;

    explicit Hss(Policy policy) : policy_{std::move(policy)} {}

    // Requests of the HSS itself (RTR, PPR) arriving here are answered with UNABLE_TO_COMPLY.
    Handling handling(cx::Request request, Origin origin, Random& random) const;
    // After the peer answered a push (nothing: it did not): saves what that means, and says what to send
    // next. Its answer means nothing.
    Handling handling(Push push, std::optional<cx::Answer> answer) const;

    // The same with a store that answers at once.
    Outcome handle(const cx::Request& request, const Origin& origin, Store& store, Random& random) const;
    Outcome handle_push_answer(const Push& push, const std::optional<cx::Answer>& answer, Store& store) const;

    const Policy& policy() const { return policy_; }
    void set_policy(Policy policy) { policy_ = std::move(policy); }  // for what is decided from now on

  private:
    Policy policy_;
};

}  // namespace ims::hss
