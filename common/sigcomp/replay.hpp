#pragma once
#include "common/sigcomp/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ims::sigcomp {

// SigComp messages as lines of text, for tests and for who has a capture: "COMPARTMENT HEX" gives "ok HEX" or
// "fail REASON", where everything COMPARTMENT sends is accepted from it. COMPARTMENT is any word.
class Replay {
  public:
    Replay(const Parameters& offers, TransportKind kind) : endpoint_{{offers, 100'000}}, kind_{kind} {}

    // Nothing for an empty line and for one that begins with '#'. Without a line end on either side.
    std::optional<std::string> line(std::string_view text);
    bool failed() const { return failed_; }  // any line so far

  private:
    std::string fail(std::string_view reason);

    Endpoint endpoint_;
    TransportKind kind_;
    bool failed_ = false;
};

}  // namespace ims::sigcomp
