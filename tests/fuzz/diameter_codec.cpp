#include "common/diameter/codec/codec.hpp"
#include "common/diameter/codec/framer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <variant>

using namespace ims::diameter;

// A stream of octets cut into messages; each is decoded, and what is good is encoded again and must decode to
// the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    codec::Framer framer{1 << 16};
    framer.push({data, size});
    while (const auto octets = framer.next()) {
        const auto message = codec::decode(*octets);
        if (!message) {
            if (message.error().answer &&
                codec::encode_error(message.error(), "host.example", "example").size() < 20)
                std::abort();
            continue;
        }
        if (const auto* request = std::get_if<ims::cx::Request>(&message->content)) {
            const auto again = codec::decode(codec::encode(message->header, message->head, *request));
            if (!again || std::get<ims::cx::Request>(again->content) != *request ||
                again->head != message->head)
                std::abort();
        } else if (const auto* answer = std::get_if<ims::cx::Answer>(&message->content)) {
            auto head = message->head;
            if (head.session_id.empty()) head.session_id = "agents;leave;it;out";
            const auto again = codec::decode(codec::encode(message->header, head, *answer));
            if (!again || std::get<ims::cx::Answer>(again->content) != *answer) std::abort();
        }
    }
    return 0;
}
