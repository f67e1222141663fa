// SigComp with UEs: whom a flow belongs to, and for how long (TS 24.229 8.2, RFC 5049 9).
#include "common/crypto/uuid.hpp"
#include "common/sip/proxy/via.hpp"
#include "pcscf/core/impl.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {

// RFC 4122 appendix C.
constexpr std::string_view url_name_space = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";

std::string name_of(const AssociationSet& s) {
    return "set " + std::to_string(s.compartment);
}
std::string name_of(const sip::Flow& flow) {
    return "flow " + flow.text();
}

}  // namespace

// RFC 5049 9.1: the same after each start; what a UE still takes for known here it learns by a NACK.
std::string sigcomp_identifier(const sip::Uri& own) {
    return "urn:uuid:" +
           crypto::uuid_text(crypto::name_based_uuid(*crypto::parse_uuid(url_name_space), own.text()));
}

// Under IPsec (8.2.1) the compartment belongs to a chain of association sets, of which each was agreed on the
// one before: to a registration. Without signalling security it belongs to the flow of a registered contact.
std::optional<Compressing::Compartment> Pcscf::Impl::compartment(const Compressing::Way& way) {
    if (!config.sigcomp) return std::nullopt;
    const auto* target = std::get_if<sip::Target>(&way);
    if (target != nullptr && !target->local) return std::nullopt;
    const auto flow = target != nullptr ? sip::Flow{target->transport, *target->local, target->remote, 0}
                                        : std::get<sip::Flow>(way);
    if (auto* s = associations.on(flow)) {
        if (s->compartment == 0) s->compartment = ++last_compartment;
        return Compressing::Compartment{name_of(*s), s->impi.value()};
    }
    const bool secure = flow.transport == sip::Transport::Tls;  // 8.2.1: or a TLS session
    if (!bindings.knows(flow) || (!secure && policy_at(flow.remote.address) == Security::Required))
        return std::nullopt;
    bindings.watched_flows.insert(flow);
    const auto* b = bindings.sender(flow, {});
    return Compressing::Compartment{name_of(flow), b != nullptr ? b->impi().value() : std::string{}};
}

void Pcscf::Impl::leave_compartment(const AssociationSet& s) {
    if (s.compartment == 0) return;
    for (const auto* other : associations.of_user(s.impi))
        if (other != &s && other->compartment == s.compartment) return;
    closed_compartments.push_back(name_of(s));
}

std::vector<std::string> Pcscf::Impl::take_closed_compartments() {
    for (const auto& flow : std::exchange(bindings.left_flows, {})) {
        if (bindings.knows(flow)) continue;
        bindings.watched_flows.erase(flow);
        closed_compartments.push_back(name_of(flow));
    }
    return std::exchange(closed_compartments, {});
}

// 33.203 7.1: of datagrams each side sends from its client port, NACKs too.
sip::Flow Pcscf::Impl::reply_flow(const sip::Flow& arrived) {
    if (sip::is_reliable(arrived.transport)) return arrived;
    const auto* s = associations.on(arrived);
    return s != nullptr ? s->datagrams() : arrived;
}

// RFC 3486 5: our entry in Record-Route asks for what the UE's contact asks for.
bool Pcscf::Impl::compresses(const Binding& b) const {
    if (!config.sigcomp) return false;
    const auto contact = sip::Uri::parse(b.contact());
    return contact && sip::asks_for_sigcomp(contact->params);
}

}  // namespace ims::pcscf
