#include "common/ipsec/agreement.hpp"

#include "common/sip/message/headers.hpp"
#include "common/sip/message/message.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::ipsec;

namespace {

// As it stands behind "Security-Client: ".
Mechanisms header(const std::string& text) {
    auto m = sip::Message::request(sip::Method::Register, *sip::Uri::parse("sip:ims.example"));
    m.set_raw(sip::HeaderId::SecurityClient, text);
    const auto parsed = m.all<sip::h::SecurityClient>();
    REQUIRE(parsed.has_value());
    return *parsed;
}

const std::string ports = ";spi-c=1000;spi-s=4294967295;port-c=5064;port-s=5062";
const Transform sha_aes{Integrity::HmacSha1_96, Encryption::AesCbc};
const Transform md5_null{Integrity::HmacMd5_96, Encryption::Null};

}  // namespace

TEST_CASE("an offer without prot, mod and ealg means esp, trans and null", "[TS33.203-H]") {
    const auto offer = read_offer(header("ipsec-3gpp; alg=hmac-md5-96" + ports));
    REQUIRE(offer.proposals.size() == 1);
    CHECK(offer.unknown.empty());
    const auto& p = offer.proposals.front();
    CHECK(p.transform == md5_null);
    CHECK(p.mode == Mode::Transport);
    CHECK(p.side.spi_client == 1000);
    CHECK(p.side.spi_server == 4294967295U);
    CHECK(p.side.client_port == 5064);
    CHECK(p.side.server_port == 5062);
}

TEST_CASE("what cannot be an association is kept as unknown, for the log", "[TS33.203-H]") {
    const auto text = GENERATE(
        as<std::string>{}, "ipsec-3gpp;alg=hmac-sha-1-96;prot=ah;spi-c=1000;spi-s=1001;port-c=1;port-s=2",
        "ipsec-3gpp;alg=hmac-sha-1-96;mod=tun;spi-c=1000;spi-s=1001;port-c=1;port-s=2",
        "ipsec-3gpp;alg=hmac-sha-256;spi-c=1000;spi-s=1001;port-c=1;port-s=2",
        "ipsec-3gpp;alg=null;ealg=null;spi-c=1000;spi-s=1001;port-c=1;port-s=2",  // nothing protects
        "ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-gcm;spi-c=1000;spi-s=1001;port-c=1;port-s=2",  // twice
        "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1000;spi-s=1000;port-c=1;port-s=2",  // one SPI for two
        "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=255;spi-s=1000;port-c=1;port-s=2",   // RFC 4303 2.1: reserved
        "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1000;spi-s=1001;port-c=2;port-s=2",  // one port for two
        "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1000;spi-s=1001;port-c=0;port-s=2",
        "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=4294967296;spi-s=1001;port-c=1;port-s=2",
        "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1000;spi-s=1001;port-c=65536;port-s=2",
        "ipsec-3gpp;alg=hmac-sha-1-96;port-c=1;port-s=2", "ipsec-3gpp", "digest;q=0.1",
        "ipsec-3gpp;mediasec;alg=hmac-sha-1-96;spi-c=1000;spi-s=1001;port-c=1;port-s=2");
    INFO(text);
    const auto offer = read_offer(header(text));
    CHECK(offer.proposals.empty());
    CHECK(offer.unknown.size() == 1);
}

TEST_CASE("the choice is the first of our own list that was offered, wherever it stands", "[TS33.203-7.2]") {
    const auto offer = read_offer(header("ipsec-3gpp;alg=hmac-md5-96" + ports +
                                         ", ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc" + ports + ", tls"));
    CHECK(offer.tls);
    CHECK(choose(offer, {sha_aes, md5_null}, Mode::Transport)->transform == sha_aes);
    CHECK(choose(offer, {md5_null, sha_aes}, Mode::Transport)->transform == md5_null);
    CHECK_FALSE(choose(offer, {{Integrity::Null, Encryption::AesGcm}}, Mode::Transport).has_value());
    CHECK_FALSE(choose(offer, {sha_aes}, Mode::UdpEncapsulatedTunnel).has_value());
}

TEST_CASE("what a P-CSCF writes, a UE reads: by q, the first that it has itself", "[RFC3329-2.2]") {
    const Side side{{}, 5065, 5063, 300, 301};
    const auto list = propose({sha_aes, md5_null}, Mode::Transport, side, true);
    REQUIRE(list.size() == 2);
    CHECK(list[0].params.get("q") > list[1].params.get("q"));
    const auto chosen = choose_of_server(list, {md5_null, sha_aes});
    REQUIRE(chosen);
    CHECK(chosen->transform == sha_aes);
    CHECK(chosen->side == side);
    CHECK_FALSE(choose_of_server(list, {{Integrity::AesGmac, Encryption::Null}}));
    // q decides, not the order.
    auto turned = list;
    std::swap(turned[0], turned[1]);
    CHECK(choose_of_server(turned, {md5_null, sha_aes})->transform == sha_aes);
    // What a refusal lists has no SPIs, so nobody can take it for an agreement.
    CHECK_FALSE(propose({sha_aes}, Mode::Transport, {}, true)[0].params.has("spi-c"));
}

TEST_CASE("a list has come back if it says the same, however it is written", "[RFC3329-2.4]") {
    const auto sent = propose({sha_aes, md5_null}, Mode::Transport, {{}, 5065, 5063, 300, 301}, true);
    CHECK(came_back(sent, sent));
    auto returned = sent;
    returned[0].params.set("alg", "HMAC-SHA-1-96");
    returned[0].params.set("spi-c", "0000000300");
    returned.push_back(header("sdes-srtp;mediasec").front());
    CHECK(came_back(sent, returned));
    SECTION("another value") {
        returned[1].params.set("spi-s", "302");
        CHECK_FALSE(came_back(sent, returned));
    }
    SECTION("another order") {
        std::swap(returned[0], returned[1]);
        CHECK_FALSE(came_back(sent, returned));
    }
    SECTION("one less") {
        CHECK_FALSE(came_back(sent, {sent.front()}));
        CHECK_FALSE(came_back(sent, {}));
    }
    SECTION("one more, or a parameter more or less") {
        returned.push_back(sent.front());
        CHECK_FALSE(came_back(sent, returned));
        returned = sent;
        returned[0].params.set("prot", "esp");
        returned[0].params.set("x", "1");
        CHECK_FALSE(came_back(sent, returned));
        returned = sent;
        returned[0].params.remove("mod");
        CHECK_FALSE(came_back(sent, returned));
    }
}
