#pragma once
#include "common/sip/message/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ims::sip {

// The Via branches and To tags that one element makes (RFC 3261 8.1.1.7, 16.6 step 8; RFC 5393 4.2.1).
//
//   z9hG4bK <instance> . <client transaction> [ . <part 2> ]        all in lower-case hexadecimal
//   z9hG4bK <instance> . s <hash>                                   of a request forwarded statelessly
//
// The instance is random and long enough that nobody guesses a branch. Part 2 stands for everything the
// location logic used; branches of requests that were not proxied have none.
class BranchMaker {
  public:
    explicit BranchMaker(std::uint64_t secret, std::string instance);

    std::string branch(std::uint64_t client, std::optional<std::uint64_t> part2) const;
    // The client transaction of a branch of ours.
    std::optional<std::uint64_t> client_of(std::string_view branch) const;

    // RFC 3261 16.11: the same for each repetition of a request, for its CANCEL and the ACK of its refusal.
    // `request` has the Via it came with on top.
    std::string stateless_branch(const Message& request) const;
    bool is_stateless(std::string_view branch) const;

    // Part 2 of a request as it arrived: Request-URI, Route, Call-ID, CSeq number, P-Served-User; not the
    // method.
    std::uint64_t part2(const Message& request) const;
    // RFC 5393 4.2.2: was this request here before, with all that decides about its way unchanged?
    bool loops(const Message& request, std::uint64_t part2) const;

    // RFC 3261 8.2.7: the same for each repetition of a request, for its CANCEL and its ACK; needs no memory.
    std::string local_tag(const Message& request) const;

  private:
    std::uint64_t secret_;
    std::string prefix_;  // cookie, instance and dot
};

}  // namespace ims::sip
