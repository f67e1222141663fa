#pragma once
#include "common/sigcomp/compressor.hpp"
#include "common/sigcomp/state.hpp"
#include "common/sigcomp/udvm.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

// SigComp for an application: both dispatchers and the state handler of RFC 3320 3.2, one compartment for
// each remote application (RFC 5049 9). A value machine: no clock, no chance, no input or output.
//
//   datagram ── begins_sigcomp(first octet)? ── decompress() ─┬ Received ── is it really from U? ── accept(U,
//   pending) connection ── RecordReader ───────────────────┘           ├ Refused ── send .nack back the way
//   it came
//                                                             └ NackArrived ── nothing; on a connection: it
//                                                             failed
//   text for U ── compress(U) ── datagram, or mark_record() and connection
namespace ims::sigcomp {

class Endpoint {
  public:
    struct Config {
        Parameters offers{16, 16384, 4096, 2};
        std::size_t max_compartments = 100'000;
    };
    explicit Endpoint(const Config& config) : config_{config} {}
    Endpoint() : Endpoint{Config{}} {}

    // What a message asked for. It becomes true by accept(), and is forgotten otherwise.
    struct Pending {
        std::vector<StateRequest> requests;
        std::optional<RequestedFeedback> requested_feedback;
        std::optional<ReturnedParameters> returned_parameters;
        Octets returned_feedback;
    };
    struct Received {
        std::string text;
        bool has_message = false;  // false: it brought state or feedback only
        Pending pending;
    };
    struct Refused {
        Failure failure;
        Octets nack;  // a whole message (RFC 4077); to be marked as a record on a stream
    };
    struct NackArrived {
        Nack nack;
        std::string
            compartment;  // whose message failed, so that its next one is sent differently; empty: unknown
    };
    using Decompression = std::variant<Received, Refused, NackArrived>;
    Decompression decompress(OctetSpan message, TransportKind kind, Effort& effort);
    Decompression decompress(OctetSpan message, TransportKind kind) {
        Effort all;
        return decompress(message, kind, all);
    }

    // For what no message could be cut out of (RecordReader): the last thing to send on that connection.
    Refused refuse(const Failure& failure);

    // Opens the compartment of a remote application; true also if it is open. False: there are too many.
    bool open(std::string_view compartment);
    void close(std::string_view compartment);
    bool is_open(std::string_view compartment) const { return find(compartment) != nullptr; }
    // RFC 3320 4.3: the application says from whom a message was. False if that compartment is not open.
    bool accept(std::string_view compartment, const Pending& pending);

    enum class NotCompressed : std::uint8_t { NoCompartment, TooLarge };  // it may be sent as it is
    // One message for the application of that compartment. Call it again for each retransmission (RFC 5049
    // 8).
    Result<Octets, NotCompressed> compress(std::string_view compartment, std::string_view text,
                                           TransportKind kind);

    // The same without a compartment, for a connection that takes nothing but SigComp (RFC 5049 5): it names
    // no state.
    Result<Octets, NotCompressed> compress_alone(std::string_view text, TransportKind kind);

    struct Counters {
        std::uint64_t received = 0, received_octets = 0, received_text_octets = 0;
        std::uint64_t sent = 0, sent_octets = 0, sent_text_octets = 0;
        std::array<std::uint64_t, 26> refused{};              // by Reason
        std::uint64_t nacks_received = 0, nacks_unknown = 0;  // of the latter no message of ours is known
        std::uint64_t not_compressed = 0, compartments_refused = 0;
    };
    const Counters& counters() const { return counters_; }
    std::size_t compartments() const { return compartments_.size(); }
    std::size_t octets() const;  // of state and remembered texts in all compartments; walks through them
    const Parameters& offers() const { return config_.offers; }
    const Parameters* peer(
        std::string_view compartment) const;  // what it is known to offer; null if not open

  private:
    struct Opened {
        std::string id;
        Compartment received;
        Compressor compressor;
        std::deque<crypto::Sha1Digest> sent;  // the last messages, for NACKs
    };
    static std::uint64_t key(const crypto::Sha1Digest& message);
    Opened* find(std::string_view compartment) const;
    Opened* sender_of(const crypto::Sha1Digest& message) const;
    void remember(Opened& opened, OctetSpan message);
    void forget(const Opened& opened, const crypto::Sha1Digest& message);

    Config config_;
    StateStore states_;
    std::unordered_map<std::string, std::unique_ptr<Opened>, StringHash, std::equal_to<>> compartments_;
    std::unordered_multimap<std::uint64_t, Opened*> sent_;
    Counters counters_;
};

}  // namespace ims::sigcomp
