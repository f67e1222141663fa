#include "pcscf/core/binding.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

std::optional<IpAddress> address_literal(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return IpAddress::parse(host);
}

const AssociatedUri* Binding::find(const Impu& impu) const {
    for (const auto& a : associated)
        if (a.impu == impu) return &a;
    // 24.229 5.2.6.3.3 NOTE 7: only what is no identity of its own falls under a wildcard.
    for (const auto& a : associated)
        if (is_wildcarded(a.impu) && matches_wildcard(impu, a.impu)) return &a;
    return nullptr;
}

Binding& Bindings::add(Binding b) {
    auto owned = std::make_unique<Binding>(std::move(b));
    Binding& stored = *owned;
    by_token_.insert_or_assign(stored.token, std::move(owned));
    index(stored);
    return stored;
}

void Bindings::remove(std::string_view token) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return;
    unindex(*found->second);
    by_token_.erase(found);
}

Binding* Bindings::by_token(std::string_view token) {
    const auto found = by_token_.find(token);
    return found == by_token_.end() ? nullptr : found->second.get();
}

const Binding* Bindings::by_token(std::string_view token) const {
    const auto found = by_token_.find(token);
    return found == by_token_.end() ? nullptr : found->second.get();
}

std::vector<Binding*> Bindings::of_user(const Impi& impi) {
    std::vector<Binding*> found;
    const auto [first, last] = by_impi_.equal_range(impi.value());
    for (auto it = first; it != last; ++it) found.push_back(it->second);
    return found;
}

std::vector<Binding*> Bindings::on_flow(const sip::Flow& flow) {
    std::vector<Binding*> found;
    const auto head = by_flow_.find(flow);
    if (head == by_flow_.end()) return found;
    for (auto* b = head->second; b != nullptr; b = b->flow_next) found.push_back(b);
    return found;
}

Binding* Bindings::sender(const sip::Flow& flow, const std::vector<Impu>& hints) {
    const auto head = by_flow_.find(flow);
    if (head == by_flow_.end()) return nullptr;
    if (head->second->flow_next == nullptr) return head->second;

    Binding* leaving = nullptr;
    for (const auto& hint : hints) {
        const auto [first, last] = by_impu_.equal_range(hint.value());
        for (auto it = first; it != last; ++it) {
            if (it->second->flow != flow) continue;
            if (it->second->state == Binding::State::Registered) return it->second;
            leaving = it->second;
        }
    }
    if (leaving != nullptr) return leaving;
    // No hint: only if it does not matter, because all of them are one user's.
    constexpr unsigned few = 8;
    Binding* registered = nullptr;
    unsigned seen = 0;
    for (auto* b = head->second; b != nullptr; b = b->flow_next) {
        if (++seen > few || b->impi != head->second->impi) return nullptr;
        if (b->state == Binding::State::Registered) registered = b;
    }
    return registered != nullptr ? registered : head->second;
}

Binding* Bindings::sender_at(const IpAddress& address, const std::vector<Impu>& hints) {
    for (const auto& hint : hints) {
        const auto [first, last] = by_impu_.equal_range(hint.value());
        for (auto it = first; it != last; ++it)
            if (it->second->flow.remote.address == address && it->second->state == Binding::State::Registered)
                return it->second;
    }
    return nullptr;
}

bool Bindings::is_registered(const Impu& impu) const {
    const auto [first, last] = by_impu_.equal_range(impu.value());
    return std::any_of(first, last,
                       [](const auto& e) { return e.second->state == Binding::State::Registered; });
}

void Bindings::set_associated(Binding& b, std::vector<AssociatedUri> associated) {
    if (associated == b.associated) return;
    for (const auto& a : b.associated) erase(by_impu_, a.impu.value(), &b);
    b.associated = std::move(associated);
    for (const auto& a : b.associated) by_impu_.emplace(a.impu.value(), &b);
}

void Bindings::set_flow(Binding& b, const sip::Flow& flow) {
    b.flow_open = true;
    if (b.flow == flow) return;
    leave_flow(b);
    b.flow = flow;
    join_flow(b);
}

void Bindings::for_each(const std::function<void(const Binding&)>& f) const {
    for (const auto& [token, b] : by_token_) f(*b);
}

void Bindings::index(Binding& b) {
    by_impi_.emplace(b.impi.value(), &b);
    for (const auto& a : b.associated) by_impu_.emplace(a.impu.value(), &b);
    join_flow(b);
}

void Bindings::unindex(Binding& b) {
    erase(by_impi_, b.impi.value(), &b);
    for (const auto& a : b.associated) erase(by_impu_, a.impu.value(), &b);
    leave_flow(b);
}

void Bindings::join_flow(Binding& b) {
    auto& head = by_flow_[b.flow];
    b.flow_previous = nullptr;
    b.flow_next = head;
    if (head != nullptr) head->flow_previous = &b;
    head = &b;
}

void Bindings::leave_flow(Binding& b) {
    if (b.flow_next != nullptr) b.flow_next->flow_previous = b.flow_previous;
    if (b.flow_previous != nullptr)
        b.flow_previous->flow_next = b.flow_next;
    else if (b.flow_next != nullptr)
        by_flow_[b.flow] = b.flow_next;
    else
        by_flow_.erase(b.flow);
    b.flow_previous = b.flow_next = nullptr;
}

void Bindings::erase(Index& index, std::string_view key, const Binding* b) {
    const auto [first, last] = index.equal_range(key);
    for (auto it = first; it != last; ++it)
        if (it->second == b) {
            index.erase(it);
            return;
        }
}

}  // namespace ims::pcscf
