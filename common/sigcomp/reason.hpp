#pragma once
#include "common/base/text.hpp"

#include <cstdint>
#include <string_view>

namespace ims::sigcomp {

// Why a SigComp message could not be decompressed: the reason codes of a NACK (RFC 4077 3.2).
enum class Reason : std::uint8_t {
    StateNotFound = 1,  // details: the (partial) state identifier
    CyclesExhausted,    // details: cycles_per_bit, one octet
    UserRequested,      // the bytecode executed DECOMPRESSION-FAILURE
    Segfault,
    TooManyStateRequests,
    InvalidStateIdLength,
    InvalidStatePriority,
    OutputOverflow,
    StackUnderflow,
    BadInputBitorder,
    DivByZero,
    SwitchValueTooHigh,
    TooManyBitsRequested,
    InvalidOperand,
    HuffmanNoMatch,
    MessageTooShort,
    InvalidCodeLocation,
    BytecodesTooLarge,  // details: decompression_memory_size, two octets
    InvalidOpcode,
    InvalidStateProbe,
    IdNotUnique,  // details: the partial state identifier
    MultiloadOverwritten,
    StateTooShort,  // details: the partial state identifier
    InternalError,
    FramingError,
};
std::string_view reason_text(Reason r);  // as RFC 4077 prints it: "STATE_NOT_FOUND"

struct Failure {
    Reason reason = Reason::InternalError;
    std::uint8_t opcode = 0;  // of the instruction that failed, and where it stands;
    std::uint16_t pc = 0;     // both 0 if no instruction had been executed yet
    Octets details;           // what the reason asks for, else empty
    bool operator==(const Failure&) const = default;
};

}  // namespace ims::sigcomp
