#pragma once
#include "common/base/log_line.hpp"
#include "common/base/measurement.hpp"
#include "common/base/note.hpp"
#include "common/base/time.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/http_server.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/metrics.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

// What every executable is: options, a configuration file, one loop, a log, an admin port, signals.
//
//   --config FILE   run with this configuration        --check-config   print every mistake in it and leave
//   --version    --help    --log-lines                 what can be logged as warning or error, and what to do
//   then SIGTERM, SIGINT drain and leave with 0 (a second one: at once)      SIGHUP  reload what can be
//   reloaded
// Exit status: 0 as asked, 1 could not start or run, 2 wrong options or configuration.
namespace ims::runtime {

struct Health {
    bool ok = true;
    // Shown by /healthz: {"status":"ok","service":"hss","checks":{"database":"connected"}}
    std::vector<std::pair<std::string, std::string>> checks{};
};

class Process;

// What a process hosts: a CSCF core with its shell, or the HSS. Everything is called on the loop.
class Hosted {
  public:
    virtual ~Hosted() = default;
    // Opens sockets and connections; false with `why` set: the process ends with 1.
    virtual bool start(std::string& why) = 0;
    virtual void drain() = 0;                              // finish what is under way, refuse the rest
    virtual bool idle() const = 0;                         // asked while draining
    virtual void stop(std::function<void()> stopped) = 0;  // after drain; say so when all is closed
    // SIGHUP: a checked new configuration, and the keys that differ from what the process was started with.
    virtual void reload(Document& document, const std::vector<std::string>& changed) {
        (void)document, (void)changed;
    }
    virtual Health health() const = 0;
    virtual void collect(Exposition& out) const = 0;  // metrics besides notes and the process' own
};

struct Program {
    std::string name{};                 // "hss"
    std::string description{};          // one line for --help
    std::vector<LogLines> log_lines{};  // besides those of every process
    std::span<const Measurement> measurements{};
    using Make = std::function<std::unique_ptr<Hosted>(Process&)>;
    // Reads the program's configuration from the document's root (log, admin and drain_limit are read
    // already); mistakes stay in the document and `Make` is then not called. Also called to check before a
    // reload.
    std::function<Make(Section root)> configure{};
};

class Process {
  public:
    virtual ~Process() = default;
    virtual boost::asio::io_context& io() = 0;
    virtual Log& log() = 0;
    virtual Metrics& metrics() = 0;
    virtual void note(const Note& note) = 0;  // logs and counts
    // A route of the admin port beside /metrics and /healthz.
    virtual void admin_route(std::string method, std::string path, HttpServer::Handler handler) = 0;
    virtual const std::string& name() const = 0;
};

int run_program(int argc, const char* const* argv, const Program& program);

}  // namespace ims::runtime
