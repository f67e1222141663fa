#pragma once
#include "common/base/long_lived.hpp"
#include "common/base/packed_texts.hpp"
#include "common/base/records.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/base/wakeups.hpp"
#include "common/ims/identity.hpp"
#include "common/node/state.hpp"
#include "common/sip/message/flow.hpp"
#include "common/sip/message/values.hpp"
#include "pcscf/core/config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ims::pcscf {

// A UE on one of these is reached on the connection that it made, and known by it: nobody can open it anew
// (RFC 7118 5, RFC 5626 5.3.1), and what comes otherwise is not of this UE (TS 33.203 O.2.2).
constexpr bool is_own_connection(sip::Transport t) {
    return t == sip::Transport::Tls || t == sip::Transport::Ws || t == sip::Transport::Wss;
}
constexpr bool is_over_tls(sip::Transport t) {
    return t == sip::Transport::Tls || t == sip::Transport::Wss;
}

// One identity of P-Associated-URI: what we compare, and what we assert (24.229 5.2.2.1, 200, step 2).
struct AssociatedUri {
    Impu impu;             // canonical
    std::string asserted;  // name-addr text with the display name, empty if it is just <impu>
    std::string name_addr() const { return asserted.empty() ? "<" + impu.value() + ">" : asserted; }
    bool operator==(const AssociatedUri&) const = default;
};

// A contact of a UE as the P-CSCF knows it: which identities it registered, and the flow it is reached on. It
// is found by the token in the user part of our Path URI. Some 700 octets with three identities: there are as
// many as registered UEs.
class Binding {
  public:
    enum class State : std::uint8_t {
        Registered,
        Leaving,  // deregistered: only what belongs to dialogs passes, until `until` (5.2.5: the NOTIFY must
                  // reach the UE)
    };
    enum class Text : std::uint8_t {
        Token,  // in the user part of our Path URI
        Impi,
        Contact,            // Contact URI as registered
        Instance,           // +sip.instance, empty if none
        ServiceRoute,       // URIs, in order, see lines.hpp
        ChargingFunctions,  // P-Charging-Function-Addresses
        TermIoi,
        ThigPath,  // 24.229 7.9A.9: our Path URI as it looks beyond the border of a visited network
        Count,
    };
    PackedTexts<Text> texts;
    std::uint32_t reg_id = 0;
    bool ob = false;              // stands in our Path URI
    bool outbound = false;        // RFC 5626 applies: besides, the 200 required outbound
    bool ip_association = false;  // 24.229 5.2.2.3: this address and port answered a digest challenge
    bool radio_access = false;    // 24.229 7.7: Gm timer values towards this UE
    bool flow_open = true;
    bool on_associations = false;  // its flow is the datagrams of an AssociationSet
    State state = State::Registered;
    TimePoint until;  // end of this state
    sip::Flow flow;
    std::unique_ptr<const UserPolicy>
        policy;  // 24.229 5.2.4: what the reg event says of the user; null: nothing

    std::string_view token() const { return texts.get(Text::Token); }
    Impi impi() const { return Impi{std::string{texts.get(Text::Impi)}}; }
    // Where its flow is closed, there is no other way to it (RFC 5626 5.3.1: 430).
    bool only_on_flow() const { return outbound || is_own_connection(flow.transport); }
    bool is_of(const Impi& impi) const { return texts.get(Text::Impi) == impi.value(); }
    std::string_view contact() const { return texts.get(Text::Contact); }
    std::string_view instance() const { return texts.get(Text::Instance); }
    std::vector<std::string_view> service_route() const;

    std::vector<AssociatedUri> associated() const;  // first: the default public identity
    std::optional<AssociatedUri> find(const Impu& impu) const;
    std::optional<AssociatedUri> default_identity() const;
    std::size_t identities() const { return identities_.size() / 2; }
    std::string_view impu(std::size_t i) const { return identities_[2 * i]; }
    std::string_view asserted(std::size_t i) const { return identities_[2 * i + 1]; }
    bool has_identity(std::string_view impu) const;                // as it stands in the list
    bool has(const std::vector<AssociatedUri>& associated) const;  // these, in this order
    // Before it is added; afterwards with Bindings::set_associated(). False if they are too long to keep.
    [[nodiscard]] bool set_associated(const std::vector<AssociatedUri>& associated);

  private:
    friend class Bindings;
    PackedList identities_;             // impu and asserted of each AssociatedUri
    Binding* flow_previous_ = nullptr;  // neighbours on the same flow
    Binding* flow_next_ = nullptr;

    AssociatedUri identity(std::size_t i) const {
        return {Impu{std::string{impu(i)}}, std::string{asserted(i)}};
    }
};

// All bindings with the ways to find one. References stay valid until the binding is removed.
class Bindings {
  public:
    Binding& add(Binding b);  // its token, which is new, and private identity are set and stay
    void remove(const Binding& b);

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
    bool knows(const sip::Flow& flow) const { return first_on(flow) != nullptr; }
    bool is_registered(const Impu& impu) const;

    // Identities changed: the index follows. False if they are more than one binding holds: nothing changes.
    [[nodiscard]] bool set_associated(Binding& b, const std::vector<AssociatedUri>& associated);
    void set_flow(Binding& b, const sip::Flow& flow);

    // Once for a new `until`, and when it became earlier. Later, due() gives those that have come to it.
    void wake(const Binding& b);
    std::vector<Binding*> due(TimePoint now);
    std::optional<TimePoint> next_wakeup() const { return wakeups_.next(); }

    // Of these flows it is noted when a binding leaves them.
    std::set<sip::Flow> watched_flows, left_flows;

    TextChanges changes;  // by token

    std::size_t size() const { return bindings_.size(); }
    void for_each(const std::function<void(const Binding&)>& f) const;

  private:
    Binding* first_on(const sip::Flow& flow) const;
    template <class Is>
    Binding* with_identity(const Impu& impu, Is is) const;
    void index_identities(Binding& b);
    void unindex_identities(const Binding& b);
    void join_flow(Binding& b);
    void leave_flow(Binding& b);

    Records<Binding> bindings_;  // by token
    RecordIndex<Binding> by_impi_, by_impu_;
    RecordIndex<Binding> by_flow_;  // the first of those on the flow
    Wakeups<std::size_t> wakeups_;  // hash of the token
};

}  // namespace ims::pcscf
