#include "scscf/core/gruus.hpp"

#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"

#include <algorithm>
#include <array>

namespace ims::scscf {

namespace {

std::uint64_t hash_of_parts(std::initializer_list<std::string_view> parts, int bits) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
    for (const auto part : parts) {
        for (const char c : part) {
            hash ^= static_cast<unsigned char>(c);
            hash *= 0x100000001b3ULL;
        }
        hash ^= 0xff;
        hash *= 0x100000001b3ULL;
    }
    return (hash ^ hash >> (64 - bits)) & ((1ULL << bits) - 1);
}

// Where no name space was drawn for the domain: made of its name, so that all its S-CSCFs have the same one.
crypto::Uuid device_names_of(const Config& config) {
    if (config.device_names) return *config.device_names;
    constexpr crypto::Uuid dns{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                               0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};  // RFC 4122 appendix C
    return crypto::name_based_uuid(dns, to_lower(config.home_domain));
}

}  // namespace

Gruus::Gruus(const Config& config, Random& random)
    : domain_{config.home_domain},
      mark_{gruu::server_mark(config.server_name)},
      device_names_{device_names_of(config)} {
    random.fill(key_);
}

std::string Gruus::of_public(const Identity& identity, const Binding& binding) const {
    if (binding.instance().empty()) return {};
    return gruu::public_gruu(identity.impu(), gruu::gr_of(binding.instance(), device_names_));
}

std::string Gruus::of_temporary(const ImplicitRegistrationSet& set, const Identity& identity,
                                const Binding& binding) const {
    if (binding.instance().empty()) return {};
    crypto::TokenText plain{};
    auto* at = plain.data();
    const auto put = [&at](std::uint64_t value, int octets) {
        while (octets-- > 0) *at++ = static_cast<std::uint8_t>(value >> (8 * octets));
    };
    put(set.id.value(), 5);
    put(identity_hash(identity), 3);
    put(device_hash(set, binding), 5);
    put(binding.cseq, 3);
    return gruu::temporary_gruu(mark_, crypto::seal_token(key_, plain), domain_);
}

std::optional<Gruus::Content> Gruus::content_of(const sip::Uri& gruu) const {
    const auto parts = gruu::temporary_parts(gruu);
    if (!parts || parts->mark != mark_ || !iequals(gruu.host, domain_)) return {};
    const auto plain = crypto::open_token(key_, parts->token);
    if (!plain) return {};
    const auto* at = plain->data();
    const auto get = [&at](int octets) {
        std::uint64_t value = 0;
        while (octets-- > 0) value = value << 8 | *at++;
        return value;
    };
    Content content;
    content.set = get(5);
    content.identity = get(3);
    content.device = get(5);
    content.cseq = get(3);
    return content;
}

std::optional<Gruus::Meant> Gruus::find(const sip::Uri& gruu, Registrations& registrations) const {
    const auto content = content_of(gruu);
    auto* set = content ? registrations.find(SetId{content->set}) : nullptr;
    if (set == nullptr) return {};
    for (const auto& identity : set->identities)
        if (identity_hash(identity) == content->identity) return Meant{set, &identity};
    return {};
}

bool Gruus::belongs(const sip::Uri& uri, const ImplicitRegistrationSet& set) const {
    if (!gruu::is_gruu(uri)) return false;
    if (gruu::is_temporary(uri)) {
        const auto content = content_of(uri);
        return content && content->set == set.id.value();
    }
    const auto impu = canonical_impu(uri);
    return impu && set.find(impu->value()) != nullptr;
}

bool Gruus::means(const sip::Uri& gruu, const ImplicitRegistrationSet& set, const Binding& binding) const {
    if (binding.instance().empty()) return false;
    if (const auto gr = gruu.params.get("gr"))
        return gruu::same_gr(*gr, gruu::gr_of(binding.instance(), device_names_));
    const auto content = content_of(gruu);
    return content && content->device == device_hash(set, binding);
}

std::uint64_t Gruus::identity_hash(const Identity& identity) {
    return hash_of_parts({identity.name.text()}, 24);
}

std::uint64_t Gruus::device_hash(const ImplicitRegistrationSet& set, const Binding& binding) {
    return hash_of_parts({set.private_identities[binding.private_identity].text(), binding.instance(),
                          binding.texts.get(Binding::Text::CallId)},
                         40);
}

}  // namespace ims::scscf
