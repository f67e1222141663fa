#include "common/sigcomp/endpoint.hpp"
#include "common/sigcomp/stream.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <vector>

using namespace ims;
using namespace ims::sigcomp;

namespace {

// What a stream holds when it arrives in segments of `step` octets.
std::vector<Octets> cut(OctetSpan stream, std::size_t step) {
    RecordReader reader{8192};
    std::vector<Octets> found;
    while (!stream.empty()) {
        const auto segment = stream.first(std::min(step, stream.size()));
        stream = stream.subspan(segment.size());
        reader.feed(segment);
        for (auto item = reader.next(); !std::holds_alternative<RecordReader::NeedMore>(item);
             item = reader.next()) {
            if (std::holds_alternative<Failure>(item)) {
                found.emplace_back();
                return found;
            }
            found.push_back(std::get<Octets>(item));
            FUZZ_REQUIRE(!found.back().empty() && found.back().size() <= 8192);
        }
        FUZZ_REQUIRE(reader.buffered() <= 8192);
    }
    return found;
}

// A hostile peer: whatever it sends, an endpoint stays within its cycles and its memory, and can still talk.
void receive(Endpoint& endpoint, OctetSpan message, TransportKind kind) {
    const auto got = endpoint.decompress(message, kind);
    if (const auto* received = std::get_if<Endpoint::Received>(&got)) {
        FUZZ_REQUIRE(received->text.size() <= max_output_octets);
        FUZZ_REQUIRE(received->pending.requests.size() <= 8);
        endpoint.accept("peer", received->pending);
    } else if (const auto* refused = std::get_if<Endpoint::Refused>(&got)) {
        FUZZ_REQUIRE(refused->nack.size() <= 7 + 20 + 20);
        FUZZ_REQUIRE(
            std::holds_alternative<Endpoint::NackArrived>(Endpoint{}.decompress(refused->nack, kind)));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const OctetSpan octets{data + 1, size - 1};
    const auto kind = (data[0] & 1) != 0 ? TransportKind::StreamBased : TransportKind::MessageBased;
    // The same for all inputs: of a closed compartment nothing is left, which is looked at in the end.
    static Endpoint endpoint{Endpoint::Config{Parameters{16, 8192, 2048, 2}, 2}};
    static const auto empty = endpoint.octets();
    endpoint.open("peer");
    const auto records = cut(octets, octets.size() + 1);
    FUZZ_REQUIRE(cut(octets, 1) == records);
    FUZZ_REQUIRE(cut(octets, data[0] + std::size_t{1}) == records);
    if (kind == TransportKind::StreamBased)
        for (const auto& record : records) receive(endpoint, record, kind);
    else
        receive(endpoint, octets, kind);
    // Its states, and of ours what fits into 8 kB of memory it offers, and twice what it may name.
    FUZZ_REQUIRE(endpoint.octets() <= empty + 2048 + 2 * 8192 + 16 * 1408);

    static const std::string_view text =
        "REGISTER sip:ims.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\r\n";
    if (const auto sent = endpoint.compress("peer", text, kind)) {
        const auto parsed = parse_message(*sent);
        FUZZ_REQUIRE(parsed && !std::holds_alternative<Nack>(parsed->what));
        const auto marked = mark_record(*sent);
        FUZZ_REQUIRE(cut(marked, marked.size()) == std::vector<Octets>{*sent});
    }
    endpoint.close("peer");
    FUZZ_REQUIRE(endpoint.octets() == empty);
    return 0;
}
