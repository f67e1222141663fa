#pragma once
#include "tests/ue/core/happening.hpp"
#include "tests/ue/core/rtp.hpp"

#include <string>
#include <string_view>

namespace ims::ue {

// Progress for a person, a line each, or for a program, a JSON object each.
class Report {
  public:
    explicit Report(bool json) : json_{json} {}

    void step(double time, std::string_view words);
    void happening(double time, const Happening& happening);
    void rtp(double time, std::uint64_t sent, const RtpReceiver& received);
    void failed(double time, std::string_view step, std::string_view why);
    void done(double time, int status);

  private:
    void line(double time, std::string_view text);
    bool json_;
};

}  // namespace ims::ue
