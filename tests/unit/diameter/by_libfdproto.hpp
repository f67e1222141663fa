#pragma once
#include "common/diameter/codec/codec.hpp"

// The codec's work done by libfdproto from beginning to end, as the judge of what the codec does by itself:
// it builds a tree of AVPs from our dictionary and writes it out, or parses octets to a tree that is read.
namespace ims::diameter::by_libfdproto {

Octets encode(const codec::Header& header, const codec::Head& head, const cx::Request& request);
Octets encode(const codec::Header& header, const codec::Head& head, const cx::Answer& answer);
Octets encode(const codec::Header& header, const BaseCommand& command);

ims::Result<codec::Message, codec::Malformed> decode(std::span<const std::uint8_t> octets);

// The same message, or refused for the same reason with the same answer.
bool same(const ims::Result<codec::Message, codec::Malformed>& a,
          const ims::Result<codec::Message, codec::Malformed>& b);

}  // namespace ims::diameter::by_libfdproto
