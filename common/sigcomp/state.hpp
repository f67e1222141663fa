#pragma once
#include "common/base/text.hpp"
#include "common/crypto/sha1.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <variant>
#include <vector>

// What a SigComp endpoint keeps between messages (RFC 3320 3.3.3 and 6, RFC 4896 5 to 7).
//
//   StateStore ── knows every state item once, by the first octets of its identifier
//   Compartment ─ what one remote application has had stored: at most state_memory_size octets
namespace ims::sigcomp {

using StateIdentifier = crypto::Sha1Digest;
constexpr std::size_t min_partial_identifier = 6;  // RFC 3320 7.2 and 9.4.5
constexpr std::size_t max_partial_identifier = 20;
constexpr std::size_t state_overhead = 64;        // RFC 3320 6.2: a state item costs its length and this
constexpr std::uint16_t lowest_priority = 65535;  // freed before all others, and reserved for local state

struct StateItem {
    StateIdentifier identifier{};
    std::uint16_t address = 0;      // where it is put in a UDVM that names no other place
    std::uint16_t instruction = 0;  // where execution begins; 0 if it holds no code
    std::uint16_t minimum_access_length = 6;
    Octets value;  // at most 65535 octets

    std::size_t cost() const { return value.size() + state_overhead; }
    bool operator==(const StateItem&) const = default;
};
using StatePointer = std::shared_ptr<const StateItem>;

// Makes the identifier: SHA-1 over state_length, the three words and the value (RFC 3320 9.4.9).
StatePointer make_state(std::uint16_t address, std::uint16_t instruction, std::uint16_t minimum_access_length,
                        Octets value);

// What bytecode asks for; done only when the application has named a compartment.
struct CreateRequest {
    std::uint16_t address = 0, instruction = 0, minimum_access_length = 0;
    std::uint16_t retention_priority = 0;
    Octets value;
};
struct FreeRequest {
    Octets partial_identifier;
};
using StateRequest = std::variant<CreateRequest, FreeRequest>;

// Where a machine looks for state.
class StateSource {
  public:
    struct NotFound {};
    struct NotUnique {};
    using Found = std::variant<const StateItem*, NotFound, NotUnique>;
    // `partial` has 6 to 20 octets. An item that wants more of its identifier is as good as not there.
    virtual Found find(std::span<const std::uint8_t> partial) const = 0;

  protected:
    ~StateSource() = default;
};

class StateStore final : public StateSource {
  public:
    StateStore();  // with the dictionaries of RFC 3485 and RFC 5112

    Found find(std::span<const std::uint8_t> partial) const override;

    // One more owner of this item. Gives the item that is kept: the same one for all who have an equal one.
    // Nothing if another item has this identifier (RFC 3320 6.2, step 3).
    StatePointer add(StatePointer item);
    void release(const StateItem& item);  // one owner less; the last one's leaving deletes it

    std::size_t items() const { return entries_.size(); }
    std::size_t octets() const { return octets_; }  // of all values

  private:
    struct Entry {
        StatePointer item;
        std::size_t owners;
    };
    std::unordered_multimap<std::uint64_t, Entry> entries_;  // by the first six octets
    std::size_t octets_ = 0;
};

class Compartment {
  public:
    // `store` has to outlive it.
    Compartment(StateStore& store, std::size_t state_memory_size)
        : store_{&store}, state_memory_size_{state_memory_size} {}
    ~Compartment() { clear(); }
    Compartment(Compartment&& other) noexcept;
    Compartment(const Compartment&) = delete;
    Compartment& operator=(const Compartment&) = delete;
    Compartment& operator=(Compartment&&) = delete;

    // RFC 3320 6.2, steps 1 to 5. False if the item was not stored.
    bool create(const CreateRequest& request);
    void free(const FreeRequest& request);  // nothing happens unless exactly one item of ours matches
    void clear();
    void resize(std::size_t state_memory_size);  // what no longer fits goes, in the order of RFC 3320 6.2

    std::size_t state_memory_size() const { return state_memory_size_; }
    std::size_t used() const { return used_; }
    std::size_t items() const { return held_.size(); }
    bool holds(const StateIdentifier& identifier) const;
    StatePointer find(std::span<const std::uint8_t> partial) const;  // null unless exactly one matches

  private:
    struct Held {  // the oldest first
        StatePointer item;
        std::uint16_t retention_priority;
    };
    void evict_until(std::size_t octets_free);
    void drop(std::vector<Held>::const_iterator which);
    std::vector<Held>::const_iterator only_match(std::span<const std::uint8_t> partial) const;

    StateStore* store_;
    std::size_t state_memory_size_;
    std::size_t used_ = 0;
    std::vector<Held> held_;
};

}  // namespace ims::sigcomp
