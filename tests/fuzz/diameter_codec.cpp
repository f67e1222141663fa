#include "common/diameter/codec/codec.hpp"
#include "common/diameter/codec/framer.hpp"
#include "tests/unit/diameter/by_libfdproto.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <variant>

using namespace ims::diameter;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

// A stream of octets cut into messages; each is decoded, by libfdproto to the same verdict, and what is good
// is encoded again, by libfdproto to the same octets, and must decode to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    codec::Framer framer{1 << 16};
    framer.push({data, size});
    while (const auto octets = framer.next()) {
        const auto message = codec::decode(*octets);
        require(by_libfdproto::same(message, by_libfdproto::decode(*octets)));
        if (!message) {
            if (message.error().answer)
                require(codec::encode_error(message.error(), "host.example", "example").size() >= 20);
            continue;
        }
        if (const auto* request = std::get_if<ims::cx::Request>(&message->content)) {
            const auto encoded = codec::encode(message->header, message->head, *request);
            require(encoded == by_libfdproto::encode(message->header, message->head, *request));
            const auto again = codec::decode(encoded);
            require(again && std::get<ims::cx::Request>(again->content) == *request &&
                    again->head == message->head);
        } else if (const auto* answer = std::get_if<ims::cx::Answer>(&message->content)) {
            auto head = message->head;
            if (head.session_id.empty()) head.session_id = "agents;leave;it;out";
            const auto encoded = codec::encode(message->header, head, *answer);
            require(encoded == by_libfdproto::encode(message->header, head, *answer));
            const auto again = codec::decode(encoded);
            require(again && std::get<ims::cx::Answer>(again->content) == *answer);
        }
    }
    return 0;
}
