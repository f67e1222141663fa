#include "common/diameter/codec/codec.hpp"

#include "samples.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;

TEST_CASE("every Cx request survives the wire with every AVP it can have", "[TS29.229-6.1]") {
    for (const auto& request : samples::full_requests()) {
        INFO(cx::name(request));
        auto head = samples::head();
        head.destination_host = "hss.example";
        head.route_record = {"relay1.example", "relay2.example"};
        const auto octets = codec::encode(samples::header(), head, request);
        const auto message = codec::decode(octets);
        REQUIRE(message.has_value());
        CHECK(message->header.request);
        CHECK(message->header.proxiable);
        CHECK(message->header.application_id == cx::application_id);
        CHECK(message->header.hop_by_hop == 0x11223344);
        CHECK(message->header.end_to_end == 0x55667788);
        CHECK(message->head == head);
        REQUIRE(std::holds_alternative<cx::Request>(message->content));
        CHECK(std::get<cx::Request>(message->content) == request);
    }
}

TEST_CASE("every Cx answer survives the wire with every AVP it can have", "[TS29.229-6.1]") {
    for (const auto& answer : samples::full_answers()) {
        INFO(cx::name(answer));
        auto head = samples::head();
        head.destination_realm.clear();
        const auto message = codec::decode(codec::encode(samples::header(), head, answer));
        REQUIRE(message.has_value());
        CHECK_FALSE(message->header.request);
        CHECK_FALSE(message->header.error);
        CHECK(message->head == head);
        REQUIRE(std::holds_alternative<cx::Answer>(message->content));
        CHECK(std::get<cx::Answer>(message->content) == answer);
    }
}
