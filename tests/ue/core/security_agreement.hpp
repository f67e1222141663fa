#pragma once
#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "common/ipsec/agreement.hpp"
#include "common/ipsec/order.hpp"
#include "common/sip/message/flow.hpp"
#include "common/sip/message/message.hpp"
#include "tests/ue/core/config.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ims::ue {

// The UE's side of the security agreement and its associations (24.229 5.1.1.2.2, 5.1.1.4.2, 5.1.1.5.1, TS
// 33.203 7.2 to 7.4, RFC 3329). Without transforms in the configuration it does nothing.
class SecurityAgreement {
  public:
    SecurityAgreement(const Config& config, Random& random) : config_{config}, random_{random} {}

    bool wanted() const { return !config_.ipsec.transforms.empty(); }
    bool in_use() const { return current_.has_value(); }
    // The UE's address as its Via and Contact have it: in a tunnel the one that is seen outside (24.229
    // F.2.1.2.2). `answer` as in way().
    IpAddress address(bool answer) const;
    // Through a NAT that forgets: keep-alives go to there.
    std::optional<IpAddress> encapsulated_towards() const;

    // What a REGISTER says of security: a new proposal, or with the answer to a challenge the same again and
    // what the P-CSCF said.
    void dress_register(sip::Message& request, bool answer);
    // Any other request (RFC 3329 2.3.1).
    void dress(sip::Message& request) const;

    // A 401 whose keys are these: associations are ordered, and the answer waits for them. Else why not.
    std::optional<std::string> challenged(const sip::Message& unauthorized,
                                          const std::array<std::uint8_t, 16>& ik,
                                          const std::array<std::uint8_t, 16>& ck);
    bool is_awaited(std::uint64_t id) const { return pending_ && pending_->id == id; }
    void accepted(std::chrono::seconds expires, TimePoint now);  // the 200 to a REGISTER
    void give_up();                                              // the new ones, if there are any
    void forget();                     // all: deregistered, or the P-CSCF does not know them any more
    void forget_later(TimePoint now);  // when what is under way on them is over

    // Where to send: the answer to a challenge on the new associations, all else on those in use; nothing: in
    // clear.
    std::optional<sip::Target> way(bool answer) const;
    // The flow that answers take; each side sends from its client port (33.203 7.1).
    sip::Flow reply_flow(const sip::Flow& arrived) const;
    bool is_on(const IpEndpoint& local, const IpEndpoint& remote) const;  // between two protected ports

    void handle_timeout(TimePoint now);
    std::optional<TimePoint> next_deadline() const { return deadlines_.next(); }
    std::vector<ipsec::Order> take_orders() { return std::exchange(orders_, {}); }

    std::string text() const;  // of the transform in use, for people

  private:
    struct Set {
        std::uint64_t id = 0;
        ipsec::SaSet set;
        ipsec::Mechanisms server;  // as the P-CSCF wrote it
    };
    enum class Timer : std::uint8_t { DropOld, Forget, Count };
    void propose();
    void remove(std::optional<Set>& set);
    const std::optional<Set>& set_for(bool answer) const { return answer && pending_ ? pending_ : current_; }

    const Config& config_;
    Random& random_;
    ipsec::Side proposed_;
    ipsec::Mechanisms client_;  // the proposal, as it was sent
    std::size_t turn_ = 0;      // of the client ports
    std::uint64_t last_id_ = 0;
    std::optional<Set> pending_, current_, old_;
    Deadlines<Timer> deadlines_;
    std::vector<ipsec::Order> orders_;
};

}  // namespace ims::ue
