#include "scscf/core/contacts.hpp"

#include "common/base/text.hpp"
#include "common/crypto/digest.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace ims::scscf {

using std::chrono::seconds;

bool is_same_contact(const Binding& binding, const sip::NameAddr& contact) {
    const auto instance = contact.params.get("+sip.instance").value_or(std::string_view{});
    const auto reg_id = reg_id_of(contact);
    // RFC 5626 6: with reg-id the instance and the number make the flow, whatever the URI.
    if (reg_id != 0 && binding.reg_id != 0) return reg_id == binding.reg_id && instance == binding.instance();
    if (binding.uri() == contact.uri.text()) return true;
    const auto bound = sip::Uri::parse(binding.uri());
    return bound && bound->equivalent(contact.uri);
}

std::optional<Binding> binding_of(const sip::NameAddr& contact, std::string_view path,
                                  std::string_view call_id, Registrations& registrations) {
    Binding binding;
    const auto instance = contact.params.get("+sip.instance").value_or(std::string_view{});
    const auto uri = contact.uri.text();
    if (!binding.texts.assign({uri, instance, path, call_id})) return {};
    const auto params = kept_params(contact);
    binding.params = params.empty() ? nullptr : registrations.share(params);
    binding.reg_id = reg_id_of(contact);
    binding.q = q_of(contact);
    return binding;
}

sip::Params params_of(const Binding& binding) {
    sip::Params params;
    // The kept parameters are text of our own printing: ";name=value" after any URI reads back as they were.
    if (binding.params)
        if (auto with_params = sip::NameAddr::parse("<sip:x>" + *binding.params))
            params = std::move(with_params->params);
    if (!binding.instance().empty()) params.set_quoted("+sip.instance", binding.instance());
    if (binding.reg_id != 0) params.set("reg-id", std::to_string(binding.reg_id));
    if (binding.q != 1000) {
        auto digits = std::to_string(1000 + binding.q).substr(1);
        params.set("q", "0." + digits);
    }
    return params;
}

std::string contact_of(const Binding& binding) {
    const auto params = params_of(binding);
    std::string contact;
    contact.reserve(2 + binding.uri().size() + params.size_hint());
    contact += '<';
    contact += binding.uri();
    contact += '>';
    params.print(contact);
    return contact;
}

std::string contact_of(const Binding& binding, TimePoint now, const sip::Params& gruus) {
    auto contact = contact_of(binding);
    const auto left = std::chrono::ceil<seconds>(binding.expires_at - now);
    contact += ";expires=";
    contact += std::to_string(binding.ended ? 0 : std::max<std::int64_t>(0, left.count()));
    gruus.print(contact);
    return contact;
}

bool Placement::removes_binding(const Binding& binding) const {
    return std::find(removes.begin(), removes.end(), binding.id) != removes.end();
}

Placement place(const ImplicitRegistrationSet& set, std::uint8_t private_index, const RegisterRequest& r) {
    const auto& contact = *r.contact_to_bind();
    const auto instance = contact.params.get("+sip.instance").value_or(std::string_view{});
    const bool flow = reg_id_of(contact) != 0;
    // Contacts of the same REGISTER that end.
    const auto ends = [&](const Binding& binding) {
        return std::any_of(r.contacts.begin(), r.contacts.end(), [&](const sip::NameAddr& listed) {
            return r.expires_of(listed) == 0U && is_same_contact(binding, listed);
        });
    };
    // 5.4.1.2.2 B4A: without multiple registration a new contact takes the place of the old ones.
    // Deviation: two devices that name themselves by different +sip.instance keep both of their contacts.
    const auto replaced = [&](const Binding& binding) {
        if (flow || binding.reg_id != 0) return false;
        const bool other_device =
            !instance.empty() && !binding.instance().empty() && binding.instance() != instance;
        return !other_device;
    };
    Placement placement;
    for (const auto& binding : set.bindings) {
        if (binding.private_identity != private_index || binding.ended) continue;
        if (placement.refreshes == 0 && is_same_contact(binding, contact)) {
            // Step 6: the same flow by another way is a new one in its place.
            const bool moved = flow && binding.path() != r.path;
            if (moved)
                placement.removes.push_back(binding.id);
            else
                placement.refreshes = binding.id;
        } else if (ends(binding) || replaced(binding))
            placement.removes.push_back(binding.id);
        else
            ++placement.beside;
    }
    return placement;
}

std::string route_user(std::uint64_t token) {
    std::array<std::uint8_t, 8> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(token >> (56 - 8 * i));
    return std::string{originating_mark} + hex(octets);
}

std::optional<std::uint64_t> route_token_of(std::string_view user) {
    if (!user.starts_with(originating_mark)) return {};
    const auto octets = unhex(user.substr(originating_mark.size()));
    if (!octets || octets->size() != 8) return {};
    std::uint64_t token = 0;
    for (const auto octet : *octets) token = token << 8 | octet;
    return token;
}

std::uint64_t route_token(std::string_view impi, const Binding& binding, unsigned attempt) {
    // What is_same_contact() compares.
    std::string name{impi};
    name += '\n';
    name += binding.instance();
    name += '\n';
    name += binding.reg_id != 0 ? std::to_string(binding.reg_id) : std::string{binding.uri()};
    if (attempt != 0) name += '\n' + std::to_string(attempt);
    const auto digest = crypto::hash_hex(crypto::HashAlgorithm::Sha256, name).substr(0, 16);
    return *route_token_of(std::string{originating_mark} + digest);
}

}  // namespace ims::scscf
