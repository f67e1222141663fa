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

namespace {

// The flags of the first AVP of that code and vendor on the top level; 0xff if there is none.
std::uint8_t flags_of(const Octets& message, std::uint32_t code, std::uint32_t vendor) {
    const auto u32 = [&](std::size_t at) {
        return std::uint32_t{message[at]} << 24 | std::uint32_t{message[at + 1]} << 16 |
               std::uint32_t{message[at + 2]} << 8 | message[at + 3];
    };
    for (std::size_t at = 20; at < message.size(); at += ((u32(at + 4) & 0xffffff) + 3) & ~3U)
        if (u32(at) == code && (vendor == 0 || u32(at + 8) == vendor)) return message[at + 4];
    return 0xff;
}

}  // namespace

TEST_CASE("AVPs carry the flags of table 6.3.1", "[TS29.229-6.3]") {
    constexpr std::uint8_t M = 0x40, V = 0x80;
    const auto uar = codec::encode(samples::header(), samples::head(), samples::full_requests()[0]);
    CHECK(uar[4] == 0xc0);                        // R and P
    CHECK(flags_of(uar, 263, 0) == M);            // Session-Id
    CHECK(flags_of(uar, 601, 10415) == (M | V));  // Public-Identity
    CHECK(flags_of(uar, 637, 10415) == V);        // UAR-Flags
    CHECK(flags_of(uar, 628, 10415) == (M | V));  // Supported-Features that this request needs
    const auto sar = codec::encode(samples::header(), samples::head(), samples::full_requests()[1]);
    CHECK(flags_of(sar, 639, 10415) == V);  // SCSCF-Restoration-Info
    const auto saa = codec::encode(samples::header(), samples::head(), samples::full_answers()[1]);
    CHECK(saa[4] == 0x40);                        // P
    CHECK(flags_of(saa, 606, 10415) == (M | V));  // User-Data
    CHECK(flags_of(saa, 632, 10415) == V);        // Associated-Identities
    CHECK(flags_of(saa, 297, 0) == 0xff);         // a Result-Code, so no Experimental-Result
    const auto uaa = codec::encode(samples::header(), samples::head(), samples::full_answers()[0]);
    CHECK(flags_of(uaa, 297, 0) == M);
    CHECK(flags_of(uaa, 268, 0) == 0xff);
}

TEST_CASE("the commands of the base protocol survive the wire", "[RFC6733-5]") {
    CapabilitiesExchangeRequest cer;
    cer.origin_host = "a.example";
    cer.origin_realm = "example";
    cer.host_ip_address = {IpAddress::v4({192, 0, 2, 1}), *IpAddress::parse("2001:db8::1")};
    cer.vendor_id = 10415;
    cer.product_name = "ims";
    cer.origin_state_id = 7;
    cer.supported_vendor_id = {10415, 13019};
    cer.auth_application_id = {1, relay_application};
    cer.inband_security_id = {0, 1};
    cer.acct_application_id = {3};
    cer.vendor_specific_application_id = {{10415, 16777216, {}}, {10415, {}, 3}};
    cer.firmware_revision = 1;
    const std::vector<BaseCommand> commands{
        cer,
        CapabilitiesExchangeAnswer{ResultCode::Success, cer, "fine"},
        DeviceWatchdogRequest{"a.example", "example", 7},
        DeviceWatchdogAnswer{ResultCode::Success, "a.example", "example", {}},
        DisconnectPeerRequest{"a.example", "example", DisconnectCause::Busy},
        DisconnectPeerAnswer{ResultCode::UnableToComply, "a.example", "example"},
    };
    for (const auto& command : commands) {
        INFO(command.index());
        const auto octets = codec::encode(samples::header(), command);
        const auto message = codec::decode(octets);
        REQUIRE(message.has_value());
        CHECK_FALSE(message->header.proxiable);
        CHECK(std::visit(
            [&](const auto& c) {
                using Command = std::decay_t<decltype(c)>;
                return std::holds_alternative<Command>(message->content) &&
                       std::get<Command>(message->content) == c;
            },
            command));
    }
}

TEST_CASE("results have names, and unknown ones their number", "[RFC6733-7.1]") {
    CHECK(text(diameter::Result{ResultCode::Success}) == "DIAMETER_SUCCESS (2001)");
    CHECK(text(diameter::Result{ExperimentalResultCode::FirstRegistration}) ==
          "DIAMETER_FIRST_REGISTRATION (2001)");
    CHECK(text(diameter::Result{static_cast<ResultCode>(4711)}) == "4711");
    CHECK_FALSE(is(diameter::Result{ExperimentalResultCode::FirstRegistration}, ResultCode::Success));
}
