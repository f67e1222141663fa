#include "common/compression/strangers.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace std::chrono_literals;

namespace {

const auto alice = *IpAddress::parse("192.0.2.1");
const auto bob = *IpAddress::parse("192.0.2.2");
constexpr auto overhead = Strangers::message_overhead;
const Strangers::Config small{100'000, 100'000, 250'000};

using Verdict = Strangers::Verdict;

// As many messages as are let in at once.
std::size_t flood(Strangers& s, const IpAddress& from, TimePoint now, std::uint64_t cycles) {
    std::size_t messages = 0;
    for (; s.admit(from, now).verdict == Verdict::Welcome; ++messages) s.spent(from, cycles);
    return messages;
}

}  // namespace

TEST_CASE("an address gets its cycles of a second, one message more at most, and the same each second") {
    Strangers s{small};
    TimePoint now{1h};
    CHECK(flood(s, alice, now, 45'000) == 2);
    CHECK(s.admit(alice, now).verdict == Verdict::AddressUsedUp);
    CHECK(s.admit(bob, now).verdict == Verdict::Welcome);
    CHECK(flood(s, alice, now + 499ms, 45'000) == 1);  // 49'900 are earned, which is not nothing
    CHECK(flood(s, alice, now + 10s, 45'000) == 2);    // never more than one second's
    CHECK(s.counters().messages == 5);
    CHECK(s.counters().cycles == 5 * 45'000);
    CHECK(s.counters().refused == 4);
}

TEST_CASE("what costs no cycles is not free") {
    Strangers s{small};
    CHECK(flood(s, alice, TimePoint{}, 0) == small.address_cycles_per_second / overhead);
}

TEST_CASE("all strangers together get what they get, from however many addresses they come") {
    Strangers s{small};
    std::size_t let_in = 0;
    Verdict last{};
    for (std::uint8_t n = 0; n < 200; ++n) {
        const auto from = IpAddress::v4({198, 51, 100, n});
        last = s.admit(from, TimePoint{}).verdict;
        if (last != Verdict::Welcome) continue;
        ++let_in;
        s.spent(from, 45'000);
    }
    CHECK(let_in == 5);
    CHECK(last == Verdict::AllUsedUp);
}

TEST_CASE("an IPv6 address counts by the prefix that one UE is given") {
    Strangers s{small};
    flood(s, *IpAddress::parse("2001:db8::1"), TimePoint{}, 100'000);
    CHECK(s.admit(*IpAddress::parse("2001:db8::2"), TimePoint{}).verdict == Verdict::AddressUsedUp);
    CHECK(s.admit(*IpAddress::parse("2001:db8:0:1::1"), TimePoint{}).verdict == Verdict::Welcome);
}

TEST_CASE("the first refusal is told from the others until all is made good") {
    Strangers s{small};
    TimePoint now{1h};
    const auto overdraws = [&] {
        REQUIRE(s.admit(alice, now).verdict == Verdict::Welcome);
        s.spent(alice, 195'000);
        return s.admit(alice, now).first;
    };
    CHECK(overdraws());
    CHECK_FALSE(s.admit(alice, now).first);
    now += 1500ms;  // half of what a second earns is there, but not yet all
    CHECK(s.admit(alice, now).verdict == Verdict::Welcome);
    CHECK_FALSE(overdraws());
    now += 3s;
    CHECK(overdraws());
}
