#include "common/runtime/process.hpp"

#include "common/runtime/log_lines.hpp"
#include "common/runtime/measurements.hpp"

#include <csignal>
#include <cstdio>
#include <iostream>
#include <map>
#include <variant>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <malloc.h>
#include <nlohmann/json.hpp>

namespace ims::runtime {

namespace {

using boost::system::error_code;

constexpr Duration idle_poll = 20ms;
constexpr Duration stop_limit = 5s;  // for Hosted::stop
constexpr Duration log_flush = 100ms;
constexpr Duration trim_interval = 30s;

enum ExitStatus : int { Fine = 0, Failed = 1, Misconfigured = 2 };

struct CommandLine {
    std::string config_file;
    bool check_config = false;
};

void print_log_lines(const Program& program) {
    for (const auto& lines : program.log_lines) std::cout << markdown(lines) << '\n';
    std::cout << markdown(log_lines);
}

std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv, const Program& program) {
    CommandLine line;
    CLI::App app{program.description, program.name};
    app.set_version_flag("--version", program.name + " " IMS_VERSION);
    app.add_option("--config", line.config_file, "Configuration file (YAML)")->type_name("FILE")->required();
    app.add_flag("--check-config", line.check_config, "Print every mistake in the configuration and leave");
    app.add_flag_callback(
        "--log-lines",
        [&] {
            print_log_lines(program);
            throw CLI::Success{};
        },
        "Print what can be logged as warning or error, with cause, effect and action (Markdown), and leave");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? Fine : Misconfigured;
    }
    return line;
}

struct CommonSections {
    LogConfig log;
    std::vector<IpEndpoint> admin;
    Duration drain_limit = 40s;  // a little more than Timer B, F and H: 64*T1
};

CommonSections read_common(const Section& root) {
    CommonSections common;
    common.log = read_log(root.section("log"));
    common.admin = root.section("admin").list<IpEndpoint>("listen");
    common.drain_limit = root.get_between<Duration>("drain_limit", common.drain_limit, 0s, 1h);
    return common;
}

// What a configuration file says, or its mistakes in document.errors().
struct Configured {
    Document document;
    CommonSections common;
    Program::Make make;
};

Configured configure(const std::string& file, const Program& program) {
    auto document = Document::load(file);
    // Of what cannot be read everything would be missing.
    if (!document.errors().empty()) return {std::move(document), {}, {}};
    auto common = read_common(document.root());
    auto make = program.configure(document.root());
    document.finish();
    return {std::move(document), std::move(common), std::move(make)};
}

class RealProcess final : public Process {
  public:
    RealProcess(std::string file, const Program& program, const Configured& configured)
        : file_{std::move(file)},
          program_{program},
          started_with_{configured.document},
          common_{configured.common},
          log_{common_.log, program.name},
          measurements_{program.measurements},
          signals_{io_},
          drain_timer_{io_},
          drain_deadline_{io_},
          flush_timer_{io_},
          trim_timer_{io_},
          admin_{io_,
                 {},
                 [this](HttpRequest request, HttpServer::Reply reply) {
                     answer(std::move(request), std::move(reply));
                 },
                 [this](Note n) { note(n); }} {}

    boost::asio::io_context& io() override { return io_; }
    Log& log() override { return log_; }
    Metrics& metrics() override { return metrics_; }
    const std::string& name() const override { return program_.name; }
    void note(const Note& note) override;
    void admin_route(std::string method, std::string path, HttpServer::Handler handler) override {
        routes_[std::move(path)][std::move(method)] = std::move(handler);
    }

    int run(const Program::Make& make);

  private:
    bool start(const Program::Make& make, std::string& why);
    void add_standard_routes();
    void answer(HttpRequest request, HttpServer::Reply reply);
    HttpResponse health() const;
    void await_signal();
    void on_signal(int number);
    void drain(int number);
    void poll_idle();
    void stop(std::string_view reason);
    void reload();
    void trim_later();

    const std::string file_;
    const Program& program_;
    const Document started_with_;
    CommonSections common_;
    boost::asio::io_context io_{1};
    Log log_;
    Metrics metrics_;
    Measurements measurements_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer drain_timer_, drain_deadline_, flush_timer_, trim_timer_;
    HttpServer admin_;
    std::map<std::string, std::map<std::string, HttpServer::Handler>, std::less<>> routes_;
    std::unique_ptr<Hosted> hosted_;
    bool draining_ = false, stopping_ = false, flush_armed_ = false;
};

void RealProcess::note(const Note& note) {
    metrics_.count_note(note.id);
    measurements_.see(note);
    if (!log_.enabled(note.severity)) return;
    log_.write(note);
    if (std::exchange(flush_armed_, true)) return;
    flush_timer_.expires_after(log_flush);
    flush_timer_.async_wait([this](const error_code&) {
        flush_armed_ = false;
        log_.flush();
    });
}

int RealProcess::run(const Program::Make& make) {
    std::signal(SIGPIPE, SIG_IGN);
    std::string why;
    if (!start(make, why)) {
        note(Note{Severity::Error, "process.start.failed"}.with("reason", why));
        log_.flush();
        return Failed;
    }
    trim_later();
    note(Note{Severity::Info, "process.started"}.with("version", IMS_VERSION).with("config", file_));
    io_.run();
    note(Note{Severity::Info, "process.stopped"});
    hosted_.reset();
    log_.flush();
    return Fine;
}

bool RealProcess::start(const Program::Make& make, std::string& why) {
    add_standard_routes();
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.add(SIGHUP);
    await_signal();
    hosted_ = make(*this);
    if (!hosted_->start(why)) return false;
    metrics_.add_source([this](Exposition& out) { hosted_->collect(out); });
    metrics_.add_source([this](Exposition& out) { measurements_.collect(out); });
    for (const auto& at : common_.admin) {
        const auto listening = admin_.listen(at);
        if (!listening) {
            why = "admin " + at.text() + ": " + listening.error();
            return false;
        }
        note(Note{Severity::Info, "process.admin.listening"}.with("address", listening->text()));
    }
    return true;
}

// What a busy hour needed for its transactions goes back to the system: the allocator keeps free pages that
// lie between others, for ever.
void RealProcess::trim_later() {
    trim_timer_.expires_after(trim_interval);
    trim_timer_.async_wait([this](const error_code& cancelled) {
        if (cancelled || stopping_) return;
        ::malloc_trim(0);
        trim_later();
    });
}

// ---- admin port

void RealProcess::add_standard_routes() {
    admin_route("GET", "/metrics", [this](const HttpRequest&, const HttpServer::Reply& reply) {
        reply({200, metrics_.text(), std::string{Metrics::content_type}});
    });
    admin_route("GET", "/healthz",
                [this](const HttpRequest&, const HttpServer::Reply& reply) { reply(health()); });
}

HttpResponse RealProcess::health() const {
    const auto h = hosted_->health();
    nlohmann::ordered_json body;
    body["status"] = draining_ ? "draining" : h.ok ? "ok" : "unhealthy";
    body["service"] = program_.name;
    body["version"] = IMS_VERSION;
    body["checks"] = nlohmann::ordered_json::object();
    for (const auto& [name, text] : h.checks) body["checks"][name] = text;
    const auto text = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return {h.ok && !draining_ ? 200 : 503, text + "\n", "application/json"};
}

void RealProcess::answer(HttpRequest request, HttpServer::Reply reply) {
    const auto route = routes_.find(request.path);
    if (route == routes_.end()) return reply({404, "not found\n"});
    const auto method = route->second.find(request.method == "HEAD" ? "GET" : request.method);
    if (method != route->second.end()) return method->second(std::move(request), std::move(reply));
    std::string allowed;
    for (const auto& [name, handler] : route->second) allowed += (allowed.empty() ? "" : ", ") + name;
    HttpResponse refusal{405, "method not allowed\n"};
    refusal.headers.emplace_back("Allow", allowed);
    reply(std::move(refusal));
}

// ---- signals

void RealProcess::await_signal() {
    signals_.async_wait([this](const error_code& error, int number) {
        if (error) return;
        on_signal(number);
        await_signal();
    });
}

void RealProcess::on_signal(int number) {
    if (number == SIGHUP) return reload();
    if (!draining_) return drain(number);
    note(Note{Severity::Warning, "process.drain.cut_short"}.with("reason", "second signal"));
    stop("second signal");
}

void RealProcess::drain(int number) {
    draining_ = true;
    note(Note{Severity::Info, "process.drain.started"}.with("reason",
                                                            number == SIGTERM ? "SIGTERM" : "SIGINT"));
    hosted_->drain();
    drain_deadline_.expires_after(common_.drain_limit);
    drain_deadline_.async_wait([this](const error_code& cancelled) {
        if (cancelled || stopping_) return;
        note(Note{Severity::Warning, "process.drain.cut_short"}.with("reason", "drain_limit"));
        stop("drain_limit");
    });
    poll_idle();
}

void RealProcess::poll_idle() {
    if (stopping_) return;
    if (hosted_->idle()) return stop("idle");
    drain_timer_.expires_after(idle_poll);
    drain_timer_.async_wait([this](const error_code& cancelled) {
        if (!cancelled) poll_idle();
    });
}

void RealProcess::stop(std::string_view reason) {
    if (std::exchange(stopping_, true)) {
        io_.stop();  // asked again while stopping
        return;
    }
    note(Note{Severity::Info, "process.stopping"}.with("reason", std::string{reason}));
    trim_timer_.cancel();
    drain_deadline_.expires_after(stop_limit);
    drain_deadline_.async_wait([this](const error_code& cancelled) {
        if (!cancelled) io_.stop();
    });
    hosted_->stop([this] { io_.stop(); });
}

void RealProcess::reload() {
    auto configured = configure(file_, program_);
    const auto& errors = configured.document.errors();
    for (const auto& e : errors)
        note(Note{Severity::Error, "process.reload.refused"}.with("detail", e.text()));
    if (!errors.empty()) return;
    std::string why;
    if (!log_.reopen(why)) note(Note{Severity::Error, "process.log.reopen_failed"}.with("reason", why));
    log_.set_level(configured.common.log.level);
    common_.drain_limit = configured.common.drain_limit;
    const auto changed = configured.document.changed_since(started_with_);
    hosted_->reload(configured.document, changed);
    std::string needs_restart;
    for (const auto& key : changed)
        if (key.starts_with("admin.") || (key.starts_with("log.") && key != "log.level"))
            needs_restart += (needs_restart.empty() ? "" : ", ") + key;
    note(Note{needs_restart.empty() ? Severity::Info : Severity::Warning, "process.reloaded"}
             .with("config", file_)
             .with("needs_restart", needs_restart));
}

}  // namespace

int run_program(int argc, const char* const* argv, const Program& program) {
    const auto parsed = parse_command_line(argc, argv, program);
    if (const auto* status = std::get_if<int>(&parsed)) return *status;
    const auto& line = std::get<CommandLine>(parsed);
    const auto configured = configure(line.config_file, program);
    for (const auto& e : configured.document.errors()) std::cerr << e.text() << '\n';
    if (!configured.document.errors().empty()) return Misconfigured;
    if (line.check_config) {
        std::cout << line.config_file << ": ok\n";
        return Fine;
    }
    return RealProcess{line.config_file, program, configured}.run(configured.make);
}

}  // namespace ims::runtime
