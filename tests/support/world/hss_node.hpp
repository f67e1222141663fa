#pragma once
#include "common/node/node.hpp"
#include "hss/core/hss.hpp"

#include <map>

namespace ims::world {

// The HSS as a node on the wire. What it knows is in the store, which is its database and outlives it: a
// restart is a new HSS on the same store. Only pushes that wait for their answer die with it.
class HssNode final : public Node {
  public:
    HssNode(hss::Policy policy, hss::Store& store, Random& random)
        : hss_{std::move(policy)}, store_{store}, random_{random} {}

    void handle(const Event& event, TimePoint now, Effects& out) override;
    void handle_timeout(TimePoint, Effects&) override {}
    std::optional<TimePoint> next_deadline() const override { return std::nullopt; }
    void drain(TimePoint, Effects&) override {}
    bool idle() const override { return pushed_.empty(); }
    std::vector<Gauge> gauges() const override { return {}; }

    void push(const std::vector<hss::Push>& pushes, Effects& out);  // RTR, PPR

  private:
    void answered(cx::RequestId id, const std::optional<cx::Answer>& answer, Effects& out);

    hss::Hss hss_;
    hss::Store& store_;
    Random& random_;
    std::map<cx::RequestId, hss::Push> pushed_;
    std::uint64_t last_push_ = 0;
};

}  // namespace ims::world
