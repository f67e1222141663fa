#include "common/runtime/process.hpp"

#include "common/runtime/cscf.hpp"
#include "tests/integration/sip_net/credentials.hpp"
#include "tests/integration/sip_net/wire_fixture.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace ims;
using namespace ims::runtime;

namespace {

struct ScratchFolder {
    std::filesystem::path path;
    ScratchFolder() {
        auto name = (std::filesystem::temp_directory_path() / "ims-process-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~ScratchFolder() { std::filesystem::remove_all(path); }
    std::string file(std::string_view name) const { return (path / name).string(); }
};

std::string contents(const std::string& path) {
    std::ifstream in{path};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
void write_file(const std::string& path, std::string_view text) {
    std::ofstream{path} << text;
}

// Sends datagrams back, counts them, and is busy for as long as it is told "busy".
class EchoNode final : public Node {
  public:
    void handle(const Event& event, TimePoint, Effects& out) override {
        const auto* r = std::get_if<sip::Received>(&event);
        if (r == nullptr) return;
        ++count_;
        busy_ = *r->bytes == "busy";
        out.push_back(sip::Transmit{1, draining_ ? sip::make_buffer("503") : r->bytes, r->flow});
        out.push_back(Note{Severity::Info, "echo.done"}.with("call_id", *r->bytes));
    }
    void handle_timeout(TimePoint, Effects&) override {}
    std::optional<TimePoint> next_deadline() const override { return std::nullopt; }
    void drain(TimePoint, Effects&) override { draining_ = true; }
    bool idle() const override { return !busy_; }
    std::vector<Gauge> gauges() const override {
        return {{"echo_count", "Echoes.", static_cast<double>(count_)}};
    }
    std::string_view state_format() const override { return "echo 1"; }
    std::string save(TimePoint) const override { return "count - " + std::to_string(count_) + "\n"; }
    bool has_changes() const override { return count_ != written_; }
    void write_changes(TimePoint now, std::string& text) override {
        if (has_changes()) text += save(now);
        written_ = count_;
    }
    bool restore(const std::vector<StateRecord>& saved, TimePoint, std::string& why) override {
        if (saved.size() != 1) {
            why = "not one count";
            return false;
        }
        count_ = written_ = parse_number(saved.front().value).value_or(0);
        return true;
    }

  private:
    std::uint64_t count_ = 0, written_ = 0;
    bool busy_ = false, draining_ = false;
};

int run_echo(const std::vector<const char*>& arguments) {
    CscfProgram program{.name = "echo", .description = "Echoes.", .diameter = false};
    program.configure = [](Section own, const CscfCommon&) -> CscfProgram::Build {
        own.get<unsigned>("volume", 1);
        return
            [](sip::ElementConfig, Random&) -> std::unique_ptr<Node> { return std::make_unique<EchoNode>(); };
    };
    program.commands = {{"/louder", [](Node&, const HttpRequest& request, TimePoint, Effects& out) {
                             out.push_back(Note{Severity::Info, "echo.louder"});
                             return HttpResponse{200, "louder by " + request.parameter("by").value_or("?")};
                         }}};
    return run_cscf(static_cast<int>(arguments.size()), arguments.data(), program);
}

// The program in a process of its own, its output in files.
class Child {
  public:
    Child(const ScratchFolder& folder, std::vector<const char*> arguments)
        : out_{folder.file("out")}, log_{folder.file("log")} {
        arguments.insert(arguments.begin(), "echo");
        std::remove(log_.c_str());
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ != 0) return;
        for (const auto& [path, fd] : {std::pair{out_, 1}, std::pair{log_, 2}}) {
            const int opened = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
            ::dup2(opened, fd);
            ::close(opened);
        }
        const int status = run_echo(arguments);
        std::fflush(nullptr);
        ::_exit(status);
    }
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    void signal(int number) const { ::kill(pid_, number); }
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    // The rest of the log line that has `text`, once it is there.
    std::string logged(std::string_view text) const {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (std::chrono::steady_clock::now() < end) {
            const auto all = contents(log_);
            if (const auto at = all.find(text);
                at != std::string::npos && all.find('\n', at) != std::string::npos)
                return all.substr(at + text.size(), all.find('\n', at) - at - text.size());
            ::usleep(5000);  // another process' file: there is nothing to wait on
        }
        FAIL("never logged: " << text << "\n" << contents(log_));
        return {};
    }
    IpEndpoint endpoint(std::string_view text) const {
        const auto parsed = IpEndpoint::parse(logged(text));
        REQUIRE(parsed);
        return *parsed;
    }
    std::string output() const { return contents(out_); }
    std::string log() const { return contents(log_); }

  private:
    pid_t pid_ = 0;
    std::string out_, log_;
};

std::string http(const IpEndpoint& at, std::string_view method, std::string_view path) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket{io};
    socket.connect(sip::asio_endpoint<boost::asio::ip::tcp>(at));
    boost::asio::write(socket, boost::asio::buffer(std::string{method} + " " + std::string{path} +
                                                   " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    std::string answer;
    boost::system::error_code ended;
    boost::asio::read(socket, boost::asio::dynamic_buffer(answer), ended);
    return answer;
}

std::string get(const IpEndpoint& at, std::string_view path) {
    return http(at, "GET", path);
}

std::string config(const ScratchFolder& folder, std::string_view more = {}) {
    const auto path = folder.file("echo.yaml");
    write_file(path, "listen: {udp: ['127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\n" + std::string{more});
    return path;
}

constexpr std::string_view udp_listening = "note=sip.net.listening transport=UDP address=";
constexpr std::string_view admin_listening = "note=process.admin.listening address=";

}  // namespace

TEST_CASE("a program says its version and its help, and refuses other words", "[process]") {
    ScratchFolder folder;
    Child version{folder, {"--version"}};
    CHECK(version.wait() == 0);
    CHECK(version.output() == "echo " IMS_VERSION "\n");
    Child help{folder, {"--help"}};
    CHECK(help.wait() == 0);
    CHECK(help.output().find("--check-config") != std::string::npos);
    Child wrong{folder, {"--confg", "x"}};
    CHECK(wrong.wait() == 2);
    Child none{folder, {}};
    CHECK(none.wait() == 2);
}

TEST_CASE("--check-config prints every mistake and runs nothing", "[process]") {
    ScratchFolder folder;
    const auto good = config(folder);
    Child right{folder, {"--config", good.c_str(), "--check-config"}};
    CHECK(right.wait() == 0);
    CHECK(right.output() == good + ": ok\n");
    const auto bad = config(folder, "echo: {volum: 3}\nlog: {level: loud}\n");
    Child wrong{folder, {"--config", bad.c_str(), "--check-config"}};
    CHECK(wrong.wait() == 2);
    CHECK(wrong.log() == bad + ":3: unknown key 'volum', did you mean 'volume'?\n" + bad +
                             ":4: 'level': expected one of trace, info, warning, error, found 'loud'\n");
    // Of what cannot be read not everything else is said to be missing.
    const auto broken = folder.file("broken.yaml");
    write_file(broken, "echo: {volume: [1\n");
    Child unreadable{folder, {"--config", broken.c_str(), "--check-config"}};
    CHECK(unreadable.wait() == 2);
    CHECK(unreadable.log().starts_with(broken + ":2: not YAML"));
    CHECK(unreadable.log().find("missing") == std::string::npos);
}

TEST_CASE("an order reaches the node on its loop, and what it makes of it leaves", "[process]") {
    ScratchFolder folder;
    const auto path = config(folder);
    Child child{folder, {"--config", path.c_str()}};
    const auto admin = child.endpoint(admin_listening);
    const auto ordered = http(admin, "POST", "/louder?by=2");
    CHECK(ordered.find("HTTP/1.1 200") == 0);
    CHECK(ordered.find("louder by 2") != std::string::npos);
    child.logged("note=echo.louder");
    CHECK(http(admin, "GET", "/louder").find("HTTP/1.1 405") == 0);
    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
}

TEST_CASE("a node runs: datagrams, metrics, health, and 0 on SIGTERM", "[process]") {
    ScratchFolder folder;
    const auto path = config(folder);
    Child child{folder, {"--config", path.c_str()}};
    const auto at = child.endpoint(udp_listening);
    const auto admin = child.endpoint(admin_listening);

    boost::asio::io_context io;
    sip::DatagramPeer peer{io};
    peer.send("hello", at);
    CHECK(peer.receive() == "hello");
    child.logged("note=echo.done call_id=hello");

    const auto metrics = get(admin, "/metrics");
    CHECK(metrics.find("ims_notes_total{id=\"echo.done\"} 1\n") != std::string::npos);
    CHECK(metrics.find("\necho_count 1\n") != std::string::npos);
    CHECK(metrics.find("sip_net_received_total{transport=\"udp\"} 1\n") != std::string::npos);
    const auto health = get(admin, "/healthz");
    CHECK(health.starts_with("HTTP/1.1 200 "));
    CHECK(health.find(R"("status":"ok","service":"echo")") != std::string::npos);
    CHECK(get(admin, "/nothing").starts_with("HTTP/1.1 404 "));

    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
    CHECK(child.log().find("note=process.stopped") != std::string::npos);
}

TEST_CASE("draining finishes what is under way, refuses the rest, says so, and then leaves", "[process]") {
    ScratchFolder folder;
    const auto path = config(folder);
    Child child{folder, {"--config", path.c_str()}};
    const auto at = child.endpoint(udp_listening);
    const auto admin = child.endpoint(admin_listening);
    boost::asio::io_context io;
    sip::DatagramPeer peer{io};
    peer.send("busy", at);
    CHECK(peer.receive() == "busy");
    child.signal(SIGTERM);
    child.logged("note=process.drain.started");
    const auto health = get(admin, "/healthz");
    CHECK(health.starts_with("HTTP/1.1 503 "));
    CHECK(health.find(R"("status":"draining")") != std::string::npos);
    peer.send("done", at);
    CHECK(peer.receive() == "503");
    CHECK(child.wait() == 0);
    CHECK(child.log().find("note=process.stopping reason=idle") != std::string::npos);
}

TEST_CASE("what never ends is cut short by the limit or by a second signal", "[process]") {
    ScratchFolder folder;
    const bool limit = GENERATE(true, false);
    const auto path = config(folder, limit ? "drain_limit: 100ms\n" : "drain_limit: 1h\n");
    Child child{folder, {"--config", path.c_str()}};
    boost::asio::io_context io;
    sip::DatagramPeer peer{io};
    peer.send("busy", child.endpoint(udp_listening));
    peer.receive();
    child.signal(SIGTERM);
    child.logged("note=process.drain.started");
    if (!limit) child.signal(SIGTERM);
    CHECK(child.wait() == 0);
    CHECK(child.log().find(limit ? "reason=drain_limit" : "reason=\"second signal\"") != std::string::npos);
}

TEST_CASE("state outlives the process, and what is not ours is put aside", "[process]") {
    ScratchFolder folder;
    const auto state = folder.file("state");
    const auto path = config(folder, "state: {file: " + state + "}\n");
    boost::asio::io_context io;
    sip::DatagramPeer peer{io};
    for (int run = 1; run <= 2; ++run) {
        Child child{folder, {"--config", path.c_str()}};
        peer.send("x", child.endpoint(udp_listening));
        peer.receive();
        child.signal(SIGTERM);
        REQUIRE(child.wait() == 0);
        CHECK(contents(state + ".journal").ends_with("\ncount - " + std::to_string(run) + "\n"));
    }
    CHECK(contents(state).ends_with("\ncount - 1\n"));
    std::remove((state + ".journal").c_str());
    write_file(state, "garbage\n");
    Child child{folder, {"--config", path.c_str()}};
    child.logged("level=error service=echo note=process.state.refused");
    child.endpoint(udp_listening);
    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
    CHECK(contents(state + ".refused") == "garbage\n");
}

TEST_CASE("a journal that was begun and no more is no state of long ago", "[process]") {
    ScratchFolder folder;
    const auto state = folder.file("state");
    const auto path = config(folder, "state: {file: " + state + "}\n");
    write_file(state + ".journal", "#echo 1\ncount - 0\n");
    Child child{folder, {"--config", path.c_str()}};
    CHECK(child.logged("note=process.state.restored").find("age=0") != std::string::npos);
    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
}

TEST_CASE("state is written as it changes, so that one that is killed goes on from there", "[process]") {
    ScratchFolder folder;
    const auto state = folder.file("state");
    const auto path = config(folder, "state: {file: " + state + "}\n");
    boost::asio::io_context io;
    sip::DatagramPeer peer{io};
    Child child{folder, {"--config", path.c_str()}};
    const auto at = child.endpoint(udp_listening);
    peer.send("x", at);
    peer.receive();
    const auto end = std::chrono::steady_clock::now() + 20s;
    const auto written = [&] { return contents(state + ".journal").ends_with("\ncount - 1\n"); };
    while (!written() && std::chrono::steady_clock::now() < end) ::usleep(20'000);
    CHECK(written());
    child.signal(SIGKILL);
    child.wait();
    Child again{folder, {"--config", path.c_str()}};
    again.logged("note=process.state.restored");
    again.signal(SIGTERM);
    CHECK(again.wait() == 0);
}

TEST_CASE("SIGHUP takes a new log level, and refuses a broken file without harm", "[process]") {
    ScratchFolder folder;
    const auto path = config(folder);
    Child child{folder, {"--config", path.c_str()}};
    const auto at = child.endpoint(udp_listening);
    child.endpoint(admin_listening);
    config(folder, "nonsense: 1\n");
    child.signal(SIGHUP);
    child.logged("note=process.reload.refused");
    config(folder, "log: {level: warning}\n");
    child.signal(SIGHUP);
    // process.reloaded is an info and is already below the level: the silence of the next echo shows it.
    boost::asio::io_context io;
    sip::DatagramPeer peer{io};
    const auto end = std::chrono::steady_clock::now() + 20s;
    std::size_t before = 0, after = 1;
    while (before != after && std::chrono::steady_clock::now() < end) {
        before = child.log().size();
        peer.send("again", at);
        peer.receive();
        ::usleep(200'000);  // twice the time a line may stay in the buffer
        after = child.log().size();
    }
    CHECK(before == after);
    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
}

TEST_CASE("SIGHUP takes new certificates for connections to come, and a broken one does no harm",
          "[process]") {
    ScratchFolder folder;
    const sip::Credentials credentials;
    const auto certify = [&](const std::string& name) {
        const auto made = credentials.of(name, "DNS:" + name + ".example");
        const auto replace = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(made.certificate, folder.file("cert.pem"), replace);
        std::filesystem::copy_file(made.key, folder.file("key.pem"), replace);
    };
    certify("old");
    const auto path = folder.file("echo.yaml");
    write_file(path, "listen: {tls: ['127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\ntls: {certificate: " +
                         folder.file("cert.pem") + ", key: " + folder.file("key.pem") + "}\n");
    Child child{folder, {"--config", path.c_str()}};
    const auto at = child.endpoint("note=sip.net.listening transport=TLS address=");
    const auto admin = child.endpoint(admin_listening);

    const auto speaks_of = [&](const std::string& name) {
        sip::WireFixture client;
        std::string why;
        REQUIRE(
            client.transports.use_certificates({.certificate = {}, .key = {}, .ca = credentials.ca()}, why));
        client.transports.send(
            {1, sip::make_buffer(sip::options("x", "TLS")), sip::Target{sip::Transport::Tls, at, {}, name}});
        REQUIRE(client.run_until([&] { return !client.received.empty() || !client.failed.empty(); }));
        return !client.received.empty();
    };
    CHECK(speaks_of("old.example"));
    write_file(folder.file("cert.pem"), "no certificate");
    child.signal(SIGHUP);
    CHECK(child.logged("note=sip.net.tls.certificates.refused").find(folder.file("cert.pem")) !=
          std::string::npos);
    CHECK(speaks_of("old.example"));
    certify("new");
    child.signal(SIGHUP);
    child.logged("note=process.reload.node changed=tls");
    CHECK(speaks_of("new.example"));
    CHECK_FALSE(speaks_of("old.example"));

    const auto metrics = get(admin, "/metrics");
    CHECK(metrics.find("sip_net_received_total{transport=\"tls\"} 3\n") != std::string::npos);
    CHECK(metrics.find("sip_net_sent_total{transport=\"tls\"} 3\n") != std::string::npos);
    CHECK(metrics.find("sip_net_received_total{transport=\"tcp\"} 0\n") != std::string::npos);
    CHECK(metrics.find("sip_net_handshakes_failed_total{transport=\"tls\"} ") != std::string::npos);
    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
}

TEST_CASE("SIGHUP names the keys of the file that only a restart puts into force", "[process]") {
    ScratchFolder folder;
    const auto path = folder.file("echo.yaml");
    const std::string base = "listen: {udp: ['127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\n";
    write_file(path, base + "limits: {idle_timeout: 5m}\n");
    Child child{folder, {"--config", path.c_str()}};
    child.endpoint(udp_listening);
    child.endpoint(admin_listening);
    write_file(path,
               "listen: {udp: ['127.0.0.1:0'], tcp: ['127.0.0.1:0']}\nadmin: {listen: ['127.0.0.1:0', "
               "'127.0.0.1:0']}\nweb_socket: {path: /sip}\nlog: {level: info, mask_identities: true}\n");
    child.signal(SIGHUP);
    const auto said = child.logged("level=warning service=echo note=process.reload.node");
    CHECK(said.find(R"(needs_restart="listen.tcp, web_socket.path, limits.idle_timeout")") !=
          std::string::npos);
    const auto of_process = child.logged("level=warning service=echo note=process.reloaded");
    CHECK(of_process.find(R"(needs_restart="admin.listen, log.mask_identities")") != std::string::npos);
    // Put back, there is nothing to say.
    write_file(path, base + "limits: {idle_timeout: 5m}\n");
    child.signal(SIGHUP);
    child.logged(R"(level=info service=echo note=process.reload.node changed="" needs_restart="")");
    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
}

TEST_CASE("a program whose certificate cannot be used says which and ends with 1", "[process]") {
    ScratchFolder folder;
    const auto path = folder.file("echo.yaml");
    write_file(path, "listen: {tls: ['127.0.0.1:0']}\ntls: {certificate: /nowhere.pem, key: /nowhere.key}\n");
    Child child{folder, {"--config", path.c_str()}};
    CHECK(child.wait() == 1);
    CHECK(child.log().find("tls: certificate /nowhere.pem: ") != std::string::npos);
}

TEST_CASE("a program that cannot listen says why and ends with 1", "[process]") {
    ScratchFolder folder;
    boost::asio::io_context io;
    sip::DatagramPeer taken{io};
    const auto path = folder.file("echo.yaml");
    write_file(path, "listen: {udp: ['" + taken.local().text() + "']}\n");
    Child child{folder, {"--config", path.c_str()}};
    CHECK(child.wait() == 1);
    CHECK(child.log().find("note=process.start.failed reason=\"listen UDP " + taken.local().text() +
                           ": Address already in use\"") != std::string::npos);
}
