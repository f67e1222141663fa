#include "tests/ue/core/security_agreement.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ims::ue {

namespace {

using namespace sip;

// 24.229 5.1.1.5.1: as long as the answer may take.
constexpr std::chrono::seconds reg_await_auth{240};
constexpr std::chrono::seconds expiry_grace{30};

void require_agreement(Message& request) {
    for (const auto header : {HeaderId::Require, HeaderId::ProxyRequire})
        if (!request.has_option(header, "sec-agree")) request.append_raw(header_name(header), "sec-agree");
}

}  // namespace

// A client port and SPIs of their own for each authentication (33.203 7.4.0).
void SecurityAgreement::propose() {
    const auto& ipsec = config_.ipsec;
    const auto spi = [&] { return static_cast<std::uint32_t>(random_.number()) | 0x1000U; };
    proposed_ = {config_.local.address, ipsec.client_ports[turn_++ % ipsec.client_ports.size()],
                 ipsec.server_port, spi(), spi()};
    client_ = ipsec::propose(ipsec.transforms, ipsec::Mode::Transport, proposed_, false);
    if (!ipsec.outside) return;
    auto encapsulated =
        ipsec::propose(ipsec.transforms, ipsec::Mode::UdpEncapsulatedTunnel, proposed_, false);
    std::move(encapsulated.begin(), encapsulated.end(), std::back_inserter(client_));
}

void SecurityAgreement::dress_register(Message& request, bool answer) {
    if (!wanted()) return;
    if (!answer) propose();
    require_agreement(request);
    request.set_all<h::SecurityClient>(client_);
    const auto& verified = answer ? pending_ : current_;
    if (!verified) return;
    auto verify = verified->server;
    if (config_.misbehaviour == Misbehaviour::ChangesSecurityVerify) verify.pop_back();
    request.set_all<h::SecurityVerify>(verify);
}

void SecurityAgreement::dress(Message& request) const {
    if (!current_) return;
    require_agreement(request);
    auto verify = current_->server;
    if (config_.misbehaviour == Misbehaviour::ChangesSecurityVerify) verify.pop_back();
    request.set_all<h::SecurityVerify>(verify);
}

std::optional<std::string> SecurityAgreement::challenged(const Message& unauthorized,
                                                         const std::array<std::uint8_t, 16>& ik,
                                                         const std::array<std::uint8_t, 16>& ck) {
    give_up();
    auto server = unauthorized.all<h::SecurityServer>();
    if (!server) return "Security-Server is malformed";
    if (server->empty()) return "the P-CSCF makes no security agreement: no Security-Server in the challenge";
    const auto chosen = ipsec::choose_of_server(*server, config_.ipsec.transforms);
    if (!chosen) return "no common transform, Security-Server: " + ipsec::text_of(*server);
    Set set{
        ++last_id_, {proposed_, chosen->side, chosen->transform, chosen->mode, 0, {}}, std::move(*server)};
    set.set.peer.address = config_.pcscf.address;
    if (chosen->mode == ipsec::Mode::UdpEncapsulatedTunnel) {
        if (!config_.ipsec.outside) return "the P-CSCF wants UDP-enc-tun, which was not offered";
        // Annex M: inside the tunnel is the address that the P-CSCF saw.
        const auto via = unauthorized.top_via();
        const auto received = via.params.get("received");
        const auto seen = received ? IpAddress::parse(*received) : std::nullopt;
        if (seen && *seen != *config_.ipsec.outside)
            return "the NAT shows this UE as " + seen->text() + ", not " + config_.ipsec.outside->text();
        set.set.own.address = *config_.ipsec.outside;
        set.set.behind_nat = config_.local.address;
    }
    orders_.emplace_back(
        ipsec::Install{set.id, set.set, ipsec::expand(set.set.transform, ik, ck), reg_await_auth});
    pending_ = std::move(set);
    return {};
}

void SecurityAgreement::accepted(std::chrono::seconds expires, TimePoint now) {
    deadlines_.clear(Timer::Forget);
    if (pending_) {
        remove(old_);
        old_ = std::exchange(current_, std::exchange(pending_, {}));
        if (old_) deadlines_.set(Timer::DropOld, now + 64 * config_.timers.t1);
    }
    if (current_) orders_.emplace_back(ipsec::Extend{current_->id, current_->set, expires + expiry_grace});
}

void SecurityAgreement::remove(std::optional<Set>& set) {
    if (set) orders_.emplace_back(ipsec::Remove{set->id, set->set});
    set.reset();
}

void SecurityAgreement::give_up() {
    remove(pending_);
}

void SecurityAgreement::forget() {
    remove(pending_);
    remove(current_);
    remove(old_);
    deadlines_.clear();
}

void SecurityAgreement::forget_later(TimePoint now) {
    if (current_) deadlines_.set(Timer::Forget, now + 64 * config_.timers.t1);
}

void SecurityAgreement::handle_timeout(TimePoint now) {
    if (deadlines_.take_due(Timer::Forget, now)) forget();
    if (deadlines_.take_due(Timer::DropOld, now)) remove(old_);
}

std::optional<Target> SecurityAgreement::way(bool answer) const {
    const auto& set = set_for(answer);
    if (!set || config_.misbehaviour == Misbehaviour::AnswersInClear) return {};
    return Target{config_.transport,
                  {set->set.peer.address, set->set.peer.server_port},
                  IpEndpoint{set->set.own.address, set->set.own.client_port}};
}

IpAddress SecurityAgreement::address(bool answer) const {
    const auto& set = set_for(answer);
    return set ? set->set.own.address : config_.local.address;
}

std::optional<IpAddress> SecurityAgreement::encapsulated_towards() const {
    for (const auto* set : {&pending_, &current_})
        if (*set && (*set)->set.mode == ipsec::Mode::UdpEncapsulatedTunnel) return config_.pcscf.address;
    return {};
}

Flow SecurityAgreement::reply_flow(const Flow& arrived) const {
    if (arrived.transport != Transport::Udp) return arrived;
    for (const auto* set : {&pending_, &current_, &old_}) {
        if (!*set) continue;
        const auto& own = (*set)->set.own;
        const auto& peer = (*set)->set.peer;
        if (arrived.local.port == own.server_port && arrived.remote.port == peer.client_port)
            return {Transport::Udp, {own.address, own.client_port}, {peer.address, peer.server_port}, 0};
    }
    return arrived;
}

bool SecurityAgreement::is_on(const IpEndpoint& local, const IpEndpoint& remote) const {
    for (const auto* set : {&pending_, &current_, &old_}) {
        if (!*set) continue;
        const auto& own = (*set)->set.own;
        const auto& peer = (*set)->set.peer;
        if (remote.address != peer.address) continue;
        if ((local.port == own.server_port && remote.port == peer.client_port) ||
            (local.port == own.client_port && remote.port == peer.server_port))
            return true;
    }
    return false;
}

std::string SecurityAgreement::text() const {
    return current_ ? current_->set.transform.text() : std::string{};
}

}  // namespace ims::ue
