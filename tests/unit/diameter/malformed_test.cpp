#include "common/diameter/codec/framer.hpp"
#include "samples.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;

namespace {

// Diameter by hand: what libfdproto would never write.
struct Raw {
    Octets octets;

    Raw(std::uint8_t flags, std::uint32_t code, std::uint32_t application) : octets(20) {
        octets[0] = 1;
        octets[4] = flags;
        put(5, code, 3);
        put(8, application, 4);
        put(12, 0xaaaaaaaa, 4);
        put(16, 0xbbbbbbbb, 4);
        put(1, 20, 3);
    }
    Raw& avp(std::uint32_t code, std::uint8_t flags, std::uint32_t vendor, const Octets& value) {
        return broken_avp(code, flags, vendor, value, ((flags & 0x80) != 0 ? 12 : 8) + value.size());
    }
    Raw& avp(std::uint32_t code, std::uint8_t flags, std::uint32_t vendor, std::string_view value) {
        return avp(code, flags, vendor, Octets(value.begin(), value.end()));
    }
    Raw& broken_avp(std::uint32_t code, std::uint8_t flags, std::uint32_t vendor, const Octets& value,
                    std::size_t length) {
        const auto at = octets.size();
        octets.resize(at + ((flags & 0x80) != 0 ? 12 : 8));
        put(at, code, 4);
        octets[at + 4] = flags;
        put(at + 5, static_cast<std::uint32_t>(length), 3);
        if ((flags & 0x80) != 0) put(at + 8, vendor, 4);
        octets.insert(octets.end(), value.begin(), value.end());
        octets.resize((octets.size() + 3) & ~std::size_t{3});
        put(1, static_cast<std::uint32_t>(octets.size()), 3);
        return *this;
    }
    void put(std::size_t at, std::uint32_t v, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i)
            octets[at + i] = static_cast<std::uint8_t>(v >> (8 * (n - 1 - i)));
    }
};

constexpr std::uint8_t M = 0x40, V = 0x80;
constexpr std::uint32_t cx_app = cx::application_id;

Raw mar_without_avps() {
    return {0xc0, 303, cx_app};
}
// A MAR that is whole but for what a test adds or leaves out.
Raw a_mar(std::uint32_t without = 0) {
    Raw r = mar_without_avps();
    const auto add = [&](std::uint32_t code, std::uint8_t flags, std::uint32_t vendor, const Octets& value) {
        if (code != without) r.avp(code, flags, vendor, value);
    };
    const auto text = [](std::string_view s) { return Octets(s.begin(), s.end()); };
    add(263, M, 0, text("scscf;1;2"));
    add(260, M, 0, {0, 0, 1, 10, M, 0, 0, 12, 0, 0, 0x28, 0xaf, 0, 0, 1, 2, M, 0, 0, 12, 1, 0, 0, 0});
    add(277, M, 0, {0, 0, 0, 1});
    add(264, M, 0, text("scscf.example"));
    add(296, M, 0, text("example"));
    add(283, M, 0, text("example"));
    add(1, M, 0, text("impi"));
    add(601, M | V, 10415, text("sip:impu"));
    add(612, M | V, 10415, {});
    add(607, M | V, 10415, {0, 0, 0, 1});
    add(602, M | V, 10415, text("sip:s"));
    return r;
}

codec::Malformed verdict(const Octets& octets) {
    const auto message = codec::decode(octets);
    REQUIRE(message.has_error());
    return message.error();
}

std::uint32_t u32(const Octets& o, std::size_t at) {
    return std::uint32_t{o[at]} << 24 | std::uint32_t{o[at + 1]} << 16 | std::uint32_t{o[at + 2]} << 8 |
           o[at + 3];
}

}  // namespace

TEST_CASE("the hand-made MAR of these tests is good, so that each has one fault", "[RFC6733-4]") {
    const auto message = codec::decode(a_mar().octets);
    REQUIRE(message.has_value());
    CHECK(std::get<cx::MultimediaAuthRequest>(std::get<cx::Request>(message->content)).user_name ==
          Impi{"impi"});
}

TEST_CASE("each missing AVP of a MAR is shown in Failed-AVP by an example", "[RFC6733-7.5]") {
    for (const std::uint32_t code : {263U, 260U, 277U, 264U, 296U, 283U, 1U, 601U, 612U, 607U, 602U}) {
        INFO(code);
        const auto m = verdict(a_mar(code).octets);
        CHECK(m.code == ResultCode::MissingAvp);
        CHECK(m.answer);
        CHECK_FALSE(m.close);
        REQUIRE(m.failed_avp.size() >= 8);
        CHECK(u32(m.failed_avp, 0) == code);
        CHECK(m.failed_avp.size() == u32(m.failed_avp, 4) % 0x1000000);
        if (code == 607) CHECK(m.failed_avp.size() == 16);  // four octets of zero after a vendor's header
    }
}

TEST_CASE("an unknown AVP is refused with the M bit and ignored without it", "[RFC6733-4.1]") {
    CHECK(codec::decode(a_mar().avp(9999, 0, 0, "x").octets).has_value());
    CHECK(codec::decode(a_mar().avp(9999, V, 4711, "x").octets).has_value());
    const auto m = verdict(a_mar().avp(9999, M, 0, "xyz").octets);
    CHECK(m.code == ResultCode::AvpUnsupported);
    CHECK(m.failed_avp == Octets{0, 0, 0x27, 0x0f, M, 0, 0, 11, 'x', 'y', 'z'});
    CHECK(m.session_id == "scscf;1;2");
}

TEST_CASE("an unknown mandatory AVP counts inside a mandatory group and not inside one that may be ignored",
          "[RFC6733-4.4]") {
    const Octets unknown{0, 0, 0x27, 0x0f, M, 0, 0, 8};
    CHECK(verdict(a_mar(612).avp(612, M | V, 10415, unknown).octets).code == ResultCode::AvpUnsupported);
    CHECK(codec::decode(a_mar().avp(631, V, 10415, unknown).octets).has_value());  // Supported-Applications
}

TEST_CASE("an M bit other than the specification's is no reason to refuse", "[TS29.229-6.3]") {
    CHECK(codec::decode(a_mar(601).avp(601, V, 10415, "sip:impu").octets).has_value());
    CHECK(codec::decode(a_mar().avp(634, M | V, 10415, "sip:w").octets).has_value());
}

TEST_CASE("an AVP that comes too often is named in its second instance", "[RFC6733-7.1.5]") {
    const auto m = verdict(a_mar().avp(607, M | V, 10415, Octets{0, 0, 0, 9}).octets);
    CHECK(m.code == ResultCode::AvpOccursTooManyTimes);
    CHECK(m.failed_avp == Octets{0, 0, 2, 0x5f, M | V, 0, 0, 16, 0, 0, 0x28, 0xaf, 0, 0, 0, 9});
}

TEST_CASE("lengths that cannot be are DIAMETER_INVALID_AVP_LENGTH", "[RFC6733-7.1.5]") {
    SECTION("a number of three octets") {
        const auto m = verdict(a_mar(607).avp(607, M | V, 10415, Octets{0, 0, 1}).octets);
        CHECK(m.code == ResultCode::InvalidAvpLength);
        CHECK(u32(m.failed_avp, 0) == 607);
    }
    SECTION("shorter than its header") {
        const auto m = verdict(a_mar().broken_avp(1, M, 0, {}, 7).octets);
        CHECK(m.code == ResultCode::InvalidAvpLength);
        CHECK(m.failed_avp == Octets{0, 0, 0, 1, M, 0, 0, 8});
    }
    SECTION("a vendor's header without its vendor") {
        CHECK(verdict(a_mar().broken_avp(601, M | V, 10415, {}, 11).octets).code ==
              ResultCode::InvalidAvpLength);
    }
    SECTION("longer than the message") {
        const auto m = verdict(a_mar().broken_avp(607, M | V, 10415, {}, 0xffffff).octets);
        CHECK(m.code == ResultCode::InvalidAvpLength);
        CHECK(m.failed_avp.size() == 16);
    }
    SECTION("longer than its group") {
        CHECK(verdict(a_mar(612)
                          .avp(612, M | V, 10415,
                               Octets{0, 0, 2, 0x65, M | V, 0, 0, 17, 0, 0, 0x28, 0xaf, 0, 0, 0, 9})
                          .octets)
                  .code == ResultCode::InvalidAvpLength);
    }
    SECTION("a header cut off by its group") {
        CHECK(verdict(a_mar(612).avp(612, M | V, 10415, Octets{0, 0, 2, 0x65}).octets).code ==
              ResultCode::InvalidAvpLength);
    }
    SECTION("zero") {
        CHECK(verdict(a_mar().broken_avp(0, 0, 0, {}, 0).octets).code == ResultCode::InvalidAvpLength);
    }
}

TEST_CASE("values that cannot be are DIAMETER_INVALID_AVP_VALUE", "[RFC6733-7.1.5]") {
    const auto code = [](const Raw& r) { return verdict(r.octets).code; };
    CHECK(code(a_mar(263).avp(263, M, 0, std::string_view{"a;1\0;2", 6})) == ResultCode::InvalidAvpValue);
    CHECK(code(a_mar(263).avp(263, M, 0, "")) == ResultCode::InvalidAvpValue);
    CHECK(code(a_mar(264).avp(264, M, 0, std::string_view{"host\0.example", 13})) ==
          ResultCode::InvalidAvpValue);
    CHECK(code(a_mar(264).avp(264, M, 0, "")) == ResultCode::InvalidAvpValue);
    CHECK(code(a_mar(1).avp(1, M, 0, "\xff\xfe")) == ResultCode::InvalidAvpValue);
    CHECK(code(a_mar(1).avp(1, M, 0, "\xc0\xaf")) == ResultCode::InvalidAvpValue);      // overlong
    CHECK(code(a_mar(1).avp(1, M, 0, "\xed\xa0\x80")) == ResultCode::InvalidAvpValue);  // a surrogate
    CHECK(code(a_mar(1).avp(1, M, 0, "\xe2\x82")) == ResultCode::InvalidAvpValue);      // cut off
    CHECK(code(a_mar(277).avp(277, M, 0, Octets{0, 0, 0, 2})) == ResultCode::InvalidAvpValue);
    CHECK(code(a_mar().avp(614, M | V, 10415, Octets{0, 0, 0, 12})) ==
          ResultCode::InvalidAvpValue);  // SWx only
    CHECK(codec::decode(a_mar(1).avp(1, M, 0, "G\xc3\xbcnter \xf0\x9f\x93\x9e").octets).has_value());
}

TEST_CASE("a bad Session-Id is shown and not repeated", "[RFC6733-6.2]") {
    const auto m = verdict(a_mar(263).avp(263, M, 0, std::string_view{"a\0b", 3}).octets);
    CHECK(m.session_id.empty());
    CHECK(m.failed_avp == Octets{0, 0, 1, 7, M, 0, 0, 11, 'a', 0, 'b'});
}

TEST_CASE("groups within groups without end are refused before they are followed", "[RFC6733-4.4]") {
    Octets nested;
    for (int i = 0; i < 200; ++i) {
        const auto length = static_cast<std::uint32_t>(nested.size() + 8);
        Octets outer{0,
                     0,
                     1,
                     4,
                     M,
                     static_cast<std::uint8_t>(length >> 16),
                     static_cast<std::uint8_t>(length >> 8),
                     static_cast<std::uint8_t>(length)};  // Vendor-Specific-Application-Id
        outer.insert(outer.end(), nested.begin(), nested.end());
        nested = outer;
    }
    Raw r = a_mar();
    r.octets.insert(r.octets.end(), nested.begin(), nested.end());
    r.put(1, static_cast<std::uint32_t>(r.octets.size()), 3);
    CHECK(verdict(r.octets).code == ResultCode::InvalidAvpValue);
}

TEST_CASE("flags that cannot be are DIAMETER_INVALID_HDR_BITS or DIAMETER_INVALID_AVP_BITS",
          "[RFC6733-7.1.3]") {
    CHECK(verdict(Raw{0xe0, 303, cx_app}.octets).code == ResultCode::InvalidHdrBits);  // R and E
    CHECK(verdict(Raw{0x80, 303, cx_app}.octets).code == ResultCode::InvalidHdrBits);  // Cx without P
    CHECK(verdict(Raw{0xc0, 280, 0}.octets).code == ResultCode::InvalidHdrBits);       // DWR with P
    CHECK(verdict(a_mar().avp(1, M | 0x01, 0, "x").octets).code == ResultCode::InvalidAvpBits);
    auto reserved = a_mar();
    reserved.octets[4] |= 0x0f;  // RFC 6733 3: reserved bits of the header are ignored
    CHECK(codec::decode(reserved.octets).has_value());
}

TEST_CASE("what we do not speak is refused by name", "[RFC6733-7.1.3]") {
    CHECK(verdict(Raw{0xc0, 306, cx_app}.octets).code == ResultCode::CommandUnsupported);
    CHECK(verdict(Raw{0xc0, 271, 0}.octets).code == ResultCode::CommandUnsupported);
    CHECK(verdict(Raw{0xc0, 316, 16777251}.octets).code == ResultCode::ApplicationUnsupported);
}

TEST_CASE("a wrong version or message length is answered and the stream given up", "[RFC6733-7.1.5]") {
    auto version = a_mar();
    version.octets[0] = 2;
    auto m = verdict(version.octets);
    CHECK(m.code == ResultCode::UnsupportedVersion);
    CHECK(m.answer);
    CHECK(m.close);

    auto odd = a_mar();
    odd.octets.push_back(0);
    odd.put(1, static_cast<std::uint32_t>(odd.octets.size()), 3);
    m = verdict(odd.octets);
    CHECK(m.code == ResultCode::InvalidMessageLength);
    CHECK(m.close);

    m = verdict(Octets(19));
    CHECK_FALSE(m.answer);
    CHECK(m.close);
}

TEST_CASE("a malformed answer is never answered", "[RFC6733-7]") {
    const auto m = verdict(Raw{0x40, 303, cx_app}.avp(263, M, 0, "s").octets);
    CHECK(m.code == ResultCode::MissingAvp);  // no result
    CHECK_FALSE(m.answer);
    CHECK_FALSE(m.close);
}

TEST_CASE("an error answer is what RFC 6733 wants", "[RFC6733-7.2]") {
    const Octets proxy_info{0,   0, 1, 28, M, 0, 0, 32, 0, 0, 1, 24, M, 0, 0, 9,
                            'r', 0, 0, 0,  0, 0, 0, 33, M, 0, 0, 11, 1, 2, 3, 0};
    auto raw = a_mar().avp(9999, M, 0, "xyz");
    raw.octets.insert(raw.octets.end(), proxy_info.begin(), proxy_info.end());
    raw.put(1, static_cast<std::uint32_t>(raw.octets.size()), 3);

    SECTION("a permanent failure has no E bit, and the Failed-AVP") {
        const auto octets = codec::encode_error(verdict(raw.octets), "hss.example", "example");
        CHECK(octets[4] == 0x40);
        CHECK(octets.size() % 4 == 0);
        const auto answer = codec::decode(octets);
        REQUIRE(answer.has_value());
        CHECK(answer->header.command_code == 303);
        CHECK(answer->header.application_id == cx_app);
        CHECK(answer->header.hop_by_hop == 0xaaaaaaaa);
        CHECK(answer->header.end_to_end == 0xbbbbbbbb);
        CHECK(answer->head.session_id == "scscf;1;2");
        CHECK(answer->head.origin_host == "hss.example");
        CHECK(answer->head.proxy_info == std::vector<Octets>{proxy_info});
        CHECK(is(cx::result(std::get<cx::Answer>(answer->content)), ResultCode::AvpUnsupported));
        const Octets failed{0, 0, 1, 23, M, 0, 0, 20, 0, 0, 0x27, 0x0f, M, 0, 0, 11, 'x', 'y', 'z', 0};
        CHECK(std::search(octets.begin(), octets.end(), failed.begin(), failed.end()) != octets.end());
    }
    SECTION("a protocol error has the E bit, and keeps a command that nobody knows") {
        const auto octets =
            codec::encode_error(verdict(Raw{0xc0, 8388000, 4242}.octets), "hss.example", "example");
        CHECK(octets[4] == 0x60);
        CHECK((u32(octets, 4) & 0xffffff) == 8388000);
        CHECK(u32(octets, 8) == 4242);
    }
}

TEST_CASE("answers without what agents leave out are understood", "[RFC6733-7.2]") {
    SECTION("a relay's error") {
        const auto message = codec::decode(Raw{0x60, 303, cx_app}
                                               .avp(264, M, 0, "relay.example")
                                               .avp(296, M, 0, "example")
                                               .avp(268, M, 0, Octets{0, 0, 0x0b, 0xba})
                                               .octets);
        REQUIRE(message.has_value());
        CHECK(std::get<ErrorAnswer>(message->content).result_code == ResultCode::UnableToDeliver);
        CHECK(std::get<ErrorAnswer>(message->content).origin_host == "relay.example");
    }
    SECTION("another vendor's Experimental-Result says nothing to us") {
        Raw r{0x40, 303, cx_app};
        r.avp(264, M, 0, "hss.example").avp(296, M, 0, "example");
        r.avp(297, M, 0,
              Octets{0, 0, 1, 10, M, 0, 0, 12, 0, 0, 0, 9, 0, 0, 1, 42, M, 0, 0, 12, 0, 0, 7, 0xd1});
        const auto message = codec::decode(r.octets);
        REQUIRE(message.has_value());
        CHECK(is(cx::result(std::get<cx::Answer>(message->content)), ResultCode::UnableToComply));
    }
}

TEST_CASE("a message cut off anywhere, or with any octet changed, gets a verdict and nothing worse",
          "[RFC6733-7.1]") {
    for (const auto& request : samples::full_requests()) {
        const auto whole = codec::encode(samples::header(), samples::head(), request);
        for (std::size_t n = 0; n < whole.size(); ++n) {
            Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
            CHECK(codec::decode(cut).has_error());
            if (n >= 20) {  // the same with a length that fits
                cut.resize(n & ~std::size_t{3});
                cut[1] = 0;
                cut[2] = static_cast<std::uint8_t>(cut.size() >> 8);
                cut[3] = static_cast<std::uint8_t>(cut.size());
                (void)codec::decode(cut);
            }
            for (const std::uint8_t bit : {0x01, 0x40, 0x80, 0xff}) {
                Octets changed = whole;
                changed[n] ^= bit;
                if (const auto message = codec::decode(changed);
                    message.has_error() && message.error().answer)
                    CHECK(codec::encode_error(message.error(), "h", "r").size() >= 20);
            }
        }
    }
}

TEST_CASE("a stream is cut into messages wherever its packets end", "[RFC6733-3]") {
    Octets stream;
    std::vector<Octets> messages;
    for (const auto& request : samples::full_requests()) {
        messages.push_back(codec::encode(samples::header(), samples::head(), request));
        stream.insert(stream.end(), messages.back().begin(), messages.back().end());
    }
    for (std::size_t step : {1UL, 3UL, 20UL, 333UL, 5000UL}) {
        codec::Framer framer{1 << 20};
        std::vector<Octets> found;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            framer.push(std::span{stream}.subspan(at, std::min(step, stream.size() - at)));
            while (const auto m = framer.next()) found.emplace_back(m->begin(), m->end());
        }
        CHECK(found == messages);
        CHECK(framer.waiting() == 0);
        CHECK_FALSE(framer.broken());
    }
}

TEST_CASE("a length below a header or above the limit breaks the stream for good", "[RFC6733-3]") {
    for (const auto& start :
         {Octets{1, 0, 0, 19}, Octets{1, 0, 0, 0}, Octets{1, 1, 0, 0}, Octets{'G', 'E', 'T', ' '}}) {
        codec::Framer framer{4096};
        framer.push(start);
        CHECK_FALSE(framer.next());
        CHECK(framer.broken());
        framer.push(codec::encode(samples::header(), samples::head(), samples::usual_mar()));
        CHECK_FALSE(framer.next());
    }
}
