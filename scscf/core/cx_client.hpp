#pragma once
#include "common/base/procedure.hpp"
#include "common/node/node.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace ims::scscf {

struct CxQuestion {
    cx::Request request;
    std::optional<std::string> destination_host;
};
// What came of a question: the event that is being handled, so it is gone when the next one is asked.
using CxReply = std::variant<const cx::AnswerArrived*, const cx::SendFailed*>;
struct Done {};
// A procedure that waits for the HSS once or more; what it decides it does itself.
using CxProcedure = Procedure<CxQuestion, CxReply, Done>;

// Procedures that wait for the HSS. They die with the process: so do the SIP transactions they serve.
class CxClient {
  public:
    void run(CxProcedure procedure, Effects& out);
    void tell(cx::Request request, std::optional<std::string> destination_host,
              Effects& out);  // nobody waits
    void arrived(cx::RequestId id, CxReply reply, Effects& out);
    std::size_t waiting() const { return waiting_.size(); }

  private:
    void go_on(CxProcedure procedure, std::optional<CxQuestion> question, Effects& out);
    std::unordered_map<cx::RequestId, CxProcedure> waiting_;
    std::unordered_map<cx::RequestId, std::string_view> told_;  // by the command's name
    std::uint64_t next_ = 0;
};

// The answer of type A, or nothing if there is none of it.
template <class A>
const A* answer_in(const CxReply& reply) {
    const auto* arrived = std::get_if<const cx::AnswerArrived*>(&reply);
    return arrived == nullptr ? nullptr : std::get_if<A>(&(*arrived)->answer);
}
std::string_view origin_host(const CxReply& reply);

// Why the HSS gave nothing, and the status to answer with. TS 24.229 names no status for errors of MAA and
// SAA: what may heal by itself is 504, a refusal is 403.
struct CxFailure {
    int status = 504;
    std::string reason;  // for the log: "SAA: DIAMETER_ERROR_USER_UNKNOWN (5001)"
};
std::optional<CxFailure> failure_in(const CxReply& reply);

}  // namespace ims::scscf
