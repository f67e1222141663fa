#pragma once
#include "common/base/time.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/runtime/metrics.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace ims::runtime {

// The measurements of TS 32.409 on Cx: attempts, successes and failures of each command, and how long answers
// took, of what a service asks and of what it is asked.
class CxMeasurements {
  public:
    void sent(const cx::Send& send, TimePoint now);
    void arrived(const cx::AnswerArrived& answer, TimePoint now);
    void failed(const cx::SendFailed& failure, TimePoint now);

    void asked(const cx::RequestArrived& request, TimePoint now);
    void answered(const cx::Reply& reply, TimePoint now);

    // Commands that were never seen have no line.
    void collect(Exposition& out) const;

  private:
    struct Asked {
        std::size_t command = 0;  // which alternative of cx::Request
        TimePoint at;
    };
    struct Command {
        std::uint64_t attempts = 0;
        std::map<std::string, std::uint64_t, std::less<>> successes, failures;  // by result
        Histogram seconds;
    };
    using Pending = std::unordered_map<cx::RequestId, Asked>;
    void begin(Pending& pending, cx::RequestId id, std::size_t command, TimePoint now);
    // The command that the id stands for, its time taken; null if it is not known.
    Command* end(Pending& pending, cx::RequestId id, TimePoint now);
    static void count(Command& command, const diameter::Result& result);

    std::array<Command, std::variant_size_v<cx::Request>> commands_;
    Pending ours_, theirs_;
};

}  // namespace ims::runtime
