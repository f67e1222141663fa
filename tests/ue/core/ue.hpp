#pragma once
#include "common/base/random.hpp"
#include "common/node/compressing.hpp"
#include "common/node/node.hpp"
#include "tests/ue/core/config.hpp"
#include "tests/ue/core/happening.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The test UE (TS 24.229 5.1): a value machine like every node. Commands and events go in; effects for the
// wire and happenings for the person who holds it come out. It keeps its registration alive, answers
// challenges with a software card, and is caller and callee of dialogs (RFC 3261, 3262, 3264, 3311). It has
// no security association: Gm security is not here.
//
//   ue.register_(now, out);  ...run...  ue.take_happenings() -> {Challenged, Registered}
//
// `random` must outlive it and may be shared by many.
namespace ims::ue {

class Ue final : public Node, public Compressing {
  public:
    Ue(Config config, Random& random);
    ~Ue() override;
    Ue(Ue&&) noexcept;

    // ---- Node
    void handle(const Event& event, TimePoint now, Effects& out) override;
    void handle_timeout(TimePoint now, Effects& out) override;
    std::optional<TimePoint> next_deadline() const override;
    void drain(TimePoint now, Effects& out) override;  // hangs up and deregisters
    bool idle() const override;  // nothing under way: no transaction, no call being set up
    std::vector<Gauge> gauges() const override;
    // One record: all that it is.
    std::string_view state_format() const override { return "ue 1"; }
    std::string save(TimePoint now) const override;
    bool restore(const std::vector<StateRecord>& saved, TimePoint now, std::string& why) override;

    // ---- Compressing
    std::optional<Compartment> compartment(const Way& way) override;
    std::vector<std::string> take_closed_compartments() override;
    sip::Flow reply_flow(const sip::Flow& arrived) override;

    // ---- commands
    void register_(TimePoint now, Effects& out);   // initial registration, or a refresh if registered
    void deregister(TimePoint now, Effects& out);  // 24.229 5.1.1.6: this contact, Expires 0
    RequestHandle message(const Impu& to, std::string_view text, TimePoint now, Effects& out);
    RequestHandle options(const Impu& to, TimePoint now, Effects& out);

    CallHandle call(const Impu& to, TimePoint now, Effects& out);
    void answer(CallHandle call, TimePoint now, Effects& out);
    void reject(CallHandle call, int status, TimePoint now, Effects& out);
    void hang_up(CallHandle call, TimePoint now,
                 Effects& out);                 // CANCEL before the answer, BYE after, 480 as callee
    void hang_up(TimePoint now, Effects& out);  // every call
    void hold(CallHandle call, TimePoint now, Effects& out);    // re-INVITE, sendonly
    void resume(CallHandle call, TimePoint now, Effects& out);  // re-INVITE, sendrecv
    void update(CallHandle call, TimePoint now, Effects& out);  // UPDATE with an offer (RFC 3311)

    // What happened since the last call, in order.
    std::vector<Happening> take_happenings();

    // ---- what it knows
    bool registered() const;
    std::optional<TimePoint> registration_expires() const;
    const std::vector<std::string>& associated_uris() const;  // P-Associated-URI
    Impu default_identity() const;  // the first associated URI, else the configured one
    std::size_t calls() const;      // alive, early ones too
    const Config& config() const;

    // Answering and misbehaviour may change at any time.
    void set_answering(Answering answering, int reject_status = 486);
    void set_misbehaviour(Misbehaviour misbehaviour);

    // Annex M of TS 33.203: a NAT must be kept from forgetting its way to this P-CSCF.
    std::optional<IpAddress> encapsulated_towards() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::ue
