#include "common/sip/proxy/absorbed.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;

namespace {

const TimePoint start{1h};

AbsorbedTransactions::Transaction one(std::uint64_t id, TimePoint until) {
    AbsorbedTransactions::Transaction t;
    t.id = id;
    t.key = "MESSAGE z9hG4bK" + std::to_string(id);
    t.hash = hash_of(t.key);
    t.until = until;
    return t;
}

}  // namespace

TEST_CASE("answered transactions are there until their timer J, whichever of several it is",
          "[RFC3261-17.2.2]") {
    AbsorbedTransactions all;
    CHECK_FALSE(all.next_deadline());
    for (unsigned n = 0; n < 1000; ++n) {
        const auto now = start + n * 1ms;
        all.add(one(n, now + (n % 2 == 0 ? Duration{32s} : Duration{128s})), now);
    }
    CHECK(all.size() == 1000);
    CHECK(all.next_deadline() == start + 32s);

    const auto there = [&](unsigned n) {
        const auto wanted = one(n, {});
        const auto* found = all.find(wanted.hash, wanted.key);
        return found != nullptr && found->id == n;
    };
    all.expire(start + 32s + 500ms);  // that of 500 too
    CHECK(all.size() == 1000 - 251);
    CHECK_FALSE(there(500));
    CHECK(there(502));
    CHECK(there(1));
    CHECK(all.next_deadline() == start + 32s + 502ms);

    all.expire(start + 128s);
    CHECK(all.size() == 500);
    CHECK(there(1));
    CHECK(all.next_deadline() == start + 128s + 1ms);
    all.expire(start + 129s);
    CHECK(all.size() == 0);
    CHECK_FALSE(all.next_deadline());
    CHECK_FALSE(there(999));
}

TEST_CASE("two keys of one hash are two transactions", "[RFC3261-17.2.3]") {
    AbsorbedTransactions all;
    auto first = one(1, start + 1s), second = one(2, start + 1s);
    first.hash = second.hash = 7;
    all.add(first, start);
    all.add(second, start);
    REQUIRE(all.find(7, second.key) != nullptr);
    CHECK(all.find(7, second.key)->id == 2);
    CHECK(all.find(7, "MESSAGE z9hG4bK3") == nullptr);
}

TEST_CASE("what could not be sent is found by its id while it is recent") {
    AbsorbedTransactions all;
    for (unsigned n = 1; n <= 3000; ++n) all.add(one(n, start + 32s), start);
    REQUIRE(all.recent(3000) != nullptr);
    CHECK(all.recent(3000)->key == one(3000, {}).key);
    CHECK(all.recent(2500) != nullptr);
    CHECK(all.recent(1) == nullptr);
    CHECK(all.recent(4000) == nullptr);
}
