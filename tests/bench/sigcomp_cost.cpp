// What SigComp costs: the messages of tests/data/gm-flow.json between a UE and a P-CSCF, again and again, and
// what a hostile UE can make of one datagram. Prints CPU microseconds for each message, compressed and
// decompressed.
//
//   sigcomp-cost GM-FLOW.JSON [REPETITIONS]
#include "common/compression/strangers.hpp"
#include "common/sigcomp/assembler.hpp"
#include "common/sigcomp/endpoint.hpp"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

using namespace ims;
using namespace ims::sigcomp;

namespace {

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Cost {
    double compress = 0, decompress = 0;
    std::size_t octets = 0, sent = 0, times = 0;
    std::uint64_t cycles = 0;
};

// Programs that do nothing but what is dear for its cycles, for as long as a datagram of `size` octets gives
// them.
void hostile(const char* what, std::size_t size, Op op, std::vector<Operand> operands) {
    Assembler a{128};
    const auto loop = a.label(), input = a.label();
    a.place(input);
    a.emit(Op::InputBytes, {static_cast<int>(size - 600), 1000, loop});  // more input, more cycles
    a.emit(Op::Load, {64, 1000});
    a.emit(Op::Load, {66, 3000});
    a.emit(Op::Multiload, {32, 3, 0xfbe5, 0x07df, 0xe5e6});
    a.place(loop);
    for (int i = 0; i < 20; ++i) a.emit(op, operands);
    a.emit(Op::Jump, {loop});
    auto message = upload_header({}, 128, a.finish());
    message.resize(size);
    Endpoint endpoint{Endpoint::Config{Parameters{16, 8192, 2048, 2}, 1}};
    const auto before = cpu_seconds();
    std::string reason;
    for (int i = 0; i < 20; ++i) {
        const auto got = endpoint.decompress(message, TransportKind::MessageBased);
        if (const auto* refused = std::get_if<Endpoint::Refused>(&got))
            reason = reason_text(refused->failure.reason);
    }
    const auto middle = cpu_seconds();
    std::uint64_t used = 0;
    for (int i = 0; i < 20; ++i) {
        Effort effort{Strangers::Config{}.message_cycles, 0};
        (void)endpoint.decompress(message, TransportKind::MessageBased, effort);
        used = effort.used;
    }
    std::printf("%-40s %7.0f us  %s; of a stranger %5.0f us, %zu cycles\n", what,
                (middle - before) / 20 * 1e6, reason.c_str(), (cpu_seconds() - middle) / 20 * 1e6,
                static_cast<std::size_t>(used));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: sigcomp-cost GM-FLOW.JSON [REPETITIONS]\n";
        return 2;
    }
    std::ifstream file{argv[1]};
    const auto flow = nlohmann::json::parse(file, nullptr, false);
    if (!flow.is_array()) {
        std::cerr << "cannot read messages from " << argv[1] << '\n';
        return 2;
    }
    const int repetitions = argc > 2 ? std::atoi(argv[2]) : 200;
    std::map<std::string, Cost> costs;
    for (int n = 0; n < repetitions; ++n) {
        Endpoint ue, pcscf;
        ue.open("peer");
        pcscf.open("peer");
        std::size_t number = 0;
        for (const auto& one : flow) {
            const auto text = one["text"].get<std::string>();
            const bool from_ue = one["from"] == "ue";
            auto& from = from_ue ? ue : pcscf;
            auto& to = from_ue ? pcscf : ue;
            const auto start = cpu_seconds();
            const auto sent = from.compress("peer", text, TransportKind::MessageBased);
            const auto middle = cpu_seconds();
            if (!sent) return 1;
            Effort effort;
            const auto got = to.decompress(*sent, TransportKind::MessageBased, effort);
            const auto* received = std::get_if<Endpoint::Received>(&got);
            if (!received || received->text != text) return 1;
            to.accept("peer", received->pending);
            const auto end = cpu_seconds();
            char name[80];
            std::snprintf(
                name, sizeof name, "%02zu %s", number++,
                text.substr(0, std::min(text.find(' ', 9), text.find("\r\n"))).substr(0, 40).c_str());
            auto& cost = costs[name];
            cost.compress += middle - start;
            cost.decompress += end - middle;
            cost.octets = text.size();
            cost.sent = sent->size();
            cost.cycles = effort.used;
            ++cost.times;
        }
    }
    Cost all;
    for (const auto& [name, c] : costs) {
        const auto times = static_cast<double>(c.times);
        std::printf("%-40s %5zu -> %4zu octets  compress %6.1f us  decompress %6.1f us, %6zu cycles\n",
                    name.c_str(), c.octets, c.sent, c.compress / times * 1e6, c.decompress / times * 1e6,
                    static_cast<std::size_t>(c.cycles));
        all.compress += c.compress / times;
        all.decompress += c.decompress / times;
        all.octets += c.octets;
        all.sent += c.sent;
    }
    std::printf("%-40s %5zu -> %4zu octets  compress %6.1f us  decompress %6.1f us a message\n", "all",
                all.octets, all.sent, all.compress / static_cast<double>(costs.size()) * 1e6,
                all.decompress / static_cast<double>(costs.size()) * 1e6);
    for (const std::size_t size : {700u, 3500u}) {
        std::printf("a hostile datagram of %zu octets\n", size);
        hostile("  ADD", size, Op::Add, {word_at(40), 1});
        hostile("  SHA-1 of nothing", size, Op::Sha1, {1000, 0, 1000});
        hostile("  STATE-ACCESS of one octet", size, Op::StateAccess, {32, 6, 0, 1, 1000, 0});
        hostile("  COPY-OFFSET of 2 octets", size, Op::CopyOffset, {1, 2, word_at(64)});
        hostile("  SORT-ASCENDING of 100 words", size, Op::SortAscending, {1000, 1, 100});
    }
    return 0;
}
