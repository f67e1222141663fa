#include "common/runtime/http_server.hpp"
#include "common/sip/net/socket_address.hpp"

#include <functional>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::runtime;
using boost::asio::ip::tcp;

namespace {

struct HttpFixture {
    explicit HttpFixture(HttpConfig config = {}, HttpServer::Handler h = {})
        : handler{std::move(h)},
          server{io, config,
                 [this](HttpRequest r, HttpServer::Reply reply) {
                     requests.push_back(r);
                     if (handler) return handler(std::move(r), std::move(reply));
                     reply({200, "hello " + r.path, "text/plain"});
                 },
                 [this](Note n) { notes.push_back(std::move(n)); }} {
        const auto at = server.listen(*IpEndpoint::parse("127.0.0.1:0"));
        REQUIRE(at.has_value());
        client.connect(sip::asio_endpoint<tcp>(*at));
        client.non_blocking(true);
    }
    void send(std::string_view text) { client.write_some(boost::asio::buffer(text.data(), text.size())); }
    // What the server says until `end` is in it or it closes.
    std::string talk(std::string_view text, std::string_view until = "\r\n\r\n") {
        send(text);
        return read(until);
    }
    std::string read(std::string_view until) {
        std::string all, part(65536, '\0');
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(10ms);
            boost::system::error_code error;
            const auto n = client.read_some(boost::asio::buffer(part), error);
            all.append(part, 0, n);
            if (error && error != boost::asio::error::would_block) {
                closed = true;
                break;
            }
            if (!until.empty() && all.find(until) != std::string::npos) break;
        }
        return all;
    }

    boost::asio::io_context io{1};
    HttpServer::Handler handler;
    std::vector<HttpRequest> requests;
    std::vector<Note> notes;
    HttpServer server;
    tcp::socket client{io};
    bool closed = false;
};

}  // namespace

TEST_CASE("a request is taken apart, answered, and the connection kept", "[RFC9112-9.3]") {
    HttpFixture f;
    const auto first = f.talk(
        "GET /a%20b/c%2Fd?x=1+2&y=%26 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n", "hello");
    CHECK(first.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(first.find("Content-Type: text/plain\r\n") != std::string::npos);
    CHECK(first.find("Content-Length: 14\r\n") != std::string::npos);
    REQUIRE(f.requests.size() == 1);
    const auto& r = f.requests[0];
    CHECK(r.method == "GET");
    CHECK(r.path == "/a b/c/d");
    CHECK(r.segments() == std::vector<std::string>{"a b", "c/d"});
    CHECK(r.parameter("x") == "1 2");
    CHECK(r.parameter("y") == "&");
    CHECK_FALSE(r.parameter("z"));
    CHECK(r.header("authorization") == "Bearer t");
    CHECK(r.remote.address.is_loopback());

    CHECK(f.talk("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody", "hello /b").size() > 0);
    CHECK(f.requests.at(1).body == "body");
    CHECK_FALSE(f.closed);
    f.talk("GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "");
    CHECK(f.closed);
}

TEST_CASE("HEAD has the headers of GET and no body", "[RFC9110-9.3.2]") {
    HttpFixture f;
    const auto answer = f.talk("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "");
    CHECK(answer.find("Content-Length: 8\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a client that waits for 100 Continue gets it", "[RFC9110-10.1.1]") {
    HttpFixture f;
    CHECK(f.talk("PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
              .starts_with("HTTP/1.1 100 "));
    CHECK(f.talk("ok", "hello").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("what is malformed or too large is refused with a note, and the connection ends",
          "[RFC9110-15.5]") {
    HttpConfig config;
    config.header_octets = 1024;
    config.body_octets = 100;
    HttpFixture f{config};
    const auto check = [&](std::string_view request, std::string_view status) {
        CHECK(f.talk(request, "").starts_with(status));
        CHECK(f.closed);
        CHECK(f.notes.size() == 1);
        CHECK(f.requests.empty());
    };
    SECTION("no HTTP") {
        check("\x16\x03\x01 TLS?\r\n\r\n", "HTTP/1.1 400 ");
    }
    SECTION("header") {
        check("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", "HTTP/1.1 431 ");
    }
    SECTION("body") {
        check("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", "HTTP/1.1 413 ");
    }
    SECTION("target") {
        check("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 ");
    }
}

TEST_CASE("a reply may come from another thread", "[http]") {
    std::thread other;
    HttpFixture f{{}, [&](const HttpRequest&, HttpServer::Reply reply) {
                      other = std::thread{[reply] { reply({201, "{}", "application/json"}); }};
                  }};
    CHECK(f.talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "{}")
              .starts_with("HTTP/1.1 201 Created\r\n"));
    other.join();
}

TEST_CASE("a handler that forgets its reply means 500, one that is late 503, and a second reply nothing",
          "[http]") {
    HttpConfig config;
    config.handler_timeout = 30ms;
    HttpServer::Reply kept;
    HttpFixture f{config, [&](const HttpRequest& r, HttpServer::Reply reply) {
                      if (r.path == "/late") kept = reply;
                      if (r.path == "/twice") {
                          reply({200, "one"});
                          reply({200, "two"});
                      }
                  }};
    CHECK(f.talk("GET /forgotten HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 500 "));
    CHECK(f.talk("GET /late HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 503 "));
    kept({200, "too late"});
    CHECK(f.talk("GET /twice HTTP/1.1\r\nHost: h\r\n\r\n", "one").find("too late") == std::string::npos);
    CHECK(f.talk("GET /twice HTTP/1.1\r\nHost: h\r\n\r\n", "one").find("two") == std::string::npos);
}

TEST_CASE("a client that says nothing is let go", "[http]") {
    HttpConfig config;
    config.idle_timeout = 30ms;
    HttpFixture f{config};
    CHECK(f.talk("GET /half HTTP/1.1\r\n", "").find("200") == std::string::npos);
    CHECK(f.closed);
}
