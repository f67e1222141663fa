#pragma once
#include "common/trace/memory.hpp"

#include <cstdint>
#include <string_view>

namespace ims::trace {

// A message as it went over the wire of a service, SIP or Diameter; what TLS carried is in the clear.
struct WireMessage {
    enum class Protocol : std::uint8_t { Sip, Diameter };
    Protocol protocol = Protocol::Sip;
    bool out = false;  // sent by the service
    WallClock at;
    Way way;
    std::string_view octets;
};

}  // namespace ims::trace
