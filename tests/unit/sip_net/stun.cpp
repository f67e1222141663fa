#include "common/sip/net/stun.hpp"

#include "common/base/text.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;

namespace {

// RFC 5769 2: the transaction of its sample messages.
const std::string transaction = "2112a442b7e7a701bc34d686fa87dfae";

std::string octets(const std::string& hexadecimal) {
    const auto bytes = unhex(hexadecimal);
    REQUIRE(bytes);
    return {bytes->begin(), bytes->end()};
}
std::string request(const std::string& attributes = {}) {
    std::string length{"0000"};
    const auto size = octets(attributes).size();
    length[2] = "0123456789abcdef"[size / 16];
    length[3] = "0123456789abcdef"[size % 16];
    return octets("0001" + length + transaction + attributes);
}

const auto from_v4 = *IpEndpoint::parse("192.0.2.1:32853");
const auto from_v6 = *IpEndpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853");

}  // namespace

TEST_CASE("a Binding request is answered with the address it came from", "[RFC5769-2.2][RFC5769-2.3]") {
    CHECK(stun::answer(request(), from_v4) == octets("0101000c" + transaction + "002000080001a147e112a643"));
    CHECK(stun::answer(request(), from_v6) ==
          octets("01010018" + transaction + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"));
}

TEST_CASE("what a Binding request says besides is passed over where it may be", "[RFC5389-7.3]") {
    const std::string software = "8022000b7465737420636c69656e7400";  // eleven octets and one of padding
    const std::string username = "000600046a6f686e";
    CHECK(stun::answer(request(software + username), from_v4) == stun::answer(request(), from_v4));
}

TEST_CASE("a Binding request that asks for what is not known here is 420", "[RFC5389-7.3.1]") {
    const std::string change_request = "0003000400000006";
    CHECK(stun::answer(request(change_request), from_v4) == octets("01110024" + transaction +
                                                                   "00090015"
                                                                   "00000414"
                                                                   "556e6b6e6f776e20417474726962757465"
                                                                   "000000"
                                                                   "000a0002"
                                                                   "0003"
                                                                   "0000"));
}

TEST_CASE("what is no Binding request has no answer", "[RFC5389-6]") {
    const auto whole = request("8022000b7465737420636c69656e7400");
    REQUIRE(stun::answer(whole, from_v4));
    for (std::size_t n = 0; n < whole.size(); ++n) {
        CAPTURE(n);
        CHECK_FALSE(stun::answer(whole.substr(0, n), from_v4));
    }
    CHECK_FALSE(stun::answer(octets("00110000" + transaction), from_v4));  // an indication
    CHECK_FALSE(stun::answer(octets("01010000" + transaction), from_v4));  // a response
    CHECK_FALSE(stun::answer(octets("0001000421122112" + transaction), from_v4));
    CHECK_FALSE(stun::is_message("REGISTER sip:ims.example SIP/2.0\r\n"));
    CHECK_FALSE(stun::is_message("\r\nREGISTER sip:ims.example SIP/2.0\r\n"));
    CHECK_FALSE(stun::answer(request("80220100"), from_v4));  // longer than the message
}
