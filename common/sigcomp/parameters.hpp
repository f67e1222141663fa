#pragma once
#include "common/base/text.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ims::sigcomp {

// How a SigComp message travels decides how much of the memory its UDVM gets (RFC 3320 7).
enum class TransportKind : std::uint8_t {
    MessageBased,  // UDP: decompression_memory_size less the message
    StreamBased,   // TCP, TLS: half of decompression_memory_size
};

// What an endpoint offers to those who send to it (RFC 3320 3.3). The values here are the least that SIP
// allows (RFC 5049 4); each has to be one of the values the RFC lists.
struct Parameters {
    std::uint32_t cycles_per_bit = 16;               // 16, 32, 64 or 128
    std::uint32_t decompression_memory_size = 8192;  // octets: 2048, 4096 and so on to 131072
    std::uint32_t state_memory_size = 2048;  // octets of each compartment: 0, 2048 and so on to 131072
    std::uint8_t version = 2;                // 2 promises NACKs (RFC 4077)
    bool operator==(const Parameters&) const = default;
};
bool valid(const Parameters& p);                     // only values that can be sent
std::uint8_t parameters_octet(const Parameters& p);  // cpb, dms and sms as RFC 3320 3.3.1 encodes them

std::uint32_t udvm_memory_size(std::uint32_t decompression_memory_size, TransportKind kind,
                               std::size_t message_octets);  // 0 if the message alone fills it

// What a message told about its sender (RFC 3320 figure 13); what it left out is empty.
struct ReturnedParameters {
    std::optional<std::uint32_t> cycles_per_bit, decompression_memory_size, state_memory_size;
    std::optional<std::uint8_t> version;
    std::vector<Octets> states;  // partial identifiers, 6 to 20 octets each, of what the sender has
    bool operator==(const ReturnedParameters&) const = default;
};
// The octet of figure 13: nothing is said by 0, and a decompression_memory_size of 0 cannot be.
void read_parameters_octet(std::uint8_t octet, ReturnedParameters& into);

// What a message asks its receiver to send back or to give up (RFC 3320 figure 12).
struct RequestedFeedback {
    bool no_state = false;        // S: the sender uses no state memory
    bool no_local_state = false;  // I: the sender uses no locally available state
    std::optional<Octets> item;   // Q: as it is to be returned, its first octet included
    bool operator==(const RequestedFeedback&) const = default;
};

}  // namespace ims::sigcomp
