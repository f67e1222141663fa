#pragma once
#include "common/base/random.hpp"
#include "common/ims/identity.hpp"
#include "common/node/compressing.hpp"
#include "common/node/node.hpp"
#include "common/sip/proxy/element.hpp"
#include "pcscf/core/config.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The Proxy CSCF (TS 24.229 5.2): the first contact point of a UE. It knows its UEs by the registrations that
// passed through it, asserts who they are, and keeps what they may not see or send. Registrations, dialogs
// and reg event subscriptions are plain structs that save and restore.
namespace ims::pcscf {

class Pcscf final : public Node, public Compressing {
  public:
    Pcscf(Config config, sip::ElementConfig element, Random& random);
    ~Pcscf() override;

    void handle(const Event& event, TimePoint now, Effects& out) override;
    void handle_timeout(TimePoint now, Effects& out) override;
    std::optional<TimePoint> next_deadline() const override;
    void drain(TimePoint now, Effects& out) override;
    bool idle() const override;
    std::vector<Gauge> gauges() const override;
    // Bindings, dialogs, subscriptions, challenges, and security associations, whose keys are the kernel's.
    std::string_view state_format() const override { return "pcscf 3"; }
    std::string save(TimePoint now) const override;
    bool has_changes() const override;
    void write_changes(TimePoint now, std::string& text) override;
    void forget_changes() override;
    bool restore(const std::vector<StateRecord>& saved, TimePoint now, std::string& why) override;

    std::optional<Compartment> compartment(const Way& way) override;
    std::vector<std::string> take_closed_compartments() override;
    sip::Flow reply_flow(const sip::Flow& arrived) override;

    // SIGHUP: policies, entry points and static routes may change; uri and listening points may not.
    void reload(Config config, sip::LocatorConfig locator);
    void reload(sip::LocatorConfig locator);

    bool needs(const sip::Flow& flow) const;     // it is the way to a registered UE
    bool is_registered(const Impu& impu) const;  // a contact of it is reachable through this P-CSCF
    std::size_t bindings() const;
    std::size_t dialogs() const;
    std::size_t subscriptions() const;

    // The security associations with UEs, for people.
    struct Associations {
        std::uint64_t id = 0;
        Impi impi;
        ipsec::SaSet set;
        std::string_view state;  // "temporary", "established", "old"
        bool in_use = false;     // what goes to the UE goes on these
        std::chrono::seconds age{}, unused{}, left{};
    };
    std::vector<Associations> associations(TimePoint now) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::pcscf
