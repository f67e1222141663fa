#include "common/sigcomp/assembler.hpp"
#include "common/sigcomp/dictionary.hpp"
#include "common/sigcomp/replay.hpp"
#include "common/sigcomp/stream.hpp"
#include "tests/unit/sigcomp/bench.hpp"
#include "tests/unit/sigcomp/rfc4465.hpp"

#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

// What surrounds the machine: messages, records, state memory, dictionaries, the assembler, sigcomp-run's
// lines.
using namespace ims;
using namespace ims::sigcomp;
using namespace ims::sigcomp::test;

namespace {

std::string reason_of(const Result<Message, Failure>& r) {
    return r ? "none" : std::string{reason_text(r.error().reason)};
}
CreateRequest item(std::uint8_t fill, std::size_t octets, std::uint16_t priority = 0) {
    return {64, 0, 6, priority, Octets(octets, fill)};
}
StateIdentifier identifier(const CreateRequest& r) {
    return make_state(r.address, r.instruction, r.minimum_access_length, r.value)->identifier;
}

}  // namespace

TEST_CASE("headers are parsed in both forms, with either length of feedback", "[RFC3320-7]") {
    const auto sent = octets("fd7f010203040506aabb");
    const auto m = parse_message(sent);
    REQUIRE(m.has_value());
    CHECK(hex(m->returned_feedback) == "7f");
    CHECK(hex(std::get<Reference>(m->what).partial_identifier) == "010203040506");
    CHECK(hex(m->remaining) == "aabb");
    CHECK(m->header.size() == 8);
    CHECK(hex(reference_header(octets("7f"), octets("010203040506"))) + "aabb" == hex(sent));

    const auto uploaded = upload_header(octets("83112233"), 192, octets("2300"));
    CHECK(hex(uploaded) ==
          "fc83112233"
          "0022"
          "2300");
    const auto u = parse_message(uploaded);
    CHECK(std::get<Upload>(u->what).destination == 192);
    CHECK(hex(std::get<Upload>(u->what).bytecode) == "2300");
    CHECK(hex(u->returned_feedback) == "83112233");
    CHECK(std::get<Upload>(parse_message(octets("f8000f"))->what).destination == 1024);

    for (const auto length : {6u, 9u, 12u})
        CHECK(parse_message(reference_header({}, Octets(length, 1)))->remaining.empty());
}

TEST_CASE("a header cut off anywhere is too short", "[RFC3320-7]") {
    for (const auto* whole : {"fc83112233002223"
                              "00",
                              "fe7f010203040506070809",
                              "f8000103"
                              "000000"
                              "0102030405060708091011121314151617181920"}) {
        const auto all = octets(whole);
        for (std::size_t n = 0; n < all.size(); ++n) {
            INFO(whole << " cut to " << n);
            CHECK(reason_of(parse_message(OctetSpan{all}.first(n))) == "MESSAGE_TOO_SHORT");
        }
        CHECK(parse_message(all).has_value());
    }
    CHECK(reason_of(parse_message(octets("494e56495445"))) == "MESSAGE_TOO_SHORT");  // INVITE
    CHECK(begins_sigcomp(0xf8));
    CHECK_FALSE(begins_sigcomp('I'));
}

TEST_CASE("a NACK says what failed, where, and what the reason asks for", "[RFC4077-3]") {
    const auto failed_message = octets("f9010203040506");
    const auto hash = crypto::sha1(failed_message);
    for (std::uint8_t reason = 1; reason <= 25; ++reason) {
        const Failure failure{static_cast<Reason>(reason), 31, 0x1234, octets("010203040506")};
        const auto sent = nack_for(failure, failed_message);
        CHECK(hex(sent).starts_with("f80001" + hex(Octets{reason}) + "1f1234"));
        const auto parsed = parse_message(sent);
        REQUIRE(parsed.has_value());
        const auto& nack = std::get<Nack>(parsed->what);
        CHECK(nack.reason == reason);
        CHECK(nack.opcode == 31);
        CHECK(nack.pc == 0x1234);
        CHECK(hex(nack.details) == "010203040506");
        // Nobody can tell which message a framing error spoilt.
        CHECK((nack.failed_message == hash) == (reason != 25));
        CHECK_FALSE(reason_text(failure.reason) == "unknown reason");
    }
    CHECK(hex(hash) == "b6825eadc055d4ba8b45381a1c9fe878000b941d");
}

TEST_CASE("records are marked and cut again, wherever the stream is cut", "[RFC3320-4.2.2]") {
    std::vector<Octets> messages{
        Octets{0xff}, Octets(300, 0xff), Octets(200, 0xf8), octets("f8ff00ff01ffff"), {}};
    for (int i = 0; i < 600; ++i)
        messages.back().push_back(static_cast<std::uint8_t>(i % 130 == 0 ? 0xff : i));
    Octets stream;
    for (const auto& m : messages) {
        const auto marked = mark_record(m);
        CHECK(marked.size() <= m.size() + 2 + m.size() / 128 + 1 + 2);
        stream.insert(stream.end(), marked.begin(), marked.end());
    }
    for (std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, stream.size()}) {
        RecordReader reader{600};
        std::vector<Octets> found;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            reader.feed(OctetSpan{stream}.subspan(at, std::min(step, stream.size() - at)));
            for (auto one = reader.next(); std::holds_alternative<Octets>(one); one = reader.next())
                found.push_back(std::get<Octets>(one));
        }
        CHECK(found == messages);
        CHECK(reader.buffered() == 0);
    }
}

TEST_CASE("a stream with reserved marks or a record without end is broken for good",
          "[RFC3320-4.2.2][RFC4077-3.2]") {
    for (const auto reserved : {0x80, 0xc0, 0xfe}) {
        RecordReader reader{100};
        reader.feed(Octets{0xf8, 0xff, static_cast<std::uint8_t>(reserved), 0xff, 0xff});
        CHECK(std::get<Failure>(reader.next()).reason == Reason::FramingError);
        reader.feed(octets("f8ffff"));
        CHECK(std::get<Failure>(reader.next()).reason == Reason::FramingError);
    }
    RecordReader reader{100};
    reader.feed(Octets(100, 1));
    CHECK(std::holds_alternative<RecordReader::NeedMore>(reader.next()));
    reader.feed(Octets(1, 1));
    CHECK(std::get<Failure>(reader.next()).reason == Reason::BytecodesTooLarge);
    CHECK(reader.buffered() == 0);
}

TEST_CASE("a compartment never holds more than its memory", "[RFC3320-6.2]") {
    StateStore states;
    Compartment c{states, 2048};
    CHECK(c.create(item(1, 900)));
    CHECK(c.create(item(2, 900)));
    CHECK(c.used() == 2 * 964);
    CHECK(c.create(item(3, 100)));  // one octet too many would be enough: the oldest goes
    CHECK_FALSE(c.holds(identifier(item(1, 900))));
    CHECK(c.holds(identifier(item(2, 900))));

    CHECK(c.create(item(4, 5000)));  // cut to what fits, and everything else goes
    CHECK(c.items() == 1);
    CHECK(c.used() == 2048);
    CHECK(c.holds(identifier(item(4, 1984))));

    Compartment none{states, 0};
    CHECK_FALSE(none.create(item(1, 1)));
}

TEST_CASE("state of the priority 65535 goes before all others", "[RFC4896-5.1]") {
    StateStore states;
    Compartment c{states, 2048};
    c.create(item(1, 600, 0));
    c.create(item(2, 600, 65535));
    c.create(item(3, 600, 1));
    c.create(item(4, 600, 0));
    CHECK(c.holds(identifier(item(1, 600))));
    CHECK_FALSE(c.holds(identifier(item(2, 600))));
    CHECK(c.items() == 3);
}

TEST_CASE("creating a state again makes it young, gives it the new priority and costs nothing",
          "[RFC4896-5.2][RFC4896-6]") {
    StateStore states;
    Compartment c{states, 2048};
    c.create(item(1, 600, 0));
    c.create(item(2, 600, 0));
    c.create(item(1, 600, 0));
    CHECK(c.used() == 2 * 664);
    c.create(item(3, 900, 0));
    CHECK(c.holds(identifier(item(1, 600))));
    CHECK_FALSE(c.holds(identifier(item(2, 600))));
    c.create(item(3, 900, 7));
    c.create(item(1, 600, 0));
    c.create(item(4, 900, 0));
    CHECK(c.holds(identifier(item(3, 900))));
    CHECK_FALSE(c.holds(identifier(item(1, 600))));
}

TEST_CASE("state is freed by whom it belongs to, and stays for others", "[RFC3320-6.2][RFC4896-3.3]") {
    StateStore states;
    const auto before = states.items();
    {
        Compartment a{states, 2048}, b{states, 2048};
        a.create(item(1, 100));
        b.create(item(1, 100));
        const auto id = identifier(item(1, 100));
        const FreeRequest free{{id.begin(), id.begin() + 6}};
        CHECK(states.items() == before + 1);
        a.free(free);
        CHECK(a.items() == 0);
        CHECK(std::holds_alternative<const StateItem*>(states.find(free.partial_identifier)));
        a.free(free);  // not ours any more: nothing happens
        CHECK(b.items() == 1);
        const auto dictionary = octets("fbe507dfe5e6");
        b.free({dictionary});
        CHECK(std::holds_alternative<const StateItem*>(states.find(dictionary)));
        b.resize(0);
        CHECK(std::holds_alternative<StateStore::NotFound>(states.find(free.partial_identifier)));
        b.resize(2048);
        CHECK(b.create(item(1, 100)));
    }
    CHECK(states.items() == before);
}

TEST_CASE("the dictionaries are those of the RFCs", "[RFC3485-3][RFC5112-3]") {
    std::ifstream file{std::string{IMS_TEST_DATA} + "/sigcomp-dictionaries.json"};
    const std::string_view ours[]{sip_sdp_dictionary(), presence_dictionary()};
    std::size_t n = 0;
    const StateStore states;
    for (const auto& one : nlohmann::json::parse(file)) {
        std::ifstream binary{std::string{IMS_TEST_DATA} + "/" + one["file"].get<std::string>(),
                             std::ios::binary};
        const std::string published{std::istreambuf_iterator<char>{binary}, {}};
        CHECK(ours[n++] == published);
        const auto id = octets(one["state_identifier"].get<std::string>());
        const auto found = states.find(id);
        REQUIRE(std::holds_alternative<const StateItem*>(found));
        CHECK(text_of(std::get<const StateItem*>(found)->value) == published);
    }
    CHECK(n == 2);
}

TEST_CASE("parameters are coded as the RFC lists them", "[RFC3320-3.3.1]") {
    CHECK(parameters_octet({16, 8192, 2048, 2}) == 0x19);
    CHECK(parameters_octet({128, 131072, 131072, 2}) == 0xff);
    for (const auto cpb : {16u, 32u, 64u, 128u})
        for (std::uint32_t dms = 2048; dms <= 131072; dms *= 2)
            for (const auto sms : {0u, 2048u, 4096u, 131072u}) {
                const Parameters p{cpb, dms, sms, 2};
                CHECK(valid(p));
                ReturnedParameters told;
                read_parameters_octet(parameters_octet(p), told);
                CHECK(told == ReturnedParameters{cpb, dms, sms, {}, {}});
            }
    ReturnedParameters nothing;
    read_parameters_octet(0, nothing);
    read_parameters_octet(0x41, nothing);  // a decompression_memory_size of 0 cannot be
    CHECK(nothing == ReturnedParameters{});
    CHECK_FALSE(valid({17, 8192, 2048, 2}));
    CHECK_FALSE(valid({16, 0, 2048, 2}));
    CHECK_FALSE(valid({16, 8192, 1024, 2}));
    CHECK(udvm_memory_size(131072, TransportKind::MessageBased, 100) == 65536);
    CHECK(udvm_memory_size(8192, TransportKind::StreamBased, 100) == 4096);
    CHECK(udvm_memory_size(8192, TransportKind::MessageBased, 8192) == 0);
}

TEST_CASE("the assembler takes the smallest encoding of each operand", "[RFC3320-8.5]") {
    const auto pushed = [](Operand o) {
        Assembler a{128};
        a.emit(Op::Push, {o});
        return hex(a.finish()).substr(2);
    };
    CHECK(pushed(0) == "00");
    CHECK(pushed(63) == "3f");
    CHECK(pushed(64) == "86");
    CHECK(pushed(65) == "a041");
    CHECK(pushed(128) == "87");
    CHECK(pushed(256) == "88");
    CHECK(pushed(8191) == "bfff");
    CHECK(pushed(8192) == "8d");
    CHECK(pushed(8193) == "802001");
    CHECK(pushed(32768) == "8f");
    CHECK(pushed(61440) == "9000");
    CHECK(pushed(65503) == "9fdf");
    CHECK(pushed(65504) == "e0");
    CHECK(pushed(65535) == "ff");
    CHECK(pushed(word_at(0)) == "40");
    CHECK(pushed(word_at(126)) == "7f");
    CHECK(pushed(word_at(127)) == "c07f");
    CHECK(pushed(word_at(8191)) == "dfff");
    CHECK(pushed(word_at(8192)) == "812000");
    const auto negated = [](std::uint16_t address) {
        Assembler a{128};
        a.emit(Op::Not, {word_at(address)});
        return hex(a.finish()).substr(2);
    };
    CHECK(negated(254) == "7f");
    CHECK(negated(256) == "8080");
    CHECK(negated(32766) == "bfff");
    CHECK(negated(32768) == "c08000");
    CHECK(negated(65) == "c00041");
}

TEST_CASE("the assembler makes the uncompressed bytecode of RFC 4896", "[RFC4896-11]") {
    Assembler a{128};
    const auto start = a.label(), end = a.label();
    a.place(start);
    a.emit(Op::InputBytes, {1, 64, end});
    a.emit(Op::Output, {64, 1});
    a.emit(Op::Jump, {start});
    a.place(end);
    a.emit(Op::EndMessage, {0, 0, 0, 0, 0, 0, 0});
    // The RFC leaves out the operands of END-MESSAGE: the memory behind it is 0.
    auto code = a.finish();
    code.resize(code.size() - 7);
    CHECK(hex(upload_header({}, 128, code)) == "f800a11c01860922860116f923");
}

TEST_CASE("labels far away get longer operands, forwards and backwards", "[RFC3320-8.5]") {
    for (const int between : {0, 20, 60, 61, 62, 63, 64, 300, 5000}) {
        Assembler a{128};
        const auto back = a.label(), ahead = a.label();
        a.emit(Op::Jump, {ahead});
        a.place(back);
        a.emit(Op::EndMessage, {0, 0, 0, 0, 0, 0, 0});
        a.octets(std::string(static_cast<std::size_t>(between), '\xff'));
        a.place(ahead);
        a.emit(Op::Jump, {back});
        Bench bench;
        bench.ours.decompression_memory_size = 16384;
        // More than code_len can tell: stored, and run from there.
        bench.compartment.resize(8192);
        bench.compartment.create({128, 128, 6, 0, a.finish()});
        const auto id = make_state(128, 128, 6, a.finish())->identifier;
        const auto r = bench.run(reference_header({}, OctetSpan{id}.first(6)));
        CHECK(output_of(r) == "");
        REQUIRE(r.has_value());
        CHECK(r->cycles == 3);
    }
}

TEST_CASE("sigcomp-run answers each line, and keeps states of a compartment between them", "[sigcomp-run]") {
    Replay replay{Parameters{}, TransportKind::MessageBased};
    CHECK_FALSE(replay.line(""));
    CHECK_FALSE(replay.line("  \t"));
    CHECK_FALSE(replay.line("# a remark"));
    CHECK_FALSE(replay.failed());
    CHECK(replay.line("ue " + std::string{rfc4465::bytecode_1}) == "ok 4f4b");
    CHECK(replay.line("  other\t" + std::string{rfc4465::bytecode_2} + "\r") ==
          "ok 4f4b31");  // anybody may name a state
    CHECK(replay.line("ue " + std::string{rfc4465::feedback} + "00") == "ok ");
    CHECK_FALSE(replay.failed());
    CHECK(replay.line("ue " + std::string{rfc4465::bytecode_5}) == "fail STATE_NOT_FOUND");
    CHECK(replay.failed());
    CHECK(replay.line("ue") == "fail expected: COMPARTMENT HEX");
    CHECK(replay.line("ue f8f") == "fail not hexadecimal");
    CHECK(replay.line("ue xyz0") == "fail not hexadecimal");
    CHECK(replay.line("ue f8 00") == "fail not hexadecimal");
    CHECK(replay.line("ue F8") == "fail MESSAGE_TOO_SHORT");
    CHECK(replay.line("ue " + hex(nack_for({Reason::Segfault, 0, 0, {}}, octets("f8")))) ==
          "fail is a NACK: SEGFAULT");
}
