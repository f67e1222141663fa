#include "common/sip/transaction/key.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;

namespace {

std::string key_of(const std::string& method, const std::string& via,
                   const std::string& to = "<sip:bob@example.com>", std::optional<Method> as = {},
                   int cseq = 1) {
    const auto message = Message::parse("" + method + " sip:bob@example.com SIP/2.0\r\nVia: " + via +
                                        "\r\nFrom: <sip:alice@example.com>;tag=a\r\nTo: " + to +
                                        "\r\nCall-ID: c\r\nCSeq: " + std::to_string(cseq) + " " + method +
                                        "\r\nMax-Forwards: 70\r\n\r\n");
    REQUIRE(message.has_value());
    return server_key(*message, message->top_via(), as.value_or(message->method()));
}

const std::string new_via = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabc";
const std::string old_via = "SIP/2.0/UDP 192.0.2.1";

}  // namespace

TEST_CASE("branch, sent-by and method make the transaction, nothing else", "[RFC3261-17.2.3]") {
    CHECK(key_of("INVITE", new_via) ==
          key_of("INVITE", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKABC", "<sip:x@y>;tag=1"));
    CHECK(key_of("INVITE", new_via) != key_of("INVITE", "SIP/2.0/UDP 192.0.2.1:5061;branch=z9hG4bKabc"));
    CHECK(key_of("INVITE", new_via) != key_of("INVITE", "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKabc"));
    CHECK(key_of("INVITE", new_via) != key_of("INVITE", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabd"));
    CHECK(key_of("MESSAGE", new_via) != key_of("OPTIONS", new_via));
}

TEST_CASE("an ACK belongs to the INVITE of its branch, a CANCEL names it", "[RFC3261-17.2.3][RFC3261-9.2]") {
    CHECK(key_of("ACK", new_via, "<sip:bob@example.com>;tag=b") == key_of("INVITE", new_via));
    CHECK(key_of("CANCEL", new_via) != key_of("INVITE", new_via));
    CHECK(key_of("CANCEL", new_via, "<sip:bob@example.com>", Method::Invite) == key_of("INVITE", new_via));
}

TEST_CASE("a branch without the cookie is matched as RFC 2543 wants it", "[RFC3261-17.2.3]") {
    CHECK(key_of("INVITE", old_via) == key_of("INVITE", old_via));
    CHECK(key_of("INVITE", old_via) != key_of("INVITE", old_via, "<sip:bob@example.com>", {}, 2));
    CHECK(key_of("ACK", old_via, "<sip:bob@example.com>;tag=b") == key_of("INVITE", old_via));
    CHECK(key_of("CANCEL", old_via, "<sip:bob@example.com>", Method::Invite) == key_of("INVITE", old_via));
    CHECK(key_of("OPTIONS", old_via, "<sip:bob@example.com>;tag=1") !=
          key_of("OPTIONS", old_via, "<sip:bob@example.com>;tag=2"));
    CHECK_FALSE(has_magic_cookie("z9hG4bK"));  // RFC 4475 3.2.1
    CHECK(has_magic_cookie("Z9HG4BKx"));
}
