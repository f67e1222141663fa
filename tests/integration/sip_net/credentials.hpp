#pragma once
#include "common/sip/net/transports.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

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
    TlsConfig of(const std::string& name, const std::string& names) const {
        make(name, name, names);
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
    std::filesystem::path folder_;
};

}  // namespace ims::sip
