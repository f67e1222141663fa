#pragma once
#include "common/sip/net/transports.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

// A folder with a root of its own and certificates made of it, for as long as a test lasts.
namespace ims::sip {

class Credentials {
  public:
    explicit Credentials(const std::string& root = "test root")
        : folder_{std::filesystem::temp_directory_path() /
                  ("ims-tls-" + std::to_string(getpid()) + "-" + root)} {
        std::filesystem::create_directories(folder_);
        make("ca", root, {});
    }
    ~Credentials() { std::filesystem::remove_all(folder_); }
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    std::string path(const std::string& file) const { return (folder_ / file).string(); }
    std::string ca() const { return path("ca.pem"); }
    // `names` as subjectAltName has them: "DNS:pcscf.example,IP:127.0.0.1".
    // Valid from and until, in seconds from now.
    struct Validity {
        long from = 0, until = 2L * 86400;
    };
    TlsConfig of(const std::string& name, const std::string& names,
                 std::optional<Validity> validity = {}) const {
        make(name, name, names);
        if (validity) change(name, *validity);
        return {.certificate = path(name + ".pem"), .key = path(name + ".key"), .ca = ca()};
    }

  private:
    void make(const std::string& file, const std::string& name, const std::string& names) const {
        std::string command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
            "-subj '/CN=" +
            name + "' -keyout '" + path(file + ".key") + "' -out '" + path(file + ".pem") + "'";
        if (!names.empty())
            command += " -CA '" + ca() + "' -CAkey '" + path("ca.key") +
                       "' -addext 'subjectAltName=" + names + "' -addext basicConstraints=critical,CA:FALSE";
        if (std::system((command + " 2>/dev/null").c_str()) != 0)
            throw std::runtime_error{"openssl made no certificate"};
    }
    // openssl's commands of Debian 12 date no certificate back.
    void change(const std::string& file, const Validity& validity) const {
        const auto read = [this](const std::string& of, auto reader) {
            const std::unique_ptr<BIO, decltype(&BIO_free)> in{BIO_new_file(path(of).c_str(), "r"), BIO_free};
            return reader(in.get(), nullptr, nullptr, nullptr);
        };
        const std::unique_ptr<X509, decltype(&X509_free)> certificate{read(file + ".pem", PEM_read_bio_X509),
                                                                      X509_free};
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> root{
            read("ca.key", PEM_read_bio_PrivateKey), EVP_PKEY_free};
        const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new_file(path(file + ".pem").c_str(), "w"),
                                                            BIO_free};
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), validity.from);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validity.until);
        if (X509_sign(certificate.get(), root.get(), EVP_sha256()) == 0 ||
            PEM_write_bio_X509(out.get(), certificate.get()) != 1)
            throw std::runtime_error{"the certificate could not be signed again"};
    }
    std::filesystem::path folder_;
};

}  // namespace ims::sip
