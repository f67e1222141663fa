#include "common/runtime/tracing.hpp"

#include <map>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace ims;
using namespace ims::runtime;

namespace {

constexpr auto impu = "sip:001010000000001@ims.example";

class FakeProcess final : public Process {
  public:
    boost::asio::io_context& io() override { return io_; }
    Log& log() override { return log_; }
    Metrics& metrics() override { return metrics_; }
    const std::string& name() const override { return name_; }
    void note(const Note& note) override { notes.emplace_back(note.id); }
    void admin_route(std::string method, std::string path, HttpServer::Handler handler) override {
        routes[method + " " + path] = std::move(handler);
    }

    HttpResponse ask(const std::string& route, std::string body, std::string query, std::string_view from) {
        HttpRequest request;
        request.body = std::move(body);
        request.query = std::move(query);
        request.remote = *IpEndpoint::parse(from);
        HttpResponse response;
        routes.at(route)(request, [&](HttpResponse r) { response = std::move(r); });
        io_.restart();
        io_.run();
        return response;
    }

    std::map<std::string, HttpServer::Handler> routes;
    std::vector<std::string> notes;

  private:
    boost::asio::io_context io_;
    std::string name_ = "pcscf";
    Log log_{LogConfig{}, name_};
    Metrics metrics_;
};

sip::Received register_request() {
    const std::string text = "REGISTER sip:ims.example SIP/2.0\r\nFrom: <" + std::string{impu} +
                             ">;tag=1\r\nTo: <" + impu + ">\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n\r\n";
    return {sip::make_buffer(text),
            {sip::Transport::Udp, *IpEndpoint::parse("[2001:db8::1]:5060"),
             *IpEndpoint::parse("[2001:db8::9]:40000"), 0},
            {}};
}

}  // namespace

TEST_CASE("orders to trace are taken from the machine itself only, questions from wherever the port is",
          "[trace]") {
    FakeProcess process;
    const trace::Memory memory{1U << 20};
    Tracing tracing{process, memory, {}, [] { return std::vector<std::pair<sip::Transport, IpEndpoint>>{}; }};
    const std::string order = R"({"subscriber": "001010000000001"})";
    for (const auto* from : {"192.0.2.1:5000", "[2001:db8::5]:5000"}) {
        CHECK(process.ask("POST /trace/subscribers", order, "", from).status == 403);
        CHECK(process.ask("GET /trace/subscribers", "", "", from).status == 200);
    }
    CHECK_FALSE(tracing.on());
    for (const auto* from : {"127.0.0.1:5000", "[::1]:5000"})
        CHECK(process.ask("POST /trace/subscribers", order, "", from).status == 200);
    CHECK(tracing.on());
    CHECK(
        process.ask("DELETE /trace/subscribers", "", "subscriber=001010000000001", "192.0.2.1:5000").status ==
        403);
    CHECK(tracing.on());
    CHECK(process.ask("DELETE /trace/subscribers", "", "subscriber=001010000000001", "[::1]:5000").status ==
          200);
    CHECK_FALSE(tracing.on());
    CHECK(process.ask("DELETE /trace/subscribers", "", "subscriber=001010000000001", "[::1]:5000").status ==
          404);
}

TEST_CASE("what a traced subscriber sends is handed out, and nothing is kept while nobody is traced",
          "[trace]") {
    FakeProcess process;
    const trace::Memory memory{0};  // no past
    Tracing tracing{process, memory, {}, [] { return std::vector<std::pair<sip::Transport, IpEndpoint>>{}; }};
    CHECK(process.ask("GET /trace/messages", "", "subscriber=001010000000001", "[::1]:5000").status == 404);
    CHECK(process
              .ask("POST /trace/subscribers", R"({"subscriber": "001010000000001", "for": 60})", "",
                   "[::1]:5000")
              .status == 200);
    tracing.see(register_request());
    const auto answer = nlohmann::json::parse(
        process.ask("GET /trace/messages", "", "subscriber=001010000000001", "[::1]:5000").body);
    REQUIRE(answer["messages"].size() == 1);
    const auto& one = answer["messages"][0];
    CHECK(one["direction"] == "in");
    CHECK(one["local"] == "[2001:db8::1]:5060");
    CHECK(one["remote"] == "[2001:db8::9]:40000");
    CHECK(answer["more"] == false);
    CHECK(process.ask("GET /trace/messages", "", "subscriber=001010000000001&after=x", "[::1]:5000").status ==
          400);
}
