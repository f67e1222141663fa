#pragma once
#include "common/base/ip.hpp"
#include "common/base/time.hpp"
#include "common/sip/locate/locator.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace ims::sip {

struct ResolverConfig {
    struct NamedServer {
        std::string host;
        std::uint16_t port = 53;
    };

    std::vector<IpEndpoint> servers;  // empty, and nothing named: what the system's resolv.conf says
    Duration timeout = 2s;            // of the first attempt at a server; c-ares lengthens it for the next
    unsigned attempts = 2;            // at each server
    std::vector<NamedServer> named_servers = {};  // servers whose addresses the system's own resolver knows
};

// DNS through c-ares on the process' loop: NAPTR, SRV, A, AAAA, with TTLs (a CNAME's counts for what it leads
// to). Every ask() ends in exactly one answer, never from within ask(). Names are asked as they are: no
// search list.
//
// A server with a name is looked for before the first question, and again when a question fails: servers move
// where containers start. If one has moved, the question is asked once more.
class Resolver {
  public:
    using Sink = std::function<void(dns::Answer)>;
    // Where a named server is: ends in one call of Found, with addresses or with the reason why there are
    // none.
    using Found = std::function<void(std::vector<IpEndpoint>, std::string why)>;
    using Lookup = std::function<void(const ResolverConfig::NamedServer&, Found)>;

    Resolver(boost::asio::io_context& io, ResolverConfig config, Sink sink,
             Lookup lookup = {});  // the system's
    ~Resolver();                   // questions under way get no answer
    bool usable(std::string& why) const;
    void ask(dns::Query query);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::sip
