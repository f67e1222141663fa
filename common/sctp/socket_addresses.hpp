#pragma once
#include "common/base/sctp_endpoint.hpp"

#include <span>
#include <vector>

#include <sys/socket.h>

// IP endpoints to and from what libsctp wants: socket addresses packed one behind the other.
namespace ims::sctp {

class PackedAddresses {
  public:
    explicit PackedAddresses(const SctpEndpoint& endpoint);
    sockaddr* data() { return reinterpret_cast<sockaddr*>(octets_.data()); }
    int count() const { return count_; }

  private:
    std::vector<char> octets_;
    int count_ = 0;
};

// IPv4 for an IPv4 address mapped into IPv6 (RFC 4291 2.5.5.2), which is how an IPv6 socket tells it.
IpEndpoint endpoint_of(const sockaddr_storage& address);
std::vector<IpEndpoint> endpoints_of(const sockaddr* packed, int count);

}  // namespace ims::sctp
