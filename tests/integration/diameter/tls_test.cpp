#include "freediameter.hpp"
#include "service_fixture.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;

namespace {

TlsConfig tls_of(const TemporaryFolder& folder, const std::string& name) {
    const auto credential = make_credential(folder.path(), name);
    return {credential.certificate, credential.key, credential.ca};
}

// An HSS that takes TLS only, and a client that calls itself what it likes.
struct TlsPair {
    boost::asio::io_context io;
    TemporaryFolder folder;
    std::unique_ptr<Host> hss, scscf;

    TlsPair(const std::string& hss_certificate, std::optional<TlsConfig> scscf_tls = {}) {
        auto config = config_of("hss.ims.example");
        config.listen_tls = {loopback()};
        config.accept_unknown_peers = true;
        config.tls = tls_of(folder, hss_certificate);
        hss = std::make_unique<Host>(io, config);
        hss->service.start();
        config = config_of("scscf.ims.example");
        config.tls = scscf_tls ? *scscf_tls : tls_of(folder, "scscf.ims.example");
        PeerConfig peer;
        peer.identity = "hss.ims.example";
        peer.host = "127.0.0.1";
        peer.port = hss->service.listening().at(0).port;
        peer.transport = PeerTransport::Tls;
        config.peers = {peer};
        scscf = std::make_unique<Host>(io, config);
        scscf->service.start();
    }
};

}  // namespace

TEST_CASE("Cx over TLS with certificates of both ends", "[RFC6733-13.1]") {
    TlsPair world{"hss.ims.example"};
    world.hss->answer_mars();
    REQUIRE(wait_until(world.io, [&] { return world.scscf->service.any_open(); }));
    for (std::uint64_t i = 0; i < 100; ++i) world.scscf->send_mar(i);
    CHECK(wait_until(world.io, [&] { return world.scscf->answers.size() == 100; }));
}

TEST_CASE("a server whose certificate names another host is not talked to", "[RFC6733-13.1]") {
    TlsPair world{"imposter.ims.example"};
    REQUIRE(wait_until(world.io, [&] { return world.scscf->noted("diameter.peer.unreachable"); }));
    CHECK_FALSE(world.scscf->service.any_open());
    CHECK_FALSE(world.hss->service.any_open());
}

TEST_CASE("a client is who its certificate says, not who its CER says", "[RFC6733-13.1]") {
    TlsPair honest{"hss.ims.example"};
    // The same CA, another name.
    auto config = config_of("scscf2.ims.example");
    config.tls = tls_of(honest.folder, "mallory.ims.example");
    PeerConfig peer;
    peer.identity = "hss.ims.example";
    peer.host = "127.0.0.1";
    peer.port = honest.hss->service.listening().at(0).port;
    peer.transport = PeerTransport::Tls;
    config.peers = {peer};
    Host mallory{honest.io, config};
    mallory.service.start();
    REQUIRE(wait_until(honest.io, [&] { return honest.hss->noted("diameter.peer.unknown"); }));
    CHECK(honest.hss->reason_of("diameter.peer.unknown") == "its certificate speaks for mallory.ims.example");
    CHECK_FALSE(mallory.service.any_open());
}

TEST_CASE("a client whose certificate is from another authority is refused", "[RFC6733-13.1]") {
    TemporaryFolder elsewhere;
    TlsPair world{"hss.ims.example", tls_of(elsewhere, "scscf.ims.example")};
    REQUIRE(wait_until(world.io, [&] { return world.scscf->noted("diameter.peer.unreachable"); }));
    CHECK_FALSE(world.hss->service.any_open());
}

TEST_CASE("TLS without a certificate, or with one that cannot be read, is an error at start",
          "[RFC6733-13.1]") {
    boost::asio::io_context io;
    auto config = config_of("hss.ims.example");
    config.listen_tls = {loopback()};
    Host without{io, config};
    CHECK_THROWS_AS(without.service.start(), std::runtime_error);
    config.tls = TlsConfig{"/nonexistent/cert.pem", "/nonexistent/key.pem", "/nonexistent/ca.pem"};
    Host unreadable{io, config};
    CHECK_THROWS_AS(unreadable.service.start(), std::runtime_error);
}
