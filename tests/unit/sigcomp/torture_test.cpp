#include "common/sigcomp/stream.hpp"
#include "tests/unit/sigcomp/bench.hpp"
#include "tests/unit/sigcomp/rfc4465.hpp"

#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

// RFC 4465, the torture tests: each gives the printed output in the printed number of cycles, or fails as
// printed.
using namespace ims;
using namespace ims::sigcomp;
using namespace ims::sigcomp::test;

namespace {

nlohmann::json instruction_tests() {
    std::ifstream file{std::string{IMS_TEST_DATA} + "/sigcomp-rfc4465-instructions.json"};
    return nlohmann::json::parse(file)["tests"];
}

void succeeds(const Result<Decompressed, Failure>& r, std::string_view output, std::uint64_t cycles) {
    CHECK(output_of(r) == output);
    REQUIRE(r.has_value());
    CHECK(r->cycles == cycles);
}

}  // namespace

TEST_CASE("every instruction does what RFC 4465 A.1 prints", "[RFC4465-A.1]") {
    std::size_t runs = 0;
    for (const auto& section : instruction_tests()) {
        Bench bench;  // state is kept within a section
        for (const auto& message : section["messages"])
            for (const auto& run : message["runs"]) {
                INFO(section["section"] << " " << section["title"] << ", input " << run["input"]);
                const auto sent =
                    message["bytecode_message"].get<std::string>() + run["input"].get<std::string>();
                const auto r = bench.accepted(sent);
                if (const auto reason = run.value("failure", ""); !reason.empty()) {
                    CHECK(reason.starts_with(reason_of(r)));
                } else {
                    CHECK(output_of(r) == to_lower(run.value("output", "")));
                    if (run.contains("cycles")) CHECK((r && r->cycles == run["cycles"].get<std::uint64_t>()));
                }
                ++runs;
            }
    }
    CHECK(runs == 35);  // the file's README counts them too
}

TEST_CASE("the Useful Values are right, and cycles and memory end where they say", "[RFC4465-A.2.1]") {
    // The state holds the version that was sent, so the identifier that the RFC prints is version 1's.
    const auto version = GENERATE(std::uint8_t{1}, std::uint8_t{2});
    Bench bench;
    bench.ours.version = version;
    const auto v = hex(Octets{version});
    const auto first = bench.accepted(std::string{rfc4465::useful_values} + v);
    succeeds(first, "", 968);
    const auto& asked = std::get<CreateRequest>(first->requests.at(0));
    const auto item = make_state(asked.address, asked.instruction, asked.minimum_access_length, asked.value);
    const auto again = "f9" + hex(item->identifier).substr(0, 12) + v;
    if (version == 1) CHECK(again.starts_with(rfc4465::useful_values_again.substr(0, 14)));

    succeeds(bench.run(again + "0000"), "", 16 * 1080);
    const auto exhausted = bench.run(again + "0001");
    CHECK(reason_of(exhausted) == "CYCLES_EXHAUSTED");
    CHECK(exhausted.error().details == Octets{16});
    CHECK(exhausted.error().opcode == 35);  // END-MESSAGE, one cycle short
    CHECK(reason_of(bench.run(again + "0100")) == "SEGFAULT");
    CHECK(reason_of(bench.run(std::string{rfc4465::useful_values} + hex(Octets{3}))) == "USER_REQUESTED");
}

TEST_CASE("an endless loop ends with its cycles", "[RFC4465-A.2.2]") {
    Bench bench;
    const auto r = bench.run(rfc4465::cycles_checking);
    CHECK(reason_of(r) == "CYCLES_EXHAUSTED");
    CHECK(r.error().opcode == 20);  // COPY-OFFSET
}

TEST_CASE("headers of datagrams are checked, and one bad message does not spoil the next",
          "[RFC4465-A.2.3]") {
    for (const std::uint32_t memory : {2048u, 8192u, 16384u}) {
        Bench bench;
        bench.ours.decompression_memory_size = memory;
        const auto size =
            hex(Octets{static_cast<std::uint8_t>(memory >> 8), static_cast<std::uint8_t>(memory)});
        CHECK(reason_of(bench.run(rfc4465::message_1)) == "MESSAGE_TOO_SHORT");
        CHECK(reason_of(bench.run(rfc4465::message_2)) == "MESSAGE_TOO_SHORT");
        succeeds(bench.run(rfc4465::message_3), size, 5);
        CHECK(reason_of(bench.run(rfc4465::message_4)) == "MESSAGE_TOO_SHORT");
        CHECK(reason_of(bench.run(rfc4465::message_5)) == "INVALID_CODE_LOCATION");
        succeeds(bench.run(rfc4465::message_6), size, 5);
    }
}

TEST_CASE("records of a stream are cut, and their machine has half of the memory", "[RFC4465-A.2.4]") {
    Bench bench;
    const auto outcomes = [&](std::string_view stream) {
        RecordReader reader{bench.ours.decompression_memory_size};
        reader.feed(octets(stream));
        std::vector<std::string> out;
        while (true) {
            const auto item = reader.next();
            const auto* record = std::get_if<Octets>(&item);
            if (!record) return out;
            const auto r = bench.run(*record, TransportKind::StreamBased);
            out.push_back(r ? output_of(r) + " in " + std::to_string(r->cycles) : reason_of(r));
        }
    };
    using All = std::vector<std::string>;
    CHECK(outcomes(rfc4465::stream_1) == All{"2000ffffffffff in 11", "2000ffffffffff in 11"});
    CHECK(outcomes(rfc4465::stream_2) == All{"MESSAGE_TOO_SHORT"});
    CHECK(outcomes(rfc4465::stream_3) == All{"MESSAGE_TOO_SHORT"});
    CHECK(outcomes(rfc4465::stream_4).at(0) == "MESSAGE_TOO_SHORT");
    CHECK(outcomes(rfc4465::stream_5).at(0) == "INVALID_CODE_LOCATION");
}

TEST_CASE("input past the end of a message takes nothing, but a fraction of an octet", "[RFC4465-A.2.5]") {
    Bench bench;
    const std::string code{rfc4465::past_the_end};
    succeeds(bench.run(code + "fffa00686921"), "686921", 23);
    CHECK(reason_of(bench.run(code + "fffa006869")) == "USER_REQUESTED");
}

TEST_CASE("feedback is understood in its short and its long form", "[RFC4465-A.3.1]") {
    Bench bench;
    const std::string code{rfc4465::feedback};
    const auto short_form = bench.run(code + "00");
    succeeds(short_form, "", 52);
    CHECK(short_form->requested_feedback->item == Octets{127});

    const auto long_form = bench.run(code + "01");
    succeeds(long_form, "", 179);
    Octets item{0xff};
    for (std::uint8_t i = 1; i < 128; ++i) item.push_back(i);
    CHECK(long_form->requested_feedback->item == item);
    CHECK_FALSE(long_form->requested_feedback->no_state);

    const auto& told = *long_form->returned_parameters;
    CHECK(told.cycles_per_bit == 16u);
    CHECK(told.decompression_memory_size == 2048u);
    CHECK(told.state_memory_size == 0u);
    CHECK(told.version == 1);
    REQUIRE(told.states.size() == 3);
    CHECK(hex(told.states[0]) == "000102030405");
    CHECK(told.states[1].size() == 12);
    CHECK(told.states[2].size() == 20);
}

TEST_CASE("state goes by its priority, then by its age", "[RFC4465-A.3.2]") {
    Bench bench;
    const std::string code{rfc4465::state_memory};
    succeeds(bench.accepted(code + "00"), "", 811);
    succeeds(bench.accepted(code + "01"), "", 2603);
    succeeds(bench.accepted(code + "02"), "", 811);
    succeeds(bench.accepted(code + "03"), "", 1805);
    const auto gone = bench.accepted(code + "04");
    CHECK(reason_of(gone) == "STATE_NOT_FOUND");
    CHECK(hex(gone.error().details) == "b40fc0e44d2c");
    succeeds(bench.accepted(code + "05"), "", 2057);
    succeeds(bench.accepted(code + "06"), "", 1993);
    CHECK(bench.compartment.items() == 1);
    CHECK(bench.compartment.used() == 2048);
}

TEST_CASE("a state item of two compartments lives until both have given it up", "[RFC4465-A.3.3]") {
    StateStore states;
    std::vector<Compartment> compartments;
    for (int i = 0; i < 3; ++i) compartments.emplace_back(states, 2048);
    const std::uint64_t cycles[]{1809, 1809, 1809, 1993, 1994, 1804};
    for (unsigned n = 0; n < 9; ++n) {
        INFO("input " << n);
        const auto message =
            octets(std::string{rfc4465::compartments} + hex(Octets{static_cast<std::uint8_t>(n)}));
        const auto r = decompress(message, TransportKind::MessageBased, Parameters{}, states);
        if (n < 6) {
            succeeds(r, "", cycles[n]);
            Bench::grant(*r, compartments[n % 3]);
        } else {
            CHECK(reason_of(r) == "STATE_NOT_FOUND");
        }
    }
}

TEST_CASE("the SIP dictionary is there", "[RFC4465-A.3.4]") {
    Bench bench;
    succeeds(bench.run(rfc4465::dictionary), "534950", 11);
}

TEST_CASE("bytecode is stored as it is at the end, and run from where it was stored", "[RFC4465-A.3.5]") {
    Bench bench;
    succeeds(bench.accepted(rfc4465::bytecode_1), "4f4b", 66);
    succeeds(bench.accepted(rfc4465::bytecode_2), "4f4b31", 7);
    succeeds(bench.accepted(rfc4465::bytecode_3), "4f4b32", 5);
    succeeds(bench.accepted(rfc4465::bytecode_4), "000032", 5);
    CHECK(reason_of(bench.accepted(rfc4465::bytecode_5)) == "STATE_NOT_FOUND");
}
