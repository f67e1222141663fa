#pragma once
#include "common/base/time.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace ims::runtime {

// What changed since the state file was written, line by line behind it: PATH.journal, readable by its owner
// only. What is written is with the kernel, so a killed process loses nothing; a machine that loses its power
// may lose the last moments.
//
//   append() ... a save begins: turn_over() ... append() ... it is written: forget_earlier()
class Journal {
  public:
    explicit Journal(const std::string& state_file)
        : path_{state_file + ".journal"}, earlier_{state_file + ".journal.1"} {}
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    // Each line bears the wall clock of its writing. False with `why` set if not all could be written.
    bool append(std::string_view lines, WallTime now, std::string& why);
    // What was written so far is older than the save that begins now; what comes goes to a new file.
    bool turn_over(std::string& why);
    void forget_earlier();

    // All that is there, oldest first, with their age. A last line that a crash cut is left out.
    using Take = std::function<bool(std::string_view line, std::chrono::seconds age)>;  // false: it is no use
    bool read(WallTime now, const Take& take, std::string& why) const;

  private:
    std::string path_, earlier_;
    int file_ = -1;
};

}  // namespace ims::runtime
