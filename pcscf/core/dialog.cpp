#include "pcscf/core/dialog.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {
using Index = std::unordered_multimap<std::string_view, Dialog*>;
void erase(Index& index, std::string_view key, const Dialog* d) {
    const auto [first, last] = index.equal_range(key);
    for (auto it = first; it != last; ++it)
        if (it->second == d) {
            index.erase(it);
            return;
        }
}
}  // namespace

DialogPeer* Dialog::peer(std::string_view tag) {
    const auto found = std::find_if(peers.begin(), peers.end(), [&](const auto& p) { return p.tag == tag; });
    return found == peers.end() ? nullptr : &*found;
}

DialogPeer& Dialog::peer_or_new(std::string_view tag) {
    if (auto* known = peer(tag)) return *known;
    DialogPeer p;
    p.tag = tag;
    p.route_set = route_set;
    return peers.emplace_back(std::move(p));
}

bool Dialog::confirmed() const {
    return std::any_of(peers.begin(), peers.end(), [](const auto& p) { return p.confirmed; });
}

bool ends_dialog(const Dialog& d, const sip::Message& response) {
    const int status = response.status();
    if (response.method() == sip::Method::Bye) return status >= 200 && status != 401 && status != 407;
    return d.method != sip::Method::Invite && status == 481;
}

Dialog& Dialogs::add(Dialog d) {
    auto owned = std::make_unique<Dialog>(std::move(d));
    Dialog& stored = *owned;
    by_token_.insert_or_assign(stored.token, std::move(owned));
    by_call_id_.emplace(stored.call_id, &stored);
    by_binding_.emplace(stored.binding, &stored);
    changes.added(stored.token);
    return stored;
}

void Dialogs::remove(std::string_view token) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return;
    changes.removed(found->first);
    erase(by_call_id_, found->second->call_id, found->second.get());
    erase(by_binding_, found->second->binding, found->second.get());
    by_token_.erase(found);
}

Dialog* Dialogs::find(std::string_view token) {
    const auto found = by_token_.find(token);
    return found == by_token_.end() ? nullptr : found->second.get();
}

Dialog* Dialogs::find(std::string_view call_id, std::string_view tag, std::string_view other_tag) {
    const auto [first, last] = by_call_id_.equal_range(call_id);
    for (auto it = first; it != last; ++it) {
        auto& d = *it->second;
        if ((d.ue_tag == tag && d.peer(other_tag) != nullptr) ||
            (d.ue_tag == other_tag && d.peer(tag) != nullptr))
            return &d;
    }
    return nullptr;
}

std::vector<std::string> Dialogs::of_binding(std::string_view binding) const {
    std::vector<std::string> tokens;
    const auto [first, last] = by_binding_.equal_range(binding);
    for (auto it = first; it != last; ++it) tokens.push_back(it->second->token);
    return tokens;
}

void Dialogs::rebind(std::string_view from, std::string_view to) {
    for (const auto& token : of_binding(from)) {
        auto& d = *find(token);
        erase(by_binding_, d.binding, &d);
        d.binding = to;
        changes.changed(token);
        by_binding_.emplace(d.binding, &d);
    }
}

void Dialogs::for_each(const std::function<void(const Dialog&)>& f) const {
    for (const auto& [token, d] : by_token_) f(*d);
}

}  // namespace ims::pcscf
