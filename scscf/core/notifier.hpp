#pragma once
#include "common/ims/reginfo.hpp"
#include "scscf/core/charging.hpp"
#include "scscf/core/core.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ims::scscf {

// The notifier of the reg event (TS 24.229 5.4.2.1, RFC 3680, RFC 6665): answers SUBSCRIBE and sends NOTIFY
// with the full state of the user.
class Notifier {
  public:
    explicit Notifier(Core& core) : core_{core} {}

    // A SUBSCRIBE for the reg event of a user of ours, initial or within its dialog.
    static bool is_reg_event(const sip::Message& request);
    // The set that the request is about: by the URI we gave as Contact, else by public identity.
    ImplicitRegistrationSet* set_for(const sip::Message& request);
    void on_subscribe(sip::RequestArrived& arrived, ImplicitRegistrationSet& set);

    // Registration state changed: bindings that are marked as ended are reported terminated for the last
    // time. Whoever sees nothing active any more is told that the subscription is over. The UE's own
    // subscription whose binding ended counts as cancelled unless the network removed it (5.4.2.1.2).
    // `gone`: identities that left the set, told as terminated once (5.4.1.8).
    void changed(ImplicitRegistrationSet& set, bool by_network = false,
                 const std::vector<std::string>& gone = {});
    // Subscriptions whose time is over: a last NOTIFY.
    void expire(ImplicitRegistrationSet& set);

    void on_response(sip::ClientTransactionId id, int status);
    void on_failure(sip::ClientTransactionId id);

  private:
    struct Audience {
        SetId set;
        std::uint32_t subscription = 0;
    };
    struct Subscriber {
        bool allowed = false;
        std::uint32_t binding = 0;  // its own subscription
    };
    Subscriber subscriber_of(const sip::RequestArrived& arrived, ImplicitRegistrationSet& set) const;
    void subscribe(sip::RequestArrived& arrived, ImplicitRegistrationSet& set, std::uint32_t expires);
    void resubscribe(sip::RequestArrived& arrived, ImplicitRegistrationSet& set, std::uint32_t expires);
    sip::Message accepted(const sip::RequestArrived& arrived, const ImplicitRegistrationSet& set,
                          std::uint32_t expires, std::string_view to_tag, const ChargingVector& charging);
    void notify(const ImplicitRegistrationSet& set, Subscription& subscription,
                const reginfo::Printer& registrations, std::string_view terminated_because);
    // What is the same for all identities of the set; name() says of which it is to be.
    reginfo::Registration registration_of(const ImplicitRegistrationSet& set) const;
    static void name(reginfo::Registration& registration, const ImplicitRegistrationSet& set,
                     std::string aor);
    void add_gruus(const ImplicitRegistrationSet& set, const Identity& identity,
                   reginfo::Registration& registration) const;
    reginfo::Printer state_of(const ImplicitRegistrationSet& set) const;
    void drop(const Audience& audience, std::string_view why);
    sip::Uri contact_of(const ImplicitRegistrationSet& set) const;

    Core& core_;
    std::unordered_map<sip::ClientTransactionId, Audience> sent_;
};

}  // namespace ims::scscf
