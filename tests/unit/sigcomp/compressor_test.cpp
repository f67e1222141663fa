#include "common/sigcomp/compressor.hpp"

#include "tests/unit/sigcomp/bench.hpp"

#include <fstream>
#include <iostream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace ims;
using namespace ims::sigcomp;
using namespace ims::sigcomp::test;

TEST_CASE("explore", "[.explore]") {
    std::ifstream file{std::string{IMS_TEST_DATA} + "/gm-flow.json"};
    const auto flow = nlohmann::json::parse(file);
    struct Side {
        Parameters ours;
        StateStore states;
        Compartment compartment;
        Compressor compressor;
        explicit Side(const Parameters& p)
            : ours{p}, compartment{states, p.state_memory_size}, compressor{states, ours} {}
    };
    Parameters p;
    if (getenv("BIG")) {
        p.decompression_memory_size = 16384;
        p.state_memory_size = 4096;
    }
    if (getenv("HUGE")) {
        p.decompression_memory_size = 65536;
        p.state_memory_size = 16384;
    }
    const auto kind = getenv("TCP") ? TransportKind::StreamBased : TransportKind::MessageBased;
    Side ue{p}, pcscf{p};
    std::cout << "bytecode " << bytecode_for(8192).code.size() << "\n";
    std::size_t in = 0, out = 0;
    for (const auto& m : flow) {
        auto& from = m["from"] == "ue" ? ue : pcscf;
        auto& to = m["from"] == "ue" ? pcscf : ue;
        const auto text = m["text"].get<std::string>();
        const auto sent = from.compressor.compress(text, kind);
        REQUIRE(sent.has_value());
        const auto got = decompress(*sent, kind, to.ours, to.states);
        INFO(text);
        REQUIRE(reason_of(got) == "none");
        CHECK(got->text == text);
        Bench::grant(*got, to.compartment);
        if (got->returned_parameters)
            to.compressor.returned_parameters(*got->returned_parameters, to.compartment);
        if (got->requested_feedback) to.compressor.requested_feedback(*got->requested_feedback);
        to.compressor.returned_feedback(got->returned_feedback);
        in += text.size();
        out += sent->size();
        std::cout << m["from"] << " " << text.substr(0, text.find("\r\n")).substr(0, 40) << " " << text.size()
                  << " -> " << sent->size() << " = "
                  << 100.0 * static_cast<double>(sent->size()) / static_cast<double>(text.size()) << " % hdr "
                  << hex(*sent).substr(0, 24) << " cycles " << got->cycles << "\n";
    }
    std::cout << in << " -> " << out << "\n";
}
