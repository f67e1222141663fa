#pragma once
#include "common/base/time.hpp"

#include <string>
#include <string_view>

namespace ims {

// A node that knows what must outlive its process even if that is killed in the next moment, between one
// save() and the next.
class Journaled {
  public:
    virtual ~Journaled() = default;
    // What has changed since it was last asked: lines of text, each with a line feed. Empty: nothing. Times
    // are relative to `now`. Each says the whole of what it names, so that repeating one changes nothing.
    virtual std::string take_journal(TimePoint now) = 0;
    // After restore(), in the order they were written; false with `why` set if the line is not ours.
    virtual bool replay(std::string_view line, TimePoint now, std::string& why) = 0;
};

}  // namespace ims
