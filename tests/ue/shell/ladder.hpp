#pragma once
#include "common/base/ip.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace ims::ue {

// The SIP of one UE as a ladder of two lines, written as it happens.
//
//              127.0.0.1:40112                              127.0.1.10:5060
//       0.003  |--- REGISTER (1) ------------------------------------------>|
//       0.009  |<-- 401 Unauthorized (1 REGISTER) --------------------------|
class Ladder {
  public:
    Ladder(std::FILE* out, bool with_messages) : out_{out}, with_messages_{with_messages} {}

    void heads(const IpEndpoint& ue, const IpEndpoint& pcscf);
    void sent(double time, std::string_view message);
    void received(double time, std::string_view message);

  private:
    void rung(double time, std::string_view message, bool outwards);

    std::FILE* out_;
    bool with_messages_;
};

}  // namespace ims::ue
