#pragma once
#include "common/base/ip.hpp"
#include "common/base/time.hpp"
#include "common/sip/locate/locator.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace ims::sip {

struct ResolverConfig {
    std::vector<IpEndpoint> servers;  // empty: what the system's resolv.conf says
    Duration timeout = 2s;            // of the first attempt at a server; c-ares lengthens it for the next
    unsigned attempts = 2;            // at each server
};

// DNS through c-ares on the process' loop: NAPTR, SRV, A, AAAA, with TTLs (a CNAME's counts for what it leads
// to). Every ask() ends in exactly one answer, never from within ask(). Names are asked as they are: no
// search list.
class Resolver {
  public:
    using Sink = std::function<void(dns::Answer)>;

    Resolver(boost::asio::io_context& io, ResolverConfig config, Sink sink);
    ~Resolver();  // questions under way get no answer
    bool usable(std::string& why) const;
    void ask(dns::Query query);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::sip
