#pragma once
#include "common/diameter/codec/avp.hpp"
#include "common/diameter/codec/codec.hpp"

#include <optional>
#include <vector>

// The look at the octets before libfdproto gets them. It knows of every length, flag and value that RFC 6733
// has a verdict for, so the parser behind it only ever sees sound input. Private to common/diameter/codec.
namespace ims::diameter::codec {

struct RawAvp {
    const AvpDefinition* definition = nullptr;  // nullptr: unknown, and may be ignored
    bool mandatory = false;
    std::span<const std::uint8_t> octets;  // header and value, no padding
};

struct Scanned {
    Header header;
    std::vector<RawAvp> avps;  // the top level, in order
};

ims::Result<Scanned, Malformed> scan(std::span<const std::uint8_t> octets);

// RFC 6733 7.5: a missing AVP is shown by an example of it, with a value of zeros.
Octets example(Avp avp);

constexpr std::uint32_t command_cer = 257, command_dwr = 280, command_dpr = 282;
constexpr std::uint32_t first_cx_command = 300, last_cx_command = 305;

}  // namespace ims::diameter::codec
