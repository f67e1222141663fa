#pragma once
#include "common/base/result.hpp"
#include "common/sip/net/transports.hpp"

#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace ims::sip {

struct SslDeleter {
    void operator()(ssl_st* ssl) const;
    void operator()(ssl_ctx_st* context) const;
};
using SslPointer = std::unique_ptr<ssl_st, SslDeleter>;

// What a TlsConfig says, ready for use: TLS 1.2 and 1.3 (RFC 5246, RFC 8446). What was made of it keeps it
// alive.
class TlsContexts {
  public:
    static Result<TlsContexts, std::string> load(
        const TlsConfig& config);  // or what is wrong with which file

    bool serves() const { return serves_; }  // there is a certificate to show
    SslPointer server() const;
    // Asks for the certificate of `host` (RFC 6066 3), where that is a name.
    SslPointer client(const std::string& host) const;

  private:
    std::unique_ptr<ssl_ctx_st, SslDeleter> server_, client_;
    bool serves_ = false;
};

// Whom the certificate of a peer speaks of.
struct PeerIdentity {
    std::string subject;             // "CN=pcscf.example,O=Example"
    std::vector<std::string> names;  // domains (RFC 5922 7.1) and IP addresses
    bool speaks_of(std::string_view host) const;
};
std::optional<PeerIdentity> peer_identity(const ssl_st* ssl);  // nothing: it showed none

// Why a handshake failed, as far as certificates say it: "certificate has expired (CN=ue1, expired on
// 2026-11-29 12:00:00 UTC)" of the peer's chain, and whether ours is out of its time. Empty: they do not say.
std::string certificate_trouble(const ssl_st* ssl);

}  // namespace ims::sip
