// How a request gets to a UE: over its flow and, where that was a connection that is gone, to its contact.
#include "pcscf/core/impl.hpp"
#include "pcscf/core/trust.hpp"

#include <utility>

namespace ims::pcscf {

// RFC 3261 18.1.1: a connection that is gone is opened anew, to where the contact says. Only if the UE is
// there: behind a NAT its contact is another address than the one it was seen at, and may be somebody else's.
std::optional<sip::Target> Pcscf::Impl::contact_of(const Binding& b) const {
    if (b.only_on_flow()) return std::nullopt;
    const auto contact = sip::Uri::parse(b.contact());
    if (!contact || contact->scheme != sip::Uri::Scheme::Sip) return std::nullopt;
    if (address_literal(contact->host) != b.flow.remote.address) return std::nullopt;
    auto transport = b.flow.transport;
    if (const auto named = contact->params.get("transport")) {
        const auto parsed = sip::parse_transport(*named);
        if (!parsed) return std::nullopt;
        transport = *parsed;
    }
    const auto port = contact->port.value_or(sip::default_port(transport));
    return sip::Target{transport, {b.flow.remote.address, port}, b.flow.local};
}

std::optional<sip::NextHop> Pcscf::Impl::way_to(const Binding& b) const {
    // 33.203 7.1: a flow is a set of associations. As the UE speaks: over TCP on its connection, else on a
    // new one from our client port to its server port.
    if (const auto* s = associations_of(b)) {
        if (s->stream && s->connection) return *s->connection;
        return s->target(s->stream ? sip::Transport::Tcp : sip::Transport::Udp);
    }
    if (b.on_associations) return std::nullopt;
    if (b.flow_open) return b.flow;
    if (const auto contact = contact_of(b)) return *contact;
    return std::nullopt;
}

sip::Branch Pcscf::Impl::branch_to_ue(sip::Message request, const Binding& b, sip::NextHop way) const {
    sip::Branch branch{
        .request = std::move(request), .next_hop = std::move(way), .record_route = {}, .timers = {}};
    if (b.radio_access) branch.timers = sip::gm_timers;
    strip_towards_ue(branch.request, policy_of(&b));
    return branch;
}

void Pcscf::Impl::refuse_unreachable(const sip::RequestArrived& e, const Binding& b, TimePoint now) {
    note(Severity::Info, "pcscf.flow.gone", e.request, &b).with("flow", b.flow.text());
    // RFC 5626 5.3.1: the registrar may have another flow of this UE; without outbound it has not, but a
    // browser's second page may be one.
    refuse(e, b.only_on_flow() ? 430 : 480, "the UE's flow is closed", now);
}

// The connection was gone before the P-CSCF knew (a UE that restarted): once more, to the contact.
bool Pcscf::Impl::try_contact(sip::ServerTransactionId id, TerminatingContext& c, const Binding& b,
                              std::string_view why, TimePoint now) {
    const auto* request = element.request_of(id);
    std::optional<sip::Target> contact;
    if (const auto* s = associations_of(b))  // the connection is gone, or the UE takes none: the other way
        contact = s->target(s->stream && s->connection ? sip::Transport::Tcp : sip::Transport::Udp);
    else if (sip::is_reliable(b.flow.transport))
        contact = contact_of(b);
    if (c.by_contact || request == nullptr || !contact) return false;
    c.by_contact = true;
    note(Severity::Info, "pcscf.ue.by_contact", *request, &b)
        .with("reason", std::string{why})
        .with("peer", contact->text());
    std::vector<sip::Branch> branches;
    branches.push_back(branch_to_ue(*request, b, *contact));
    if (c.recorded) branches.front().record_route = own_uri_towards(b, c.dialog);
    element.forward(id, std::move(branches), now, pending);
    return true;
}

}  // namespace ims::pcscf
