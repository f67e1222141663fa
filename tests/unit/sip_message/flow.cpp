#include "common/sip/message/flow.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;

TEST_CASE("a transport is named as in Via and found in any case", "[RFC3261-20.42]") {
    for (const auto t :
         {Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Sctp, Transport::Ws, Transport::Wss})
        CHECK(parse_transport(transport_text(t)) == t);
    CHECK(parse_transport("tls") == Transport::Tls);
    CHECK(!parse_transport("UNKNOWN"));
    CHECK(!parse_transport(""));
}

TEST_CASE("a flow and a target are written for the log", "[RFC5626-2]") {
    const auto local = *IpEndpoint::parse("127.0.1.10:5060");
    const auto remote = *IpEndpoint::parse("[2001:db8::1]:40000");
    CHECK(Flow{Transport::Udp, local, remote}.text() == "UDP 127.0.1.10:5060-[2001:db8::1]:40000");
    CHECK(Target{Transport::Tls, remote, {}}.text() == "TLS [2001:db8::1]:40000");
    CHECK(Target{Transport::Tcp, remote, local}.text() == "TCP 127.0.1.10:5060-[2001:db8::1]:40000");
}
