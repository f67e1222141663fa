#pragma once
#include "common/base/random.hpp"
#include "common/crypto/sealed_token.hpp"
#include "common/ims/gruu.hpp"
#include "scscf/core/config.hpp"
#include "scscf/core/registrations.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ims::scscf {

// The GRUUs this S-CSCF assigns and understands (TS 24.229 5.4.7A, RFC 5627). None of them is stored: a
// public one is the identity with the device's instance id, a temporary one holds, sealed, the registration
// it was made for. It is valid as long as a contact of that device stays bound by REGISTERs of the same
// Call-ID (RFC 5627 5.1), and each REGISTER brings another one.
class Gruus {
  public:
    Gruus(const Config& config, Random& random);

    // Of that identity, a SIP URI of the set, with the device of that contact; empty if it has no instance
    // id.
    std::string of_public(const Identity& identity, const Binding& binding) const;
    std::string of_temporary(const ImplicitRegistrationSet& set, const Identity& identity,
                             const Binding& binding) const;

    // Whom a temporary GRUU of ours means, be it valid or not; nothing if he is not known or it is not ours.
    struct Meant {
        ImplicitRegistrationSet* set = nullptr;
        const Identity* identity = nullptr;
    };
    std::optional<Meant> find(const sip::Uri& gruu, Registrations& registrations) const;
    // Is it a GRUU of an identity of this set?
    bool belongs(const sip::Uri& uri, const ImplicitRegistrationSet& set) const;
    // Does it mean the device of this contact of the set it belongs to?
    bool means(const sip::Uri& gruu, const ImplicitRegistrationSet& set, const Binding& binding) const;

    // What temporary GRUUs are sealed with: kept over a restart.
    const crypto::TokenKey& key() const { return key_; }
    void set_key(const crypto::TokenKey& key) { key_ = key; }

  private:
    struct Content {
        std::uint64_t set = 0;       // 40 bits
        std::uint64_t identity = 0;  // 24 bits of a hash of its name: its place may change with the profile
        std::uint64_t device = 0;    // 40 bits of a hash
        std::uint64_t cseq = 0;      // 24 bits
    };
    std::optional<Content> content_of(const sip::Uri& gruu) const;
    static std::uint64_t identity_hash(const Identity& identity);
    static std::uint64_t device_hash(const ImplicitRegistrationSet& set, const Binding& binding);

    std::string domain_;
    std::string mark_;
    crypto::Uuid device_names_;
    crypto::TokenKey key_{};
};

}  // namespace ims::scscf
