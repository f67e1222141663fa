#include "common/sip/message/message.hpp"
#include "tests/fuzz/every_header.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>

using namespace ims::sip;

namespace {

// A refused request is answered from what there is of it.
void answer(const ParseFailure& failure) {
    FUZZ_REQUIRE(failure.status >= 400 && !failure.reason.empty());
    FUZZ_REQUIRE(failure.answerable == failure.partial.has_value());
    if (failure.partial)
        Message::response(*failure.partial, failure.status, failure.reason, "tag").serialize();
}

// Every header gives the same answer twice, and what it holds survives being written.
template <class H>
void ask_and_write(const Message& message) {
    const auto value = message.get<H>();
    const auto again = message.get<H>();
    FUZZ_REQUIRE(value.has_value() == again.has_value());
    (void)message.all<H>();
    if (!value) return;
    FUZZ_REQUIRE(*value == *again);
    if (H::id == HeaderId::ContentLength) return;  // is what the body says

    auto edited = message;
    edited.set<H>(*value);
    edited.append<H>(*value);
    edited.prepend<H>(*value);
    edited.remove_first<H>();
    edited.set<H>(*value);
    const auto out = edited.serialize();
    const auto read = Message::parse(out);
    FUZZ_REQUIRE(read.has_value());
    const auto kept = read->template get<H>();
    FUZZ_REQUIRE(kept.has_value());
    FUZZ_REQUIRE(*kept == *value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = Message::parse({reinterpret_cast<const char*>(data), size});
    if (!message) {
        answer(message.error());
        return 0;
    }
    const auto out = message->serialize();
    const auto again = Message::parse(out);
    FUZZ_REQUIRE(again.has_value());
    FUZZ_REQUIRE(again->serialize() == out);
    FUZZ_REQUIRE(again->body() == message->body());
    FUZZ_REQUIRE(again->from_tag() == message->from_tag() && again->to_tag() == message->to_tag());
    for_every_header([&](auto header) { ask_and_write<decltype(header)>(*message); });

    if (message->is_request()) {
        auto forwarded = *message;
        forwarded.set_request_uri(message->request_uri());
        forwarded.prepend<h::Via>(message->top_via());
        const auto read = Message::parse(forwarded.serialize());
        FUZZ_REQUIRE(read.has_value());
        FUZZ_REQUIRE(read->request_uri() == message->request_uri());
        FUZZ_REQUIRE(read->request_uri().equivalent(message->request_uri()));
        const auto response = Message::parse(Message::response(*message, 486, {}, "tag").serialize());
        FUZZ_REQUIRE(response.has_value());
        FUZZ_REQUIRE(response->method_name() == message->method_name());
    }
    return 0;
}
