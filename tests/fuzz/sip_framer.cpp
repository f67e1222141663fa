#include "common/sip/message/framer.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace ims::sip;

namespace {

// What a stream holds when it arrives in segments of `step` octets; keep-alives may be counted differently.
std::vector<std::string> cut(std::string_view stream, std::size_t step) {
    Framer framer{2000};
    std::vector<std::string> found;
    while (!stream.empty()) {
        const auto segment = stream.substr(0, step);
        stream.remove_prefix(segment.size());
        framer.feed(segment);
        for (bool more = true; more;) {
            auto item = framer.next();
            if (const auto* message = std::get_if<Buffer>(&item)) {
                FUZZ_REQUIRE((*message)->size() <= 2000);
                found.push_back(**message);
            } else if (const auto* broken = std::get_if<Framer::Broken>(&item)) {
                found.push_back("broken " + std::to_string(broken->status));
                return found;
            }
            more = !std::holds_alternative<Framer::NeedMore>(item);
        }
        FUZZ_REQUIRE(framer.buffered() <= 2000 + step);
    }
    return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto whole = cut(stream, stream.size() + 1);
    FUZZ_REQUIRE(cut(stream, 1) == whole);
    FUZZ_REQUIRE(cut(stream, data[0] + std::size_t{1}) == whole);
    return 0;
}
