#pragma once
#include "common/base/long_lived.hpp"
#include "common/base/packed_texts.hpp"
#include "common/base/pool.hpp"
#include "common/base/strong.hpp"
#include "common/base/time.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/ims/identity.hpp"
#include "common/ims/reginfo.hpp"
#include "common/ims/service_profile.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What an S-CSCF knows of its users: plain structs, small (about 1 kB for a user with three public identities
// and one contact), saved and restored as a whole.
namespace ims::scscf {

using SharedText = std::shared_ptr<const std::string>;
using SetId = Strong<struct SetIdTag, std::uint64_t>;

// "001010000000001@ims.example" or "sip:+123@ims.example": what stands before '@', and the domain after it,
// which all its users share. "sip:" is a flag: user parts of a usual length then need no memory of their own.
// A tel URI or a wildcard is all in `local`.
struct CompactIdentity {
    LongLivedString local;
    SharedText domain;
    bool sip = false;

    static CompactIdentity of(std::string_view text,
                              const std::function<SharedText(std::string_view)>& share);
    std::string text() const;
    bool is(std::string_view full) const;
    bool is_tel() const { return !sip && local.starts_with("tel:"); }
};

// A public identity of an implicit registration set, in the order of the HSS.
struct Identity {
    struct Extras {  // what most identities do not have
        std::string display_name;
        std::string alias_group;
        bool operator==(const Extras&) const = default;
    };
    CompactIdentity name;
    std::shared_ptr<const Extras> extras;
    bool barred = false;
    IdentityType type = IdentityType::DistinctImpu;
    std::uint16_t profile = 0;  // index into ImplicitRegistrationSet::profiles

    Impu impu() const { return Impu{name.text()}; }
    bool is_wildcard() const {
        return type == IdentityType::WildcardedImpu || type == IdentityType::WildcardedPsi;
    }
};

// A contact bound by one private identity to every identity of the set that is not barred (5.4.1.2.2 step 6).
struct Binding {
    enum class Text : std::uint8_t {
        Uri,       // of the Contact
        Instance,  // +sip.instance, without quotes
        Path,      // the Path header's values, comma separated: the route to the UE
        CallId,
        Count,
    };
    PackedTexts<Text> texts;
    SharedText params;              // the Contact's other parameters: ";+g.3gpp.smsip;audio"
    std::uint64_t route_token = 0;  // in the Service-Route that belongs to this registration
    TimePoint registered_at{};
    TimePoint expires_at{};
    std::uint32_t id = 0;  // within the set, never used again: the contact id of reginfo
    std::uint32_t cseq = 0;
    std::uint32_t first_cseq = 0;        // of the first REGISTER of that Call-ID
    std::uint32_t reg_id = 0;            // RFC 5626; 0: none
    std::uint16_t q = 1000;              // thousandths
    std::uint8_t private_identity = 0;   // who bound it: index
    std::uint8_t explicit_identity = 0;  // To of the REGISTER: index; the others are implicit
    reginfo::ContactEvent event = reginfo::ContactEvent::Registered;
    bool reauthenticate = false;  // its next REGISTER is challenged (5.4.1.6)
    bool ended = false;           // told to subscribers as terminated, then erased
    bool home_network = false;    // the P-CSCF is in our network (P-Visited-Network-ID)
    bool gruu = false;            // the UE can use GRUUs (Supported: gruu)
    bool digest = false;          // by SIP Digest, without TLS: each request may be challenged (5.4.3.6)

    std::string_view uri() const { return texts.get(Text::Uri); }
    std::string_view instance() const { return texts.get(Text::Instance); }
    std::string_view path() const { return texts.get(Text::Path); }
};

// A subscription to the reg event: the notifier's side of a dialog (RFC 6665, 24.229 5.4.2.1).
struct Subscription {
    enum class Text : std::uint8_t {
        CallId,
        Local,   // To of the SUBSCRIBE with our tag: From of the NOTIFY
        Remote,  // From of the SUBSCRIBE: To of the NOTIFY
        Target,  // the subscriber's Contact URI
        Routes,  // the dialog's route set, comma separated
        Icid,
        Count,
    };
    PackedTexts<Text> texts;
    TimePoint expires_at{};
    std::uint32_t id = 0;
    std::uint32_t local_cseq = 0;
    std::uint32_t remote_cseq = 0;
    std::uint32_t version = 0;  // of the next document
    std::uint32_t binding = 0;  // the UE's own subscription: its binding; 0: somebody else's
};

struct ImplicitRegistrationSet {
    SetId id;
    LongLivedVector<Identity> identities;
    LongLivedVector<CompactIdentity> private_identities;
    LongLivedVector<std::shared_ptr<const ServiceProfile>>
        profiles;                       // without identities: equal ones are shared
    LongLivedVector<Binding> bindings;  // none: served unregistered
    LongLivedVector<Subscription> subscriptions;
    std::shared_ptr<const cx::ChargingInformation> charging;
    SharedText hss;                  // Origin-Host of the HSS: Destination-Host of further requests
    bool privileged_sender = false;  // the HSS says so: the P-CSCF passes on whom he asserts (7.10.3)
    TimePoint keep_until{};          // of a set without bindings
    std::optional<TimePoint> alarm;  // the earliest one set for it
    std::uint32_t next_id = 1;       // of bindings and subscriptions

    const Identity* find(std::string_view impu) const;  // distinct, then wildcards
    const Identity* default_identity() const;           // 24.229 5.4.1.2.2F b
    std::optional<std::uint8_t> private_index(std::string_view impi) const;
    const Binding* binding(std::uint32_t binding_id) const;  // null if there is none
    Binding* binding(std::uint32_t binding_id);
    Binding* binding_by_token(std::uint64_t token);
    bool registered() const;  // a contact is bound and not ended
    bool registered_by(std::size_t private_index) const;
    TimePoint next_deadline() const;
    const ServiceProfile& profile_of(const Identity& identity) const { return *profiles[identity.profile]; }
    // The SIP identity whose GRUUs stand for this one (5.4.7A.2): itself, for a number its alias; null if
    // there is none.
    const Identity* gruu_identity(const Identity& identity) const;
    // Another identity of the same user that means the same: alias group, else the same service profile
    // (TS 29.228 B.2.1). `tel`: the scheme looked for.
    const Identity* alias_of(const Identity& identity, bool tel) const;
};

struct ServiceProfileHash {
    std::size_t operator()(const ServiceProfile& p) const noexcept;
};
struct ExtrasHash {
    std::size_t operator()(const Identity::Extras& e) const noexcept;
};
struct ChargingHash {
    std::size_t operator()(const cx::ChargingInformation& c) const noexcept;
};

}  // namespace ims::scscf
