#pragma once
#include "common/diameter/codec/avp.hpp"
#include "common/diameter/codec/codec.hpp"

#include <optional>
#include <vector>

// The look at the octets before they are read. It knows of every length, flag and value that RFC 6733 has a
// verdict for, so whatever reads them after it only ever sees sound input. Private to common/diameter/codec.
namespace ims::diameter::codec {

struct RawAvp {
    const AvpDefinition* definition = nullptr;  // nullptr: unknown, and may be ignored
    bool mandatory = false;
    std::uint8_t header = 8;               // octets of it
    std::span<const std::uint8_t> octets;  // header and value, no padding

    bool is(Avp avp) const { return definition != nullptr && definition->avp == avp; }
    std::span<const std::uint8_t> value() const { return octets.subspan(header); }
};

struct Scanned {
    Header header;
    std::vector<RawAvp> avps;  // the top level, in order
    // Nothing in it but what our dictionary has, at every depth, and nothing of which libfdproto might think
    // otherwise than we: it need not be asked (judge.hpp).
    bool plain = true;
};

ims::Result<Scanned, Malformed> scan(std::span<const std::uint8_t> octets);

// The next AVP of octets that scan() has found sound, which then begin behind it.
RawAvp take_avp(std::span<const std::uint8_t>& rest);

// RFC 6733 7.5: a missing AVP is shown by an example of it, with a value of zeros.
Octets example(Avp avp);

constexpr std::uint32_t command_cer = 257, command_dwr = 280, command_dpr = 282;
constexpr std::uint32_t first_cx_command = 300, last_cx_command = 305;

}  // namespace ims::diameter::codec
