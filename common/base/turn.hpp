#pragma once
#include <functional>
#include <utility>
#include <vector>

namespace ims {

// One turn of an event loop: a socket became readable or a timer fired, and all that follows from it. What is
// sent during a turn leaves together at its end, in few system calls and without another look at the loop.
// Those who send register once what they do at the end of a turn; outside of one they have to look after
// themselves.
class Turn {
  public:
    Turn() = default;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Called at the end of each turn; cheap if nothing was sent. What is sent from within it is sent outside
    // of a turn: another one's flush may already be over.
    void at_end(std::function<void()> flush) { flushes_.push_back(std::move(flush)); }
    bool under_way() const { return depth_ > 0 && !ending_; }

    // The outermost scope is the turn.
    class Scope {
      public:
        explicit Scope(Turn& turn) : turn_{turn} { ++turn_.depth_; }
        ~Scope() {
            if (turn_.depth_ == 1) {
                turn_.ending_ = true;
                for (const auto& flush : turn_.flushes_) flush();
                turn_.ending_ = false;
            }
            --turn_.depth_;
        }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        Turn& turn_;
    };

  private:
    std::vector<std::function<void()>> flushes_;
    int depth_ = 0;
    bool ending_ = false;
};

}  // namespace ims
