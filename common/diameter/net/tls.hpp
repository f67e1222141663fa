#pragma once
#include "common/diameter/peer/config.hpp"

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

namespace ims::diameter {

// Certificates of both ends, TLS 1.2 or later, and no peer without one (RFC 6733 13.1). Throws
// boost::system::system_error when a file cannot be used.
std::unique_ptr<boost::asio::ssl::context> make_tls_context(const TlsConfig& config);

// The DNS names of the peer's certificate (subjectAltName, else the common name); empty without one.
std::vector<std::string> certified_names(SSL* ssl);

}  // namespace ims::diameter
