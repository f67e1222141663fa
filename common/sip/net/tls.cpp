#include "common/sip/net/tls.hpp"

#include "common/base/ip.hpp"
#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace ims::sip {

namespace {

using ContextPointer = std::unique_ptr<SSL_CTX, SslDeleter>;

std::string last_error() {
    const auto code = ERR_peek_error();
    const char* text = ERR_reason_error_string(code);
    std::string why = text != nullptr ? text : "unknown reason";
    ERR_clear_error();
    return why;
}

// A key with a passphrase is refused: nobody is there to type it.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

ContextPointer new_context(const SSL_METHOD* method) {
    ContextPointer context{SSL_CTX_new(method)};
    if (!context) return context;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    // With TLS 1.2: forward secrecy and authenticated encryption only, which is all that TLS 1.3 knows.
    SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM");
    // A SIP message says itself where it ends, so a stream that is cut off is no danger (RFC 8446 6.1).
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // An idle connection keeps no buffers; what waits to be written may move, and be written in parts.
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Sessions are resumed by tickets; nothing of them is kept here.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context.get(), 1);
    SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
    return context;
}

std::string show_certificate(SSL_CTX* context, const TlsConfig& config) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, config.certificate.c_str()) != 1)
        return "certificate " + config.certificate + ": " + last_error();
    if (SSL_CTX_use_PrivateKey_file(context, config.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return "key " + config.key + ": " + last_error();
    if (SSL_CTX_check_private_key(context) != 1) return "key " + config.key + ": " + last_error();
    return {};
}

std::string trust(SSL_CTX* context, const TlsConfig& config) {
    ERR_clear_error();
    if (config.ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
        return {};
    }
    if (SSL_CTX_load_verify_file(context, config.ca.c_str()) != 1)
        return "ca " + config.ca + ": " + last_error();
    return {};
}

std::string domain_of_uri(std::string_view uri) {
    // RFC 5922 7.1: a sip URI without a user part; with one it is a person's.
    if (!iequals(uri.substr(0, 4), "sip:") || uri.find('@') != uri.npos) return {};
    return std::string{uri.substr(4, uri.find_first_of(":;?", 4) - 4)};
}

std::string text_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
    const auto raw = text_of(octets);
    std::array<std::uint8_t, 16> bytes{};
    if (raw.size() != 4 && raw.size() != 16) return {};
    std::copy(raw.begin(), raw.end(), bytes.begin());
    if (raw.size() == 16) return IpAddress::v6(bytes).text();
    return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}).text();
}

// RFC 5922 7.1: SIP URIs and DNS names of subjectAltName; the common name only where there are none of them.
std::vector<std::string> names_of(X509* certificate) {
    std::vector<std::string> names;
    auto* alternatives =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
        const auto* name = sk_GENERAL_NAME_value(alternatives, i);
        std::string text;
        if (name->type == GEN_URI) text = domain_of_uri(text_of(name->d.uniformResourceIdentifier));
        if (name->type == GEN_DNS) text = text_of(name->d.dNSName);
        if (name->type == GEN_IPADD) text = address_text(name->d.iPAddress);
        if (!text.empty()) names.push_back(std::move(text));
    }
    GENERAL_NAMES_free(alternatives);
    if (!names.empty()) return names;
    const auto* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
    return names;
}

std::string subject_of(X509* certificate) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()), BIO_free};
    X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* text = nullptr;
    const auto length = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(length)};
}

std::string time_text(const ASN1_TIME* time) {
    std::tm tm{};
    std::array<char, 32> text{};
    if (ASN1_TIME_to_tm(time, &tm) != 1) return "a time that cannot be read";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &tm)};
}

// Empty: it is now within its time.
std::string out_of_time(const X509* certificate) {
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        return "expired on " + time_text(X509_get0_notAfter(certificate));
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        return "valid from " + time_text(X509_get0_notBefore(certificate));
    return {};
}

// What was wrong with a certificate of the peer's chain lies with its SSL, since the certificate itself is
// gone when the handshake has failed.
int trouble_index() {
    static const int index = SSL_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* trouble, CRYPTO_EX_DATA*, int, long, void*) {
            delete static_cast<std::string*>(trouble);
        });
    return index;
}

int on_verified(int good, X509_STORE_CTX* chain) {
    if (good == 1) return 1;
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* certificate = X509_STORE_CTX_get_current_cert(chain);
    std::string trouble = X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
    if (certificate != nullptr) {
        const auto time = out_of_time(certificate);
        trouble += " (" + subject_of(certificate) + (time.empty() ? "" : ", " + time) + ")";
    }
    delete static_cast<std::string*>(SSL_get_ex_data(ssl, trouble_index()));
    SSL_set_ex_data(ssl, trouble_index(), new std::string{std::move(trouble)});
    return 0;
}

}  // namespace

void SslDeleter::operator()(ssl_st* ssl) const {
    SSL_free(ssl);
}
void SslDeleter::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

Result<TlsContexts, std::string> TlsContexts::load(const TlsConfig& config) {
    using Clients = TlsConfig::ClientCertificates;
    TlsContexts contexts;
    contexts.server_ = new_context(TLS_server_method());
    contexts.client_ = new_context(TLS_client_method());
    auto* server = contexts.server_.get();
    auto* client = contexts.client_.get();
    if (server == nullptr || client == nullptr) return last_error();
    contexts.serves_ = !config.certificate.empty();
    for (auto* context : {server, client}) {
        if (contexts.serves_)
            if (auto why = show_certificate(context, config); !why.empty()) return why;
        if (auto why = trust(context, config); !why.empty()) return why;
    }
    SSL_CTX_set_verify(client, config.verify_servers ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       config.verify_servers ? on_verified : nullptr);
    if (config.client_certificates != Clients::None) {
        const int demanded =
            config.client_certificates == Clients::Required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
        SSL_CTX_set_verify(server, SSL_VERIFY_PEER | demanded, on_verified);
        if (!config.ca.empty())
            SSL_CTX_set_client_CA_list(server, SSL_load_client_CA_file(config.ca.c_str()));
    }
    static constexpr std::array<unsigned char, 3> resumed_here{'s', 'i', 'p'};
    SSL_CTX_set_session_id_context(server, resumed_here.data(), resumed_here.size());
    return contexts;
}

SslPointer TlsContexts::server() const {
    SslPointer ssl{SSL_new(server_.get())};
    if (ssl) SSL_set_accept_state(ssl.get());
    return ssl;
}

SslPointer TlsContexts::client(const std::string& host) const {
    SslPointer ssl{SSL_new(client_.get())};
    if (!ssl) return ssl;
    SSL_set_connect_state(ssl.get());
    if (!host.empty() && !IpAddress::parse(host))
        SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str()));
    return ssl;
}

// RFC 5922 7.2: names are equal without regard to case, and a wildcard is none.
bool PeerIdentity::speaks_of(std::string_view host) const {
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return iequals(name, host); });
}

std::optional<PeerIdentity> peer_identity(const ssl_st* ssl) {
    auto* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) return std::nullopt;
    return PeerIdentity{subject_of(certificate), names_of(certificate)};
}

std::string certificate_trouble(const ssl_st* ssl) {
    std::string why;
    if (const auto* trouble = static_cast<const std::string*>(SSL_get_ex_data(ssl, trouble_index())))
        why = *trouble;
    const auto* ours = SSL_get_certificate(ssl);
    const auto time = ours == nullptr ? std::string{} : out_of_time(ours);
    if (!time.empty()) why += (why.empty() ? "" : "; ") + std::string{"our own certificate: "} + time;
    return why;
}

}  // namespace ims::sip
