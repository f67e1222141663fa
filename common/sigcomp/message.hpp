#pragma once
#include "common/base/result.hpp"
#include "common/crypto/sha1.hpp"
#include "common/sigcomp/reason.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

// The octets of a SigComp message (RFC 3320 7) and of a NACK (RFC 4077 3).
//
//   11111 T len │ returned feedback item if T │ len 1..3: 6, 9 or 12 octets of a state identifier
//                                             │ len 0: code_len (12 bits), destination (4 bits), bytecode
//                                             │        code_len 0 and destination 1: a NACK
//   └────────────────────── header ──────────────────────────────────────────────┘ then what the bytecode
//   reads
namespace ims::sigcomp {

// RFC 5049 5: no SIP message begins with these five bits. Asked of each datagram, and of the first octet of a
// connection.
constexpr bool begins_sigcomp(std::uint8_t first_octet) {
    return first_octet >= 0xf8;
}

using OctetSpan = std::span<const std::uint8_t>;

struct Upload {                 // len 0
    std::uint16_t destination;  // 128, 192 and so on to 1024
    OctetSpan bytecode;
};
struct Reference {  // len 1, 2 or 3
    OctetSpan partial_identifier;
};
struct Nack {
    std::uint8_t reason = 0;  // a Reason, or what a later version says
    std::uint8_t opcode = 0;
    std::uint16_t pc = 0;
    crypto::Sha1Digest failed_message{};
    Octets details;
    bool operator==(const Nack&) const = default;
};

// Points into the octets it was parsed from.
struct Message {
    OctetSpan returned_feedback;  // as it stands, its first octet included; empty if there is none
    std::variant<Upload, Reference, Nack> what;
    OctetSpan header;     // all before `remaining`
    OctetSpan remaining;  // the input of the bytecode; of a NACK empty
};
Result<Message, Failure> parse_message(OctetSpan octets);

// Everything before the remaining message. `returned_feedback` is empty or an item as it was requested.
Octets upload_header(OctetSpan returned_feedback, std::uint16_t destination, OctetSpan bytecode);
Octets reference_header(OctetSpan returned_feedback, OctetSpan partial_identifier);  // of 6, 9 or 12 octets

// The answer to a message that failed; `failed_message` is all its octets, none for a framing error.
Octets nack_for(const Failure& failure, OctetSpan failed_message);

}  // namespace ims::sigcomp
