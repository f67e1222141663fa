#pragma once
#include "common/base/random.hpp"
#include "common/ims/identity.hpp"
#include "common/node/node.hpp"
#include "common/sip/proxy/element.hpp"
#include "scscf/core/config.hpp"
#include "scscf/core/service_control.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The Serving CSCF (TS 24.229 5.4): registrar, notifier of the reg event, and the proxy that serves its
// users' sessions. What it knows of registrations and subscriptions is plain structs that save and restore.
namespace ims::scscf {

// Why the network takes a registration away (5.4.1.5); the event its subscribers read.
enum class Removal : std::uint8_t {
    Rejected,     // for good: RTR PERMANENT_TERMINATION
    Deactivated,  // the UE should register anew: RTR SERVER_CHANGE
    Silent,       // nobody is told: RTR NEW_SERVER_ASSIGNED
};

class Scscf final : public Node {
  public:
    Scscf(Config config, sip::ElementConfig element, Random& random,
          std::unique_ptr<ServiceControl> service_control = nullptr);
    ~Scscf() override;

    void handle(const Event& event, TimePoint now, Effects& out) override;
    void handle_timeout(TimePoint now, Effects& out) override;
    std::optional<TimePoint> next_deadline() const override;
    void drain(TimePoint now, Effects& out) override;
    bool idle() const override;
    std::vector<Gauge> gauges() const override;
    std::string_view state_format() const override { return "scscf 3"; }
    std::string save(TimePoint now) const override;
    bool has_changes() const override;
    void write_changes(TimePoint now, std::string& text) override;
    void forget_changes() override;
    bool restore(const std::vector<StateRecord>& saved, TimePoint now, std::string& why) override;

    // SIGHUP: static routes; our own section, of which the names stay: gives the keys that need a restart.
    void reload(sip::LocatorConfig locator);
    std::vector<std::string> reload(Config config);

    // The operator removes a user's registration (5.4.1.5): NOTIFY, SAR ADMINISTRATIVE_DEREGISTRATION. False
    // if the identity is not registered here.
    bool deregister(const Impu& impu, Removal removal, TimePoint now, Effects& out);

    // The operator wants a user authenticated anew (5.4.1.6): his registration is shortened to that time, the
    // UE is told, and its next REGISTER is challenged. False if the identity is not registered here.
    bool reauthenticate(const Impu& impu, std::chrono::seconds within, TimePoint now, Effects& out);

    bool is_registered(const Impu& impu) const;    // a contact is bound
    std::size_t contacts(const Impu& impu) const;  // how many
    std::size_t registered_users() const;          // implicit registration sets with a contact

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::scscf
