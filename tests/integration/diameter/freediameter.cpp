#include "freediameter.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ims::diameter {

namespace {

constexpr auto program = "/usr/bin/freeDiameterd";

pid_t spawn(const std::vector<std::string>& arguments, const std::string& output) {
    std::vector<char*> argv;
    for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // never to outlive a test that crashed
    const int fd = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream{path} << text;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ims-diameter-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error{"no temporary folder"};
    path_ = name;
}
TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

bool run(const std::vector<std::string>& arguments) {
    const auto pid = spawn(arguments, "/dev/null");
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::uint16_t free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(fd, reinterpret_cast<sockaddr*>(&address), length);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    close(fd);
    return ntohs(address.sin_port);
}

Credential make_credential(const std::filesystem::path& folder, const std::string& name) {
    const auto file = [&](const char* what) { return (folder / (name + what)).string(); };
    const Credential made{file("-cert.pem"), file("-key.pem"), (folder / "ca-cert.pem").string()};
    const auto ca_key = (folder / "ca-key.pem").string(), request = file("-request.pem"),
               names = file("-names.cnf");
    const std::vector<std::string> ec{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"};
    const auto with_ec = [&](std::vector<std::string> command, std::vector<std::string> rest) {
        command.insert(command.end(), ec.begin(), ec.end());
        command.insert(command.end(), rest.begin(), rest.end());
        return run(command);
    };
    bool ok = std::filesystem::exists(made.ca) ||
              with_ec({"openssl", "req", "-x509"},
                      {"-keyout", ca_key, "-out", made.ca, "-days", "2", "-subj", "/CN=test CA"});
    write_file(names, "subjectAltName=DNS:" + name + "\n");
    ok = ok && with_ec({"openssl", "req"}, {"-keyout", made.key, "-out", request, "-subj", "/CN=" + name});
    ok = ok && run({"openssl", "x509", "-req", "-in", request, "-CA", made.ca, "-CAkey", ca_key,
                    "-CAcreateserial", "-days", "2", "-extfile", names, "-out", made.certificate});
    if (!ok) throw std::runtime_error{"openssl made no certificate"};
    return made;
}

bool FreeDiameter::installed() {
    return access(program, X_OK) == 0;
}

FreeDiameter::FreeDiameter(std::string identity, std::vector<Neighbour> neighbours,
                           const std::vector<std::string>& sctp_addresses)
    : identity_{std::move(identity)}, port_{free_port()} {
    const auto credential = make_credential(folder_.path(), identity_);
    const std::string only = sctp_addresses.empty() ? "No_SCTP;" : "No_TCP;";
    std::ostringstream conf;
    conf << "Identity = \"" << identity_ << "\";\n"
         << "Realm = \"ims.example\";\n"
         << "Port = " << port_ << ";\nSecPort = 0;\n"
         << only << "\nNo_IPv6;\n"
         << "TwTimer = 6;\nTcTimer = 1;\n"
         << "TLS_Cred = \"" << credential.certificate << "\", \"" << credential.key << "\";\n"
         << "TLS_CA = \"" << credential.ca
         << "\";\n"
         // The peers that connect by themselves, without TLS.
         << "LoadExtension = \"acl_wl.fdx\" : \"" << (folder_.path() / "acl.conf").string() << "\";\n";
    for (const auto& address :
         sctp_addresses.empty() ? std::vector<std::string>{"127.0.0.1"} : sctp_addresses)
        conf << "ListenOn = \"" << address << "\";\n";
    write_file(folder_.path() / "acl.conf", "ALLOW_IPSEC *.ims.example\n");
    for (const auto& n : neighbours) {
        if (n.port == 0) continue;
        conf << "ConnectPeer = \"" << n.identity << "\" { ";
        for (const auto& address : n.addresses) conf << "ConnectTo = \"" << address << "\"; ";
        conf << "Port = " << n.port << "; No_TLS; " << only << " TcTimer = 1; };\n";
    }
    write_file(folder_.path() / "freeDiameter.conf", conf.str());
}

FreeDiameter::~FreeDiameter() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    if (wait()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void FreeDiameter::start() {
    pid_ = spawn({program, "-c", (folder_.path() / "freeDiameter.conf").string()},
                 (folder_.path() / "log").string());
    if (pid_ <= 0) throw std::runtime_error{"freeDiameterd did not start"};
}

void FreeDiameter::signal(int number) {
    kill(pid_, number);
}

bool FreeDiameter::wait() {
    for (int i = 0; i < 1000; ++i) {
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = -1;
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return false;
}

bool FreeDiameter::has_open(const std::string& peer) const {
    const auto text = log();
    const auto last_start = text.rfind("libfdcore '");
    return last_start != std::string::npos &&
           text.find("-> 'STATE_OPEN'\t'" + peer + "'", last_start) != std::string::npos;
}

std::string FreeDiameter::log() const {
    std::ostringstream text;
    text << std::ifstream{folder_.path() / "log"}.rdbuf();
    return text.str();
}

}  // namespace ims::diameter
