#pragma once
#include "common/base/result.hpp"
#include "common/sigcomp/message.hpp"
#include "common/sigcomp/parameters.hpp"
#include "common/sigcomp/state.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

// The Universal Decompressor Virtual Machine (RFC 3320 8 and 9, RFC 4896 3 and 4), made anew for each message
// and ended by END-MESSAGE or a failure. It cannot run longer than its cycles (8.6), write outside its
// memory, or give more than 65536 octets; state it only reads, and asks for.
namespace ims::sigcomp {

constexpr std::size_t max_output_octets = 65536;  // RFC 3320 9.4.8

struct Decompressed {
    std::string text;
    bool has_output = false;  // no OUTPUT was executed: there is no message, which differs from an empty one
    std::uint64_t cycles = 0;
    // All of it waits for the application to name a compartment (RFC 3320 4.3):
    std::vector<StateRequest> requests;  // in the order they were made; at most four of either kind
    std::optional<RequestedFeedback> requested_feedback;
    std::optional<ReturnedParameters> returned_parameters;
    Octets returned_feedback;  // of the header; empty if there is none
};

// What one message may make the machine do, and has made it do, below what RFC 3320 8.6 grants: for messages
// of those nobody knows. It is counted in cycles, and in some more for instructions that are dearer than the
// cycles they cost (SHA-1 of nothing costs one), so that each takes about the same time.
struct Effort {
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t used = 0;
};

// `octets` is one message, neither a NACK nor still marked as a record of a stream.
Result<Decompressed, Failure> decompress(OctetSpan octets, TransportKind kind, const Parameters& ours,
                                         const StateSource& states, Effort& effort);
inline Result<Decompressed, Failure> decompress(OctetSpan octets, TransportKind kind, const Parameters& ours,
                                                const StateSource& states) {
    Effort all;
    return decompress(octets, kind, ours, states, all);
}

}  // namespace ims::sigcomp
