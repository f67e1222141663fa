#include "by_libfdproto.hpp"

#include "common/base/random.hpp"
#include "samples.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;

namespace {

codec::Head head_with_everything() {
    auto head = samples::head();
    head.destination_host = "hss.example";
    head.route_record = {"relay1.example", "relay2.example"};
    const Octets proxy_info{0,    0, 1, 28, 0x40, 0,   0,   21,  0,   0,    1,    24,
                            0x40, 0, 0, 13, 'p',  'r', 'o', 'x', 'y', '\0', '\0', '\0'};
    head.proxy_info = {Octets(proxy_info.begin(), proxy_info.begin() + 21)};
    return head;
}

// Commands with every AVP they can have, and with as few as there can be.
std::vector<cx::Request> requests() {
    auto all = samples::full_requests();
    all.insert(all.end(),
               {cx::UserAuthorizationRequest{}, cx::ServerAssignmentRequest{}, cx::LocationInfoRequest{},
                cx::MultimediaAuthRequest{}, cx::RegistrationTerminationRequest{}, cx::PushProfileRequest{}});
    return all;
}
std::vector<cx::Answer> answers() {
    auto all = samples::full_answers();
    all.insert(all.end(),
               {cx::UserAuthorizationAnswer{}, cx::ServerAssignmentAnswer{}, cx::LocationInfoAnswer{},
                cx::MultimediaAuthAnswer{}, cx::RegistrationTerminationAnswer{}, cx::PushProfileAnswer{}});
    cx::MultimediaAuthAnswer busy;
    busy.result = ResultCode::TooBusy;
    all.emplace_back(busy);
    all.emplace_back(samples::usual_maa());
    return all;
}
std::vector<BaseCommand> base_commands() {
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
    return {cer,
            CapabilitiesExchangeRequest{},
            CapabilitiesExchangeAnswer{ResultCode::Success, cer, "fine"},
            CapabilitiesExchangeAnswer{static_cast<ResultCode>(3010), cer, {}},
            DeviceWatchdogRequest{"a.example", "example", 7},
            DeviceWatchdogAnswer{ResultCode::Success, "a.example", "example", {}},
            DisconnectPeerRequest{"a.example", "example", DisconnectCause::Busy},
            DisconnectPeerAnswer{ResultCode::UnableToComply, "a.example", "example"}};
}

std::vector<Octets> messages() {
    std::vector<Octets> all;
    for (const auto& head : {samples::head(), head_with_everything()}) {
        for (const auto& r : requests()) all.push_back(codec::encode(samples::header(), head, r));
        for (const auto& a : answers()) all.push_back(codec::encode(samples::header(), head, a));
    }
    for (const auto& c : base_commands()) all.push_back(codec::encode(samples::header(), c));
    return all;
}

bool agree_on(const Octets& octets) {
    return by_libfdproto::same(codec::decode(octets), by_libfdproto::decode(octets));
}

}  // namespace

TEST_CASE("every command has the octets that libfdproto would give it", "[TS29.229-6.1]") {
    auto header = samples::header();
    for (const bool retransmitted : {false, true}) {
        header.retransmitted = retransmitted;
        for (const auto& head : {samples::head(), head_with_everything()}) {
            for (const auto& r : requests()) {
                INFO(cx::name(r));
                CHECK(codec::encode(header, head, r) == by_libfdproto::encode(header, head, r));
            }
            for (const auto& a : answers()) {
                INFO(cx::name(a));
                CHECK(codec::encode(header, head, a) == by_libfdproto::encode(header, head, a));
            }
        }
        for (const auto& c : base_commands()) {
            INFO(c.index());
            CHECK(codec::encode(header, c) == by_libfdproto::encode(header, c));
        }
    }
}

TEST_CASE("every command is read as libfdproto reads it, also with any one octet changed", "[RFC6733-7.1]") {
    for (const auto& whole : messages()) {
        CHECK(agree_on(whole));
        for (std::size_t n = 0; n < whole.size(); ++n)
            for (const std::uint8_t bits : {0x01, 0x02, 0x04, 0x20, 0x40, 0x80, 0xff}) {
                auto changed = whole;
                changed[n] ^= bits;
                if (!agree_on(changed)) FAIL("octet " << n << " changed by " << int{bits});
            }
    }
}

TEST_CASE("messages put together at random are read as libfdproto reads them", "[RFC6733-7.1]") {
    const auto all = messages();
    SeededRandom random{7};
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random.number() % n); };
    const auto set_length = [](Octets& message) {
        message.resize(message.size() & ~std::size_t{3});
        message[1] = static_cast<std::uint8_t>(message.size() >> 16);
        message[2] = static_cast<std::uint8_t>(message.size() >> 8);
        message[3] = static_cast<std::uint8_t>(message.size());
    };
    for (int n = 0; n < 20'000; ++n) {
        auto message = all[below(all.size())];
        // AVPs of another one, a piece cut out, and octets changed.
        const auto& other = all[below(all.size())];
        const auto from = 20 + below((other.size() - 16) / 4) * 4;
        if (below(2) == 0)
            message.insert(message.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
        if (below(4) == 0) {
            const auto at = 20 + below(message.size() - 20);
            const auto end = at + below(message.size() - at);
            message.erase(message.begin() + static_cast<std::ptrdiff_t>(at),
                          message.begin() + static_cast<std::ptrdiff_t>(end));
        }
        for (auto changes = below(4); changes > 0 && message.size() > 20; --changes)
            message[20 + below(message.size() - 20)] = static_cast<std::uint8_t>(random.number());
        set_length(message);
        if (!agree_on(message)) FAIL("message " << n << ": " << hex(message));
    }
}
