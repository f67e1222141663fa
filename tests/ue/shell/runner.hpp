#pragma once
#include "tests/ue/shell/options.hpp"

#include <memory>

namespace ims::ue {

// Carries out the script of a UE on real sockets and a real clock.
class Runner {
  public:
    explicit Runner(Options options);
    ~Runner();

    // Listens. run() does it too where it has not been done. False, and told, if a socket cannot be used.
    bool open();
    int run();  // the exit status, as script_help lists them

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::ue
