#pragma once
#include "common/base/random.hpp"
#include "common/diameter/peer/effects.hpp"

#include <string>

namespace ims::diameter {

// Numbers that must not repeat. One per Node.
class Identifiers {
  public:
    // `origin_state_id`: RFC 6733 8.16, greater at every start: seconds since 1970.
    Identifiers(std::uint32_t origin_state_id, Random& random)
        : origin_state_id_{origin_state_id},
          hop_by_hop_{static_cast<std::uint32_t>(random.number())},
          // RFC 6733 3: the clock's low 12 bits above 20 random bits, so that a restart within four minutes
          // repeats none.
          end_to_end_{origin_state_id << 20 | static_cast<std::uint32_t>(random.number() & 0xfffff)} {}

    std::uint32_t origin_state_id() const { return origin_state_id_; }
    std::uint32_t hop_by_hop() { return ++hop_by_hop_; }
    std::uint32_t end_to_end() { return ++end_to_end_; }
    ConnectionId connection() { return ConnectionId{++connection_}; }
    // RFC 6733 8.8: "<DiameterIdentity>;<high 32 bits>;<low 32 bits>".
    std::string session(const std::string& identity) {
        ++session_;
        return identity + ';' +
               std::to_string(origin_state_id_ + static_cast<std::uint32_t>(session_ >> 32)) + ';' +
               std::to_string(static_cast<std::uint32_t>(session_));
    }

  private:
    std::uint32_t origin_state_id_;
    std::uint32_t hop_by_hop_;
    std::uint32_t end_to_end_;
    std::uint64_t connection_ = 0;
    std::uint64_t session_ = 0;
};

}  // namespace ims::diameter
