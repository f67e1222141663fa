#include "scscf/core/sessions.hpp"

#include <algorithm>
#include <utility>

// What GRUUs change on the way of a request: TS 24.229 5.4.3.2 step 1A, 5.4.3.3, RFC 5627 6.
namespace ims::scscf {

namespace h = sip::h;

const Binding* Sessions::behind(const sip::Uri& gruu, const ImplicitRegistrationSet& set,
                                std::uint32_t preferred) const {
    const Binding* latest = nullptr;
    for (const auto& binding : set.bindings) {
        if (!core_.gruus.means(gruu, set, binding)) continue;
        if (binding.id == preferred) return &binding;
        if (binding.ended || binding.expires_at <= core_.now) continue;
        if (latest == nullptr || latest->expires_at < binding.expires_at) latest = &binding;
    }
    return latest;
}

int Sessions::to_contact(sip::Message& request, const std::optional<sip::NameAddr>& own_route) {
    if (!own_route) return 0;
    const auto mark = Mark::parse(own_route->uri.user);
    const auto id = mark.set;
    const auto* set = id.value() == 0 || mark.inner() ? nullptr : core_.registrations.find(id);
    if (set == nullptr) return 0;
    // The mark says which side we serve here; of a call between two devices of a user both are kept.
    const bool serves_called = mark.terminating;
    const auto* dialog = dialogs.find(id, request);
    std::uint32_t its_binding = 0;
    if (dialog != nullptr) {
        if (dialog->is_caller(request.from_tag()) != serves_called) return 0;  // of the served user
        if (dialog->serves_called == serves_called) its_binding = dialog->binding;
        using Text = Dialog::Text;
        const auto target =
            sip::Uri::parse(dialog->texts.get(serves_called ? Text::CalledTarget : Text::CallerTarget));
        if (target && core_.gruus.belongs(*target, *set) && !target->equivalent(request.request_uri()))
            return 400;
    }
    if (!core_.gruus.belongs(request.request_uri(), *set)) return 0;
    const auto* binding = behind(request.request_uri(), *set, its_binding);
    auto contact = binding != nullptr && !binding->ended ? sip::Uri::parse(binding->uri())
                                                         : sip::Parsed<sip::Uri>{sip::ParseError{}};
    if (!contact) return 480;
    // RFC 5627 6.1: within a dialog the Path is that of the dialog, if it has one.
    if (!request.has<h::Route>() && !binding->path().empty()) request.append_raw("Route", binding->path());
    request.set_request_uri(std::move(*contact));
    return 0;
}

bool Sessions::may_use_contact(const sip::Message& request, const ImplicitRegistrationSet& set,
                               bool& needs_us) const {
    const auto contact = request.get<h::Contact>();
    if (!contact || contact->star || !gruu::is_gruu(contact->address.uri)) return true;
    const auto& uri = contact->address.uri;
    if (!core_.is_home_domain(uri.host)) return true;  // not one that we assign
    needs_us = core_.gruus.belongs(uri, set) && behind(uri, set, 0) != nullptr;
    return needs_us;
}

sip::Uri Sessions::shown(const sip::Uri& uri, const Binding* binding) const {
    const auto meant = gruu::is_temporary(uri) ? core_.gruus.find(uri, core_.registrations) : std::nullopt;
    if (!meant) return uri;
    if (binding == nullptr) binding = behind(uri, *meant->set, 0);
    const auto text = binding == nullptr ? std::string{} : core_.gruus.of_public(*meant->identity, *binding);
    auto parsed = sip::Uri::parse(text.empty() ? meant->identity->name.text() : text);
    if (!parsed) return uri;
    return std::move(*parsed);
}

}  // namespace ims::scscf
