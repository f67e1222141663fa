#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ims::diameter {

// A folder that goes away with its owner.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Runs a program to its end; false unless it exits with 0.
bool run(const std::vector<std::string>& arguments);

// A TCP port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

// key.pem, cert.pem and ca.pem (which signed it) for a host name, in `folder`/<name>-*.pem.
struct Credential {
    std::string certificate, key, ca;
};
Credential make_credential(const std::filesystem::path& folder, const std::string& name);

// Debian's freeDiameterd as an independent Diameter node: peer and relay. Ends with its owner.
class FreeDiameter {
  public:
    struct Neighbour {
        std::string identity;
        std::uint16_t port = 0;  // 0: it connects to freeDiameterd
        std::vector<std::string> addresses{"127.0.0.1"};
    };
    static bool installed();

    // Over TCP on 127.0.0.1, or over SCTP and nothing else at these addresses.
    FreeDiameter(std::string identity, std::vector<Neighbour> neighbours,
                 const std::vector<std::string>& sctp_addresses = {});
    ~FreeDiameter();
    FreeDiameter(const FreeDiameter&) = delete;
    FreeDiameter& operator=(const FreeDiameter&) = delete;

    void start();
    void signal(int number);  // to its process
    bool wait();              // for its end; false after ten seconds
    // It calls its side of the connection to a peer open, which comes after the CEA that opens the other
    // side: until then requests for that peer are answered UNABLE_TO_DELIVER. Read from its log, from its
    // last start on.
    bool has_open(const std::string& peer) const;
    std::string log() const;
    const std::string& identity() const { return identity_; }
    std::uint16_t port() const { return port_; }

  private:
    std::string identity_;
    std::uint16_t port_;
    TemporaryFolder folder_;
    pid_t pid_ = -1;
};

}  // namespace ims::diameter
