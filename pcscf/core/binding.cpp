#include "pcscf/core/binding.hpp"

#include "pcscf/core/lines.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {

std::size_t flow_hash(const sip::Flow& f) {
    const std::hash<IpEndpoint> endpoint;
    return (endpoint(f.remote) * 31 + endpoint(f.local)) * 31 + f.connection +
           static_cast<std::size_t>(f.transport);
}
std::size_t token_hash(const Binding& b) {
    return hash_of(b.token());
}

}  // namespace

// ---- one binding

std::vector<std::string_view> Binding::service_route() const {
    return from_lines(texts.get(Text::ServiceRoute));
}

std::vector<AssociatedUri> Binding::associated() const {
    std::vector<AssociatedUri> all;
    all.reserve(identities());
    for (std::size_t i = 0; i < identities(); ++i) all.push_back(identity(i));
    return all;
}

std::optional<AssociatedUri> Binding::default_identity() const {
    if (identities() == 0) return std::nullopt;
    return identity(0);
}

bool Binding::has_identity(std::string_view text) const {
    for (std::size_t i = 0; i < identities(); ++i)
        if (impu(i) == text) return true;
    return false;
}

bool Binding::set_associated(const std::vector<AssociatedUri>& associated) {
    std::vector<std::string_view> list;
    list.reserve(associated.size() * 2);
    for (const auto& a : associated) {
        list.emplace_back(a.impu.value());
        list.emplace_back(a.asserted);
    }
    return identities_.assign(list);
}

bool Binding::has(const std::vector<AssociatedUri>& associated) const {
    bool same = associated.size() == identities();
    for (std::size_t i = 0; same && i < associated.size(); ++i)
        same = associated[i].impu.value() == impu(i) && associated[i].asserted == identities_[2 * i + 1];
    return same;
}

std::optional<AssociatedUri> Binding::find(const Impu& wanted) const {
    for (std::size_t i = 0; i < identities(); ++i)
        if (impu(i) == wanted.value()) return identity(i);
    // 24.229 5.2.6.3.3 NOTE 7: only what is no identity of its own falls under a wildcard.
    for (std::size_t i = 0; i < identities(); ++i)
        if (auto a = identity(i); is_wildcarded(a.impu) && matches_wildcard(wanted, a.impu)) return a;
    return std::nullopt;
}

// ---- all of them

Binding& Bindings::add(Binding b) {
    const auto hash = token_hash(b);
    auto& stored = bindings_.add(hash, std::move(b));
    by_impi_.add(hash_of(stored.texts.get(Binding::Text::Impi)), stored);
    index_identities(stored);
    join_flow(stored);
    changes.added(std::string{stored.token()});
    return stored;
}

void Bindings::remove(const Binding& b) {
    auto& binding = const_cast<Binding&>(b);  // ours
    changes.removed(std::string{b.token()});
    unindex_identities(binding);
    by_impi_.erase(hash_of(b.texts.get(Binding::Text::Impi)), b);
    leave_flow(binding);
    bindings_.erase(token_hash(b), b);
}

Binding* Bindings::by_token(std::string_view token) {
    return bindings_.find(hash_of(token), [&](const Binding& b) { return b.token() == token; });
}

const Binding* Bindings::by_token(std::string_view token) const {
    return bindings_.find(hash_of(token), [&](const Binding& b) { return b.token() == token; });
}

std::vector<Binding*> Bindings::of_user(const Impi& impi) {
    std::vector<Binding*> found;
    by_impi_.find(hash_of(impi.value()), [&](Binding& b) {
        if (b.is_of(impi)) found.push_back(&b);
        return false;
    });
    return found;
}

Binding* Bindings::first_on(const sip::Flow& flow) const {
    return by_flow_.find(flow_hash(flow), [&](const Binding& b) { return b.flow == flow; });
}

std::vector<Binding*> Bindings::on_flow(const sip::Flow& flow) {
    std::vector<Binding*> found;
    for (auto* b = first_on(flow); b != nullptr; b = b->flow_next_) found.push_back(b);
    return found;
}

template <class Is>
Binding* Bindings::with_identity(const Impu& impu, Is is) const {
    return by_impu_.find(hash_of(impu.value()),
                         [&](const Binding& b) { return b.has_identity(impu.value()) && is(b); });
}

Binding* Bindings::sender(const sip::Flow& flow, const std::vector<Impu>& hints) {
    auto* const head = first_on(flow);
    if (head == nullptr || head->flow_next_ == nullptr) return head;

    Binding* leaving = nullptr;
    for (const auto& hint : hints) {
        auto* registered = with_identity(
            hint, [&](const Binding& b) { return b.flow == flow && b.state == Binding::State::Registered; });
        if (registered != nullptr) return registered;
        if (auto* other = with_identity(hint, [&](const Binding& b) { return b.flow == flow; });
            other != nullptr)
            leaving = other;
    }
    if (leaving != nullptr) return leaving;
    // No hint: only if it does not matter, because all of them are one user's.
    constexpr unsigned few = 8;
    const auto impi = head->impi();
    Binding* registered = nullptr;
    unsigned seen = 0;
    for (auto* b = head; b != nullptr; b = b->flow_next_) {
        if (++seen > few || !b->is_of(impi)) return nullptr;
        if (b->state == Binding::State::Registered) registered = b;
    }
    return registered != nullptr ? registered : head;
}

Binding* Bindings::sender_at(const IpAddress& address, const std::vector<Impu>& hints) {
    for (const auto& hint : hints)
        if (auto* b = with_identity(hint,
                                    [&](const Binding& one) {
                                        return !one.on_associations &&
                                               !is_own_connection(one.flow.transport) &&
                                               one.flow.remote.address == address &&
                                               one.state == Binding::State::Registered;
                                    });
            b != nullptr)
            return b;
    return nullptr;
}

bool Bindings::is_registered(const Impu& impu) const {
    return with_identity(impu, [](const Binding& b) { return b.state == Binding::State::Registered; }) !=
           nullptr;
}

bool Bindings::set_associated(Binding& b, const std::vector<AssociatedUri>& associated) {
    if (b.has(associated)) return true;
    Binding with;
    if (!with.set_associated(associated)) return false;
    unindex_identities(b);
    std::swap(b.identities_, with.identities_);
    index_identities(b);
    changes.changed(std::string{b.token()});
    return true;
}

void Bindings::index_identities(Binding& b) {
    for (std::size_t i = 0; i < b.identities(); ++i) by_impu_.add(hash_of(b.impu(i)), b);
}

void Bindings::unindex_identities(const Binding& b) {
    for (std::size_t i = 0; i < b.identities(); ++i) by_impu_.erase(hash_of(b.impu(i)), b);
}

void Bindings::set_flow(Binding& b, const sip::Flow& flow) {
    b.flow_open = true;
    if (b.flow == flow) return;
    leave_flow(b);
    b.flow = flow;
    join_flow(b);
    changes.changed(std::string{b.token()});
}

void Bindings::join_flow(Binding& b) {
    auto* const head = first_on(b.flow);
    b.flow_previous_ = nullptr;
    b.flow_next_ = head;
    if (head != nullptr) {
        head->flow_previous_ = &b;
        by_flow_.erase(flow_hash(b.flow), *head);
    }
    by_flow_.add(flow_hash(b.flow), b);
}

void Bindings::leave_flow(Binding& b) {
    if (!watched_flows.empty() && watched_flows.contains(b.flow)) left_flows.insert(b.flow);
    if (b.flow_next_ != nullptr) b.flow_next_->flow_previous_ = b.flow_previous_;
    if (b.flow_previous_ != nullptr) {
        b.flow_previous_->flow_next_ = b.flow_next_;
    } else {
        by_flow_.erase(flow_hash(b.flow), b);
        if (b.flow_next_ != nullptr) by_flow_.add(flow_hash(b.flow), *b.flow_next_);
    }
    b.flow_previous_ = b.flow_next_ = nullptr;
}

void Bindings::wake(const Binding& b) {
    wakeups_.at(b.until, token_hash(b));
}

std::vector<Binding*> Bindings::due(TimePoint now) {
    std::vector<Binding*> all;
    while (const auto hash = wakeups_.take_due(now))
        bindings_.find(*hash, [&](Binding& b) {
            if (b.until > now)
                wakeups_.at(b.until, *hash);
            else if (std::find(all.begin(), all.end(), &b) == all.end())
                all.push_back(&b);
            return false;
        });
    return all;
}

void Bindings::for_each(const std::function<void(const Binding&)>& f) const {
    for (const auto& [hash, b] : bindings_) f(b);
}

}  // namespace ims::pcscf
