#include "common/sdp/offer_answer.hpp"
#include "tests/fuzz/require.hpp"

#include <array>
#include <cstdint>

using namespace ims;
using namespace ims::sdp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto session = Session::parse({reinterpret_cast<const char*>(data), size});
    if (!session) {
        FUZZ_REQUIRE(session.error().line > 0 && !session.error().what.empty());
        return 0;
    }
    const auto text = session->text();
    const auto again = Session::parse(text);
    FUZZ_REQUIRE(again.has_value());
    FUZZ_REQUIRE(*again == *session);
    FUZZ_REQUIRE(again->text() == text);

    static const std::array codecs{Codec{96, "AMR-WB/16000", ""}, Codec{8, "PCMA/8000", ""}};
    const auto reply = answer(*session, {*IpEndpoint::parse("192.0.2.1:4000"), codecs});
    FUZZ_REQUIRE(reply.media.size() == session->media.size());
    const auto read = Session::parse(reply.text());
    FUZZ_REQUIRE(read.has_value());
    FUZZ_REQUIRE(*read == reply);
    return 0;
}
