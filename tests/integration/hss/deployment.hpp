#pragma once
#include "common/diameter/net/service.hpp"
#include "common/runtime/http_server.hpp"
#include "tests/integration/hss/fixture.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

namespace ims::hss::test {

using boost::asio::ip::tcp;
using nlohmann::json;
namespace http = boost::beast::http;

inline const std::string token = "integration-test-token";
inline const std::string secrets_token = "integration-test-secrets-token";

inline std::uint16_t free_port() {
    boost::asio::io_context io;
    return tcp::acceptor{io, {boost::asio::ip::address_v4::loopback(), 0}}.local_endpoint().port();
}

// hss as a process of its own, and the test as the S-CSCF it talks to.
class Deployment {
  public:
    Deployment() {
        std::filesystem::create_directories(folder_);
        write("seal", std::string(64, 'a'));
        write("token", token);
        write("secrets-token", secrets_token);
        write("hss.yaml",
              "log: {level: info, file: " + folder_ + "/hss.log}\n" +
                  "admin: {listen: '127.0.0.1:" + std::to_string(admin_) + "'}\n" +
                  "diameter:\n  identity: hss.ims.example\n  realm: ims.example\n  listen: ['127.0.0.1:" +
                  std::to_string(diameter_) + "']\n  accept_unknown_peers: true\n" +
                  "hss: {home_network: " + realm + "}\n" + "database: {connection: '" + connection_ +
                  "', seal_key_file: " + folder_ + "/seal}\n" +
                  "api: {listen: '127.0.0.1:" + std::to_string(api_) + "', token_file: " + folder_ +
                  "/token, secrets_token_file: " + folder_ + "/secrets-token}\n");
        start();
        diameter::Config config;
        config.identity = origin.host;
        config.realm = origin.realm;
        config.peers = {
            {"hss.ims.example", "", "127.0.0.1", diameter_, diameter::PeerTransport::Tcp, 0, false}};
        config.reconnect_min = 100ms;
        config.reconnect_max = 200ms;
        service_ =
            std::make_unique<diameter::Service>(io_, config, [this](diameter::Service::Event e) { on(e); });
        service_->start();
        until("the Diameter connection opens", [&] { return service_->any_open(); });
    }
    ~Deployment() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        service_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    void start() {
        pid_ = ::fork();
        if (pid_ == 0) {
            ::execl(HSS_BINARY, "hss", "--config", (folder_ + "/hss.yaml").c_str(), nullptr);
            ::_exit(127);
        }
        until("hss is healthy", [&] { return healthy(); });
    }
    int terminate() {
        ::kill(pid_, SIGTERM);
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    void kill() {
        ::kill(pid_, SIGKILL);
        ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }

    // Runs the loop until it is so; a test that hangs fails here.
    void until(const std::string& what, const std::function<bool()>& holds) {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!holds()) {
            if (std::chrono::steady_clock::now() > deadline) FAIL("still not: " << what << "\n" << log());
            io_.restart();
            io_.run_for(20ms);
        }
    }
    template <class Answer>
    Answer ask(cx::Request request) {
        const cx::RequestId id{++last_id_};
        service_->send({id, std::move(request), std::nullopt});
        until("an answer", [&] { return answers_.contains(id) || failed_.contains(id); });
        REQUIRE_FALSE(failed_.contains(id));
        return std::get<Answer>(answers_.at(id));
    }
    static cx::UserAuthorizationRequest a_uar() {
        cx::UserAuthorizationRequest r;
        r.user_name = alice;
        r.public_identity = alice_sip;
        r.visited_network_identifier = realm;
        return r;
    }
    cx::UserAuthorizationAnswer uar() { return ask<cx::UserAuthorizationAnswer>(a_uar()); }
    // TOO_BUSY sends a Diameter client to another HSS; without one the request fails, with this reason.
    std::string failure_of_uar() {
        const cx::RequestId id{++last_id_};
        service_->send({id, a_uar(), std::nullopt});
        until("an answer", [&] { return answers_.contains(id) || failed_.contains(id); });
        REQUIRE(failed_.contains(id));
        return failed_.at(id);
    }
    void registers() {
        cx::MultimediaAuthRequest mar;
        mar.user_name = alice;
        mar.public_identity = alice_sip;
        mar.server_name = scscf;
        mar.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
        const auto maa = ask<cx::MultimediaAuthAnswer>(mar);
        REQUIRE(maa.result == diameter::Result{R::Success});
        REQUIRE(maa.sip_auth_data_item.size() == 1);
        cx::ServerAssignmentRequest sar;
        sar.user_name = alice;
        sar.public_identity = {alice_sip};
        sar.server_name = scscf;
        sar.server_assignment_type = Sat::Registration;
        const auto saa = ask<cx::ServerAssignmentAnswer>(sar);
        REQUIRE(saa.result == diameter::Result{R::Success});
        REQUIRE(saa.user_data);
    }
    cx::Request next_push() {
        until("a request of the HSS", [&] { return !pushed_.empty(); });
        auto r = std::move(pushed_.front());
        pushed_.erase(pushed_.begin());
        return r;
    }

    struct Response {
        unsigned status = 0;
        std::string body;
        std::string allow = {};  // header
        json parsed() const { return json::parse(body, nullptr, false); }
    };
    Response api(http::verb method, const std::string& path, const std::string& body = {},
                 const std::string& bearer = token, const std::string& type = "application/json") {
        return call(api_, method, path, body, bearer, type);
    }
    Response admin(const std::string& path) {
        return call(admin_, http::verb::get, path, {}, {}, "text/plain");
    }
    bool healthy() {
        try {
            return admin("/healthz").status == 200;
        } catch (const boost::system::system_error&) {
            return false;
        }
    }
    // hssctl as a person runs it: what it prints, and its exit status.
    std::pair<std::string, int> ctl(const std::string& arguments,
                                    const std::string& secrets_from = "secrets-token") {
        const auto command = std::string{HSSCTL_BINARY} + " --api http://127.0.0.1:" + std::to_string(api_) +
                             " --token-file " + folder_ + "/token --secrets-token-file " + folder_ + "/" +
                             secrets_from + " " + arguments + " 2>&1";
        const auto pipe = ::popen(command.c_str(), "r");
        std::string out;
        std::array<char, 4096> buffer{};
        while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
        const auto status = ::pclose(pipe);
        return {out, WEXITSTATUS(status)};
    }
    std::string write(const std::string& name, const std::string& content) {
        std::ofstream{folder_ + "/" + name} << content;
        return folder_ + "/" + name;
    }
    std::string log() const { return read("hss.log"); }
    std::string configuration() const { return read("hss.yaml"); }
    bool connected() const { return service_->any_open(); }  // as the S-CSCF sees it
    void hang_up() { ::kill(pid_, SIGHUP); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    std::string read(const std::string& name) const {
        std::ifstream in{folder_ + "/" + name};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    std::string dump() const { return Cluster::instance().dump(connection_); }

  private:
    void on(diameter::Service::Event& event) {
        std::visit(overloaded{
                       [&](cx::AnswerArrived& a) { answers_.emplace(a.id, std::move(a.answer)); },
                       [&](cx::SendFailed& f) { failed_.emplace(f.id, f.detail); },
                       [&](cx::RequestArrived& r) {
                           pushed_.push_back(r.request);
                           if (std::holds_alternative<cx::PushProfileRequest>(r.request)) {
                               cx::PushProfileAnswer a;
                               a.result = R::Success;
                               service_->reply({r.id, a});
                           } else {
                               cx::RegistrationTerminationAnswer a;
                               a.result = R::Success;
                               service_->reply({r.id, a});
                           }
                       },
                       [](Note&) {},
                   },
                   event);
    }
    Response call(std::uint16_t port, http::verb method, const std::string& path, const std::string& body,
                  const std::string& bearer, const std::string& type) {
        boost::asio::io_context io;
        boost::beast::tcp_stream stream{io};
        stream.connect(tcp::endpoint{boost::asio::ip::address_v4::loopback(), port});
        http::request<http::string_body> request{method, path, 11};
        request.set(http::field::host, "localhost");
        request.set(http::field::content_type, type);
        if (!bearer.empty()) request.set(http::field::authorization, "Bearer " + bearer);
        request.body() = body;
        request.prepare_payload();
        http::write(stream, request);
        boost::beast::flat_buffer buffer;
        http::response<http::string_body> response;
        http::read(stream, buffer, response);
        return {response.result_int(), response.body(), std::string{response[http::field::allow]}};
    }

    std::string connection_ = Cluster::instance().fresh_database();
    std::string folder_ = Cluster::instance().folder() + "/hss" + std::to_string(::getpid());
    std::uint16_t admin_ = free_port(), diameter_ = free_port(), api_ = free_port();
    pid_t pid_ = -1;
    boost::asio::io_context io_;
    std::unordered_map<cx::RequestId, cx::Answer> answers_;
    std::unordered_map<cx::RequestId, std::string> failed_;
    std::vector<cx::Request> pushed_;
    std::uint64_t last_id_ = 0;
    std::unique_ptr<diameter::Service> service_;
};

inline const std::string alice_json = json{
    {"imsi", "001010000000001"},
    {"msisdn", "15550001"},
    {"k", k_hex},
    {"opc",
     "cd63cb71954a9f4e48a5994e37a02baf"}}.dump();

}  // namespace ims::hss::test
