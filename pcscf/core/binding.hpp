#pragma once
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ims/identity.hpp"
#include "common/sip/message/flow.hpp"
#include "common/sip/message/values.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ims::pcscf {

// One identity of P-Associated-URI: what we compare, and what we assert (24.229 5.2.2.1, 200, step 2).
struct AssociatedUri {
    Impu impu;             // canonical
    std::string asserted;  // name-addr text with the display name, empty if it is just <impu>
    std::string name_addr() const { return asserted.empty() ? "<" + impu.value() + ">" : asserted; }
    bool operator==(const AssociatedUri&) const = default;
};

// A contact of a UE as the P-CSCF knows it: which identities it registered, and the flow it is reached on. It
// is found by the token in the user part of our Path URI. Later a security association or TLS session stands
// beside the flow.
struct Binding {
    enum class State : std::uint8_t {
        Registered,
        Leaving,  // deregistered: only what belongs to dialogs passes, until `until` (5.2.5: the NOTIFY must
                  // reach the UE)
    };
    std::string token;
    Impi impi;
    std::string contact;   // Contact URI as registered
    std::string instance;  // +sip.instance, empty if none
    std::uint32_t reg_id = 0;
    bool ob = false;              // stands in our Path URI
    bool outbound = false;        // RFC 5626 applies: besides, the 200 required outbound
    bool ip_association = false;  // 24.229 5.2.2.3: this address and port answered a digest challenge
    bool radio_access = false;    // 24.229 7.7: Gm timer values towards this UE
    State state = State::Registered;
    TimePoint until;  // end of this state
    sip::Flow flow;
    bool flow_open = true;
    std::vector<AssociatedUri> associated;   // first: the default public identity
    std::vector<std::string> service_route;  // URIs, in order
    std::string charging_functions;          // P-Charging-Function-Addresses
    std::string term_ioi;
    std::string thig_path;  // 24.229 7.9A.9: our Path URI as it looks beyond the border of a visited network

    const AssociatedUri* find(const Impu& impu) const;
    const AssociatedUri* default_identity() const {
        return associated.empty() ? nullptr : &associated.front();
    }

  private:
    friend class Bindings;
    Binding* flow_previous = nullptr;  // neighbours on the same flow
    Binding* flow_next = nullptr;
};

// The address that an IP literal in a URI or Via names; nothing for a host name.
std::optional<IpAddress> address_literal(std::string_view host);

// All bindings with the ways to find one. References stay valid until the binding is removed.
class Bindings {
  public:
    Binding& add(Binding b);  // token must be new
    void remove(std::string_view token);

    Binding* by_token(std::string_view token);
    const Binding* by_token(std::string_view token) const;
    std::vector<Binding*> of_user(const Impi& impi);
    std::vector<Binding*> on_flow(const sip::Flow& flow);

    // Whose request is this? The binding of the flow; where several UEs share one (a load generator, a PBX
    // without security) the one that registered one of `hints`, in their order.
    Binding* sender(const sip::Flow& flow, const std::vector<Impu>& hints);
    // A UE that changed its transport (RFC 3261 18.1.1) without a security association to know it by: same
    // address, and it registered one of `hints`.
    Binding* sender_at(const IpAddress& address, const std::vector<Impu>& hints);
    bool knows(const sip::Flow& flow) const { return by_flow_.contains(flow); }
    bool is_registered(const Impu& impu) const;

    // Identities changed: the index follows.
    void set_associated(Binding& b, std::vector<AssociatedUri> associated);
    void set_flow(Binding& b, const sip::Flow& flow);

    std::size_t size() const { return by_token_.size(); }
    void for_each(const std::function<void(const Binding&)>& f) const;

  private:
    using Index = std::unordered_multimap<std::string_view, Binding*>;
    struct FlowHash {
        std::size_t operator()(const sip::Flow& f) const noexcept {
            const std::hash<IpEndpoint> endpoint;
            return (endpoint(f.remote) * 31 + endpoint(f.local)) * 31 + f.connection +
                   static_cast<std::size_t>(f.transport);
        }
    };
    void index(Binding& b);
    void unindex(Binding& b);
    void join_flow(Binding& b);
    void leave_flow(Binding& b);
    static void erase(Index& index, std::string_view key, const Binding* b);

    std::unordered_map<std::string, std::unique_ptr<Binding>, StringHash, std::equal_to<>> by_token_;
    Index by_impi_, by_impu_;                                    // keys live in the bindings
    std::unordered_map<sip::Flow, Binding*, FlowHash> by_flow_;  // the first of those on the flow
};

}  // namespace ims::pcscf
