#include "tests/integration/hss/cluster.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include <unistd.h>

namespace ims::hss::test {
namespace {

const std::string bin = "/usr/lib/postgresql/15/bin/";

}  // namespace

std::string Cluster::as_user(const std::string& command) const {
    // initdb and postgres refuse to run as root.
    return ::geteuid() == 0 ? "runuser -u postgres -- " + command : command;
}

void Cluster::run(const std::string& command) const {
    const auto log = folder_ + "/commands.log";
    if (std::system((command + " >> " + log + " 2>&1 < /dev/null").c_str()) != 0)
        throw std::runtime_error{"failed: " + command + ", see " + log};
}

Cluster::Cluster() {
    std::string pattern = "/tmp/ims-hss-XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error{"no temporary folder"};
    folder_ = pattern;
    if (::geteuid() == 0) run("chown postgres " + folder_);
    run("cd " + folder_ + " && " +
        as_user(bin + "initdb -D " + folder_ + "/data -U ims -A trust -E UTF8 --locale=C --no-sync"));
    start();
}

Cluster::~Cluster() {
    std::system(("cd / && " + as_user(bin + "pg_ctl -D " + folder_ + "/data -m immediate -w stop") +
                 " > /dev/null 2>&1")
                    .c_str());
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

Cluster& Cluster::instance() {
    static Cluster cluster;
    return cluster;
}

void Cluster::start() {
    // What is killed here is PostgreSQL, not the machine: its writes are safe with the kernel, and a busy
    // disk is spared.
    run("cd " + folder_ + " && " +
        as_user(bin + "pg_ctl -D " + folder_ + "/data -l " + folder_ + "/postgres.log -w -o \"-k " + folder_ +
                " -c listen_addresses= -c fsync=off -c shared_buffers=64MB -c max_connections=60\" start"));
}
void Cluster::stop() {
    run("cd " + folder_ + " && " + as_user(bin + "pg_ctl -D " + folder_ + "/data -m fast -w stop"));
}
void Cluster::kill() {
    run("cd " + folder_ + " && " + as_user(bin + "pg_ctl -D " + folder_ + "/data -m immediate -w stop"));
}

std::string Cluster::fresh_database() {
    const auto name = "t" + std::to_string(++databases_);
    run(bin + "createdb -h " + folder_ + " -U ims " + name);
    return "host=" + folder_ + " user=ims dbname=" + name;
}

std::string Cluster::dump(const std::string& connection) const {
    const auto name = connection.substr(connection.find("dbname=") + 7);
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe{
        ::popen((bin + "pg_dump -h " + folder_ + " -U ims " + name).c_str(), "r"), ::pclose};
    std::string out;
    std::array<char, 65536> buffer{};
    while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
        out.append(buffer.data(), n);
    return out;
}

}  // namespace ims::hss::test
