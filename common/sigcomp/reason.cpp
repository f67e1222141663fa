#include "common/sigcomp/reason.hpp"

namespace ims::sigcomp {

std::string_view reason_text(Reason r) {
    switch (r) {
        case Reason::StateNotFound: return "STATE_NOT_FOUND";
        case Reason::CyclesExhausted: return "CYCLES_EXHAUSTED";
        case Reason::UserRequested: return "USER_REQUESTED";
        case Reason::Segfault: return "SEGFAULT";
        case Reason::TooManyStateRequests: return "TOO_MANY_STATE_REQUESTS";
        case Reason::InvalidStateIdLength: return "INVALID_STATE_ID_LENGTH";
        case Reason::InvalidStatePriority: return "INVALID_STATE_PRIORITY";
        case Reason::OutputOverflow: return "OUTPUT_OVERFLOW";
        case Reason::StackUnderflow: return "STACK_UNDERFLOW";
        case Reason::BadInputBitorder: return "BAD_INPUT_BITORDER";
        case Reason::DivByZero: return "DIV_BY_ZERO";
        case Reason::SwitchValueTooHigh: return "SWITCH_VALUE_TOO_HIGH";
        case Reason::TooManyBitsRequested: return "TOO_MANY_BITS_REQUESTED";
        case Reason::InvalidOperand: return "INVALID_OPERAND";
        case Reason::HuffmanNoMatch: return "HUFFMAN_NO_MATCH";
        case Reason::MessageTooShort: return "MESSAGE_TOO_SHORT";
        case Reason::InvalidCodeLocation: return "INVALID_CODE_LOCATION";
        case Reason::BytecodesTooLarge: return "BYTECODES_TOO_LARGE";
        case Reason::InvalidOpcode: return "INVALID_OPCODE";
        case Reason::InvalidStateProbe: return "INVALID_STATE_PROBE";
        case Reason::IdNotUnique: return "ID_NOT_UNIQUE";
        case Reason::MultiloadOverwritten: return "MULTILOAD_OVERWRITTEN";
        case Reason::StateTooShort: return "STATE_TOO_SHORT";
        case Reason::InternalError: return "INTERNAL_ERROR";
        case Reason::FramingError: return "FRAMING_ERROR";
    }
    return "unknown reason";  // a NACK may carry a code of a later version
}

}  // namespace ims::sigcomp
