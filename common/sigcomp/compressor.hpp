#pragma once
#include "common/base/result.hpp"
#include "common/sigcomp/bytecode.hpp"
#include "common/sigcomp/message.hpp"
#include "common/sigcomp/parameters.hpp"
#include "common/sigcomp/state.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

// Compresses what goes to one remote application (RFC 3320 5). It knows what the peer offers, which of its
// own states the peer has (from the returned feedback), and which texts the peer keeps of what it sent (RFC
// 3321 5.2).
//
//   first message       uploads our bytecode; copies from the SIP dictionary
//   the peer has it     names the bytecode, and kept texts that are like the new one
//   NACK                forgets everything: as at first. After a NACK that is not about state, uncompressed.
//
// Nothing is sent that a machine with the peer's memory, cycles and states did not decompress to the same
// text.
namespace ims::sigcomp {

// Why a text cannot be sent at all; it may be sent as it is, outside SigComp.
enum class CompressionFailure : std::uint8_t {
    TooLarge,  // more than 65536 octets (RFC 3320 9.4.8), or than the peer's memory holds
};

class Compressor {
  public:
    // `states` has to outlive it, and is where others find what we promise to keep.
    Compressor(StateStore& states, const Parameters& ours) : states_{&states}, ours_{ours} {}
    ~Compressor() { reset(); }
    Compressor(Compressor&& other) noexcept;
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;
    Compressor& operator=(Compressor&&) = delete;

    // One message, not marked as a record. To be called again for each retransmission (RFC 5049 8).
    Result<Octets, CompressionFailure> compress(std::string_view text, TransportKind kind);

    // ---- what arrived from the peer, and was accepted
    void returned_feedback(OctetSpan item);
    void requested_feedback(const RequestedFeedback& feedback);
    void returned_parameters(const ReturnedParameters& told, const Compartment& received);
    void nack(const Nack& nack);

    const Parameters& peer() const { return peer_; }
    std::size_t octets() const;  // of the texts it remembers

  private:
    struct Sent {  // the oldest first
        std::uint8_t sequence;
        bool arrived;
        bool told_parameters;
        const Bytecode* code;
        StatePointer text;  // null: not kept
    };
    struct Attempt {
        const Bytecode* code;
        bool upload;
        std::vector<StatePointer> texts;  // named, the most useful last
    };
    class PeerStates;

    const Bytecode* arrived_code(TransportKind kind) const;
    std::vector<StatePointer> sure_texts() const;
    std::optional<Octets> attempt(Attempt how, std::string_view text, TransportKind kind);
    bool verified(OctetSpan message, std::string_view text, TransportKind kind, const Attempt& how) const;
    void share(const StatePointer& text, std::uint8_t sequence, bool arrived);
    void drop_shared();
    bool may_announce() const;
    std::size_t usable_memory() const;
    void remember(Sent sent);
    void arrived(const Sent& sent);
    void reset();

    StateStore* states_;
    Parameters ours_;
    Parameters peer_;
    Octets to_return_;               // the feedback item the peer asked for; empty if none
    bool peer_wants_states_ = true;  // the I-bit says when not
    bool parameters_arrived_ = false;
    bool plain_ = false;  // our bytecode does not work there
    std::uint8_t sequence_ = 0;
    std::deque<Sent> sent_;
    struct Uploaded {
        const Bytecode* code;
        bool arrived;
    };
    std::vector<Uploaded> codes_;          // that were uploaded
    std::vector<StatePointer> announced_;  // texts the peer keeps of its own, the latest last
    struct Shared {
        StatePointer text;
        std::uint8_t sequence;
        bool arrived;  // so the peer may name it, and no longer those before the one before it
    };
    std::deque<Shared> shared_;  // texts we keep for the peer to name, the latest last
};

}  // namespace ims::sigcomp
