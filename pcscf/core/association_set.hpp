#pragma once
#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "common/base/wakeups.hpp"
#include "common/ims/identity.hpp"
#include "common/ipsec/agreement.hpp"
#include "common/ipsec/order.hpp"
#include "common/node/state.hpp"
#include "common/sip/message/flow.hpp"
#include "pcscf/core/config.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

// The SA_table of the P-CSCF (TS 33.203 7.1) and the life of its entries (7.4.2a, TS 24.229 5.2.2.2).
namespace ims::pcscf {

// The four associations that one authentication made.
//
//   Temporary --the UE's REGISTER on it is accepted--> Established --a newer one is--> Old --> gone
//        \--reg-await-auth, refused--> gone                 \--deregistered, expired--> gone
struct AssociationSet {
    enum class State : std::uint8_t {
        Temporary,    // between the 401 and the 200
        Established,  // the newest that an authentication succeeded on
        Old,          // the one before: the UE may still use it
    };
    std::uint64_t id = 0;
    Impi impi;
    ipsec::SaSet set;
    State state = State::Temporary;
    // What goes to the UE goes here. An Established set is, once the UE has used it or the Old one is gone.
    bool in_use = false;
    // The transforms of the Security-Server that its UE verifies: they stay what they were sent, whatever the
    // configuration says after a restart. See code_of().
    std::uint64_t offered = 0;
    std::size_t verified = 0;             // hash of a Security-Verify that was right
    bool stream = false;                  // the UE's last request came over TCP
    std::optional<sip::Flow> connection;  // an open one, on these associations
    // Annex M: its NAT was last seen at another address than the one it was agreed with.
    std::optional<IpAddress> strayed_to;
    TimePoint until;
    std::optional<TimePoint> take_at;  // takes the Old one's place, used or not
    TimePoint since;                   // when it was made
    TimePoint last_used;               // a message came on it
    std::uint64_t compartment = 0;     // of SigComp; sets that follow each other share it. 0: none yet

    // The datagrams of this UE as a flow: each side sends from its client port to the other's server port
    // (33.203 7.1). So an answer does not go to where the request came from.
    sip::Flow datagrams() const;
    sip::Target target(sip::Transport transport) const;  // the same ports, to open a connection too
};

// A list of transforms in a number, four bits for each.
std::uint64_t code_of(const std::vector<ipsec::Transform>& transforms);  // of sixteen at most
std::vector<ipsec::Transform> transforms_of(std::uint64_t code);

std::string_view state_text(AssociationSet::State state);  // "temporary", "established", "old"

// All of them. A message is recognised by the protected ports it came on: the kernel lets nothing come there
// but through the association whose ports they are. References stay valid until the set is removed.
class AssociationSets {
  public:
    explicit AssociationSets(const IpsecConfig& config) : config_{config} {}

    // Its client port differs from those of the UE's other sets; its SPIs are of no other set, nor in the
    // UE's own offer. Nothing if no client port is left.
    std::optional<ipsec::Side> allocate(const IpAddress& own, const IpAddress& ue, const ipsec::Side& offered,
                                        Random& random) const;
    AssociationSet& add(AssociationSet s);  // id 0: gives it one
    void set_state(AssociationSet& s, AssociationSet::State state);
    void remove(const AssociationSet& s);

    AssociationSet* find(std::uint64_t id);
    AssociationSet* on(const sip::Flow& flow);
    AssociationSet* at(const IpEndpoint& ue_client_port);  // 33.203 7.1 rule 2
    AssociationSet* receiving_on(std::uint32_t spi);
    // Annex M: behind one NAT two UEs may have chosen the same one.
    bool is_of_another(const IpEndpoint& ue_server_port, const Impi& impi) const;
    std::vector<AssociationSet*> of_user(const Impi& impi);
    AssociationSet* temporary_of(const Impi& impi);

    // To bound what comes in clear of one address: the Temporary ones, and REGISTERs that may make one and
    // are not answered yet.
    std::size_t waiting_at(const IpAddress& ue) const;
    void expect(const IpAddress& ue) { ++waiting_[ue].count; }
    void expect_no_more(const IpAddress& ue);
    bool first_refusal(const IpAddress& ue);  // since nothing of it waited

    void wake(const AssociationSet& s);               // `until` or `take_at` is new, or earlier
    std::vector<AssociationSet*> due(TimePoint now);  // their time is over, or take_at is there
    std::optional<TimePoint> next_wakeup() const { return wakeups_.next(); }

    Changes<std::uint64_t> changes;  // by id

    std::size_t size() const { return sets_.size(); }
    void for_each(const std::function<void(const AssociationSet&)>& f) const;

  private:
    const IpsecConfig& config_;
    std::unordered_map<std::uint64_t, AssociationSet> sets_;
    std::unordered_multimap<Impi, std::uint64_t> by_impi_;
    std::unordered_map<IpEndpoint, std::uint64_t> by_client_port_;       // of the UE
    std::unordered_multimap<IpEndpoint, std::uint64_t> by_server_port_;  // of the UE; ours tells them apart
    std::unordered_map<std::uint32_t, std::uint64_t> spis_;              // what we receive on
    struct Waiting {
        std::size_t count = 0;
        bool refused = false;
    };
    std::unordered_map<IpAddress, Waiting> waiting_;  // by address of UEs
    std::uint64_t last_id_ = 0;
    Wakeups<std::uint64_t> wakeups_;
};

}  // namespace ims::pcscf
