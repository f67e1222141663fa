// TLS on Gm (RFC 3329, TS 33.203 annex O, TS 24.229 5.2.2.4): SIP Digest over a connection whose UE has seen
// our certificate. It is there before the first REGISTER (O.2.3), as browsers on WSS do, or the two agree on
// it in clear and the answer to the challenge comes on it (O.2.2).
#include "common/base/text.hpp"
#include "pcscf/core/impl.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {

constexpr std::string_view mechanism_name = "tls";

bool is_tls(const sip::TokenParams& entry) {
    return iequals(entry.token, mechanism_name) && !entry.params.has("mediasec");
}

// RFC 3329 2.2: below all of IPsec (common/ipsec/agreement.cpp counts down from 0.99).
sip::TokenParams tls_entry() {
    sip::TokenParams entry;
    entry.token = mechanism_name;
    entry.params.set("q", "0.1");
    return entry;
}

// What of a list is about TLS, to compare with what came before it (RFC 3329 2.4).
std::string tls_text(ipsec::Mechanisms list) {
    std::erase_if(list, [](const auto& entry) { return !is_tls(entry); });
    return to_lower(ipsec::text_of(list));
}

}  // namespace

bool Pcscf::Impl::has_tls(const IpAddress& ue) const {
    return element.listening_point(sip::Transport::Tls, ue.is_v6()).has_value();
}

ipsec::Mechanisms Pcscf::Impl::supported(const IpAddress& ue) const {
    auto list =
        ipsec::propose(config.ipsec.available() ? config.ipsec.transforms : std::vector<ipsec::Transform>{},
                       ipsec::Mode::Transport, {}, true);
    if (has_tls(ue)) list.push_back(tls_entry());
    return list;
}

bool Pcscf::Impl::is_of_another(const sip::Flow& flow, const Impi& impi) {
    if (!is_own_connection(flow.transport)) return false;
    const auto on_it = bindings.on_flow(flow);
    return std::any_of(on_it.begin(), on_it.end(), [&](const Binding* b) {
        return b->state == Binding::State::Registered && !b->is_of(impi);
    });
}

bool Pcscf::Impl::continues_over_tls(const RunningChallenge& running, const sip::Flow& flow) {
    return running.challenge.tls && is_over_tls(flow.transport) &&
           running.flow.remote.address == flow.remote.address;
}

std::optional<AccessAccepted> Pcscf::Impl::secure_on_tls(sip::RequestArrived& e, RegisterContext& c,
                                                         const RegisterSender& from, TimePoint now) {
    const auto* const running = from.running;
    const auto refused = [&](std::string_view why) {
        refuse_agreement(e, c, want_agreement(e.request, {tls_entry()}, why), now);
        return std::nullopt;
    };
    const auto verify = e.request.all<sip::h::SecurityVerify>();
    if (!verify) {
        refuse(e, 400, "Security-Verify is malformed", now);
        return std::nullopt;
    }
    const bool its_own =
        running != nullptr && (running->flow == e.flow || continues_over_tls(*running, e.flow));
    const bool answer = its_own && running->challenge.tls && answers(from.credentials, running->challenge);
    // RFC 3329 2.3.1: what was agreed on in clear is agreed on again where nobody can have changed it.
    if ((answer || !verify->empty()) && tls_text(*verify) != tls_text({tls_entry()}))
        return refused("Security-Verify is not the Security-Server that was sent");
    if (answer && tls_text(c.security_client) != tls_text(running->challenge.security_client))
        return refused("Security-Client is not that of the REGISTER before the challenge");
    c.tls = ipsec::read_offer(c.security_client).tls;
    const auto on_it = bindings.on_flow(e.flow);
    const bool bound = std::any_of(on_it.begin(), on_it.end(), [&](const Binding* b) {
        return b->state == Binding::State::Registered && b->is_of(c.impi);
    });
    return accept_on_tls(from.credentials, bound, its_own ? &running->challenge : nullptr);
}

void Pcscf::Impl::agree_on_tls(RegisterContext& c, Challenge& challenge, sip::Message& response) {
    if (!c.tls) return;
    challenge.tls = true;
    challenge.security_client = c.security_client;
    response.set_all<sip::h::SecurityServer>({tls_entry()});
}

}  // namespace ims::pcscf
