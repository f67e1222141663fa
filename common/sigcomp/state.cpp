#include "common/sigcomp/state.hpp"

#include "common/sigcomp/dictionary.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::sigcomp {

namespace {

std::uint64_t first_octets(std::span<const std::uint8_t> identifier) {
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < min_partial_identifier; ++i) key = key << 8 | identifier[i];
    return key;
}

bool begins_with(const StateIdentifier& identifier, std::span<const std::uint8_t> partial) {
    return std::equal(partial.begin(), partial.end(), identifier.begin());
}

// RFC 4896 5.1: 65535 < 0 < 1 < ... < 65534.
std::uint16_t rank(std::uint16_t retention_priority) {
    return static_cast<std::uint16_t>(retention_priority + 1);
}

Octets octets_from(std::string_view text) {
    return {text.begin(), text.end()};
}

}  // namespace

StatePointer make_state(std::uint16_t address, std::uint16_t instruction, std::uint16_t minimum_access_length,
                        Octets value) {
    std::array<std::uint8_t, 8> words{};
    std::size_t at = 0;
    for (const auto word :
         {static_cast<std::uint16_t>(value.size()), address, instruction, minimum_access_length}) {
        words[at++] = static_cast<std::uint8_t>(word >> 8);
        words[at++] = static_cast<std::uint8_t>(word);
    }
    const auto identifier = crypto::Sha1{}.add(words).add(value).digest();
    return std::make_shared<const StateItem>(
        StateItem{identifier, address, instruction, minimum_access_length, std::move(value)});
}

StateStore::StateStore() {
    for (const auto dictionary : {sip_sdp_dictionary(), presence_dictionary()})
        add(make_state(0, 0, min_partial_identifier, octets_from(dictionary)));
}

StateStore::Found StateStore::find(std::span<const std::uint8_t> partial) const {
    if (partial.size() < min_partial_identifier || partial.size() > max_partial_identifier) return NotFound{};
    const StateItem* found = nullptr;
    const auto [begin, end] = entries_.equal_range(first_octets(partial));
    for (auto it = begin; it != end; ++it) {
        if (!begins_with(it->second.item->identifier, partial)) continue;
        if (found) return NotUnique{};
        found = it->second.item.get();
    }
    if (!found || found->minimum_access_length > partial.size()) return NotFound{};
    return found;
}

StatePointer StateStore::add(StatePointer item) {
    const auto key = first_octets(item->identifier);
    const auto [begin, end] = entries_.equal_range(key);
    for (auto it = begin; it != end; ++it) {
        auto& entry = it->second;
        if (entry.item->identifier != item->identifier) continue;
        if (*entry.item != *item) return nullptr;
        ++entry.owners;
        return entry.item;
    }
    octets_ += item->value.size();
    entries_.emplace(key, Entry{item, 1});
    return item;
}

void StateStore::release(const StateItem& item) {
    const auto [begin, end] = entries_.equal_range(first_octets(item.identifier));
    for (auto it = begin; it != end; ++it) {
        if (it->second.item->identifier != item.identifier) continue;
        if (--it->second.owners > 0) return;
        octets_ -= it->second.item->value.size();
        entries_.erase(it);
        return;
    }
}

Compartment::Compartment(Compartment&& other) noexcept
    : store_{other.store_},
      state_memory_size_{other.state_memory_size_},
      used_{std::exchange(other.used_, 0)},
      held_{std::exchange(other.held_, {})} {}

bool Compartment::create(const CreateRequest& request) {
    if (state_memory_size_ < state_overhead) return false;
    auto value = request.value;
    if (value.size() + state_overhead > state_memory_size_) value.resize(state_memory_size_ - state_overhead);
    auto item =
        make_state(request.address, request.instruction, request.minimum_access_length, std::move(value));

    const auto ours = std::find_if(held_.begin(), held_.end(),
                                   [&](const Held& h) { return h.item->identifier == item->identifier; });
    if (ours != held_.end()) {
        if (*ours->item != *item) return false;
        // RFC 4896 5.2 and 6: stored once, with the new priority, as if it had just been created.
        ours->retention_priority = request.retention_priority;
        std::rotate(ours, ours + 1, held_.end());
        return true;
    }
    auto kept = store_->add(std::move(item));
    if (!kept) return false;
    const auto cost = kept->cost();
    evict_until(cost);
    used_ += cost;
    held_.push_back({std::move(kept), request.retention_priority});
    return true;
}

void Compartment::free(const FreeRequest& request) {
    if (const auto matched = only_match(request.partial_identifier); matched != held_.end()) drop(matched);
}

StatePointer Compartment::find(std::span<const std::uint8_t> partial) const {
    const auto matched = only_match(partial);
    return matched == held_.end() ? nullptr : matched->item;
}

std::vector<Compartment::Held>::const_iterator Compartment::only_match(
    std::span<const std::uint8_t> partial) const {
    auto matched = held_.end();
    for (auto it = held_.begin(); it != held_.end(); ++it) {
        if (!begins_with(it->item->identifier, partial)) continue;
        if (matched != held_.end()) return held_.end();
        matched = it;
    }
    return matched;
}

void Compartment::clear() {
    while (!held_.empty()) drop(held_.end() - 1);
}

void Compartment::resize(std::size_t state_memory_size) {
    state_memory_size_ = state_memory_size;
    evict_until(0);
}

bool Compartment::holds(const StateIdentifier& identifier) const {
    return std::any_of(held_.begin(), held_.end(),
                       [&](const Held& h) { return h.item->identifier == identifier; });
}

// The lowest priority goes first, and of these the one created first (RFC 3320 6.2, step 5).
void Compartment::evict_until(std::size_t octets_free) {
    while (!held_.empty() && used_ + octets_free > state_memory_size_)
        drop(std::min_element(held_.begin(), held_.end(), [](const Held& a, const Held& b) {
            return rank(a.retention_priority) < rank(b.retention_priority);
        }));
}

void Compartment::drop(std::vector<Held>::const_iterator which) {
    used_ -= which->item->cost();
    store_->release(*which->item);
    held_.erase(which);
}

}  // namespace ims::sigcomp
