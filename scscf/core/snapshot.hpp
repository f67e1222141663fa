#pragma once
#include "common/node/state.hpp"
#include "scscf/core/authentication.hpp"
#include "scscf/core/dialogs.hpp"
#include "scscf/core/gruus.hpp"
#include "scscf/core/registrations.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

// Registrations with their reg event subscriptions, dialogs, outstanding AKA challenges and the key of GRUUs
// as records (Node::save). A service profile is a record of its own, which thousands of sets name. SIP Digest
// nonces stay out, since HA1 is as good as a password: their users are challenged anew with stale=true.
namespace ims::scscf {

class Snapshots {
  public:
    Snapshots(Registrations& registrations, Dialogs& dialogs, Authentications& authentications, Gruus& gruus)
        : registrations_{registrations},
          dialogs_{dialogs},
          authentications_{authentications},
          gruus_{gruus} {}

    std::string save(TimePoint now) const;
    bool has_changes() const;
    void write_changes(TimePoint now, std::string& text);
    void forget_changes();
    bool restore(const std::vector<StateRecord>& saved, std::string& why);

  private:
    // Which profiles are written, and what they are called there.
    class Profiles {
      public:
        // Of those of a set; what is not written yet is.
        std::vector<std::string> names_of(const ImplicitRegistrationSet& set, StateText& out);
        void took(const std::string& name, const std::shared_ptr<const ServiceProfile>& profile);
        void sweep(StateText& out);  // those that nobody has any more are gone
        void write_all(StateText& out) const;

      private:
        struct Named {
            std::weak_ptr<const ServiceProfile> profile;
            std::string name;
        };
        std::unordered_map<const ServiceProfile*, Named> names_;
        std::unordered_map<std::string, std::weak_ptr<const ServiceProfile>> written_;
        std::size_t sweep_at_ = 64;
    };

    Registrations& registrations_;
    Dialogs& dialogs_;
    Authentications& authentications_;
    Gruus& gruus_;
    Profiles profiles_;
    bool gruu_key_written_ = false;
};

}  // namespace ims::scscf
