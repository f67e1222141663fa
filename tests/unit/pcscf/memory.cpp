#include "common/base/long_lived.hpp"
#include "pcscf/core/binding.hpp"
#include "pcscf/core/lines.hpp"
#include "pcscf/core/subscription.hpp"

#include <catch2/catch.hpp>
#include <malloc.h>

// How much a registered UE costs (the lab's kind: three public identities, one contact, the P-CSCF's
// subscription to the reg event).
using namespace ims;
using namespace ims::pcscf;

namespace {

const std::string realm = "ims.mnc001.mcc001.3gppnetwork.org";

void register_ue(Bindings& bindings, Subscriptions& subscriptions, unsigned n) {
    const auto imsi = "00101" + std::to_string(1'000'000'000 + n);
    const auto msisdn = "+1555" + std::to_string(1'000'000 + n);
    const auto token = "token-" + std::to_string(1'000'000'000 + n);
    const auto impi = imsi + "@" + realm;
    const auto default_impu = "sip:" + imsi + "@" + realm;
    const auto service_route =
        to_lines(std::vector<std::string>{"sip:orig.0123456789abcdef@scscf." + realm + ":6060;lr"});
    Binding b;
    REQUIRE(b.texts.assign({token, impi, "sip:" + imsi + "@198.18.1.2:5090", "", service_route, "", "", ""}));
    REQUIRE(b.set_associated(
        {{Impu{default_impu}, ""}, {Impu{"sip:" + msisdn + "@" + realm}, ""}, {Impu{"tel:" + msisdn}, ""}}));
    b.flow = {sip::Transport::Udp,
              {IpAddress::v4({198, 18, 0, 1}), 5060},
              {IpAddress::v4({198, 18, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}),
               static_cast<std::uint16_t>(5090 + (n >> 16))},
              0};
    b.until = TimePoint{} + std::chrono::hours{1};
    bindings.wake(bindings.add(std::move(b)));
    Subscription s;
    REQUIRE(s.texts.assign({"call-" + std::to_string(1'000'000'000 + n), impi, default_impu, token,
                            "12345678901", "abcdefghijk", "sip:reg.1234567890@scscf." + realm + ":6060",
                            "<sip:scscf." + realm + ":6060;lr>", "icid-" + std::to_string(n)}));
    subscriptions.wake(subscriptions.add(std::move(s)));
}

}  // namespace

TEST_CASE("every registered UE is found by its token, user, identities and flow, and leaves nothing behind",
          "[issue]") {
    constexpr unsigned users = 1000;
    const auto before = long_lived_octets();
    {
        Bindings bindings;
        Subscriptions subscriptions;
        for (unsigned n = 0; n < users; ++n) register_ue(bindings, subscriptions, n);
        CHECK(bindings.size() == users);
        auto* b = bindings.by_token("token-1000000007");
        REQUIRE(b != nullptr);
        CHECK(bindings.of_user(b->impi()) == std::vector<Binding*>{b});
        CHECK(bindings.sender(b->flow, {}) == b);
        CHECK(bindings.is_registered(Impu{"tel:+15551000007"}));
        CHECK(subscriptions.of_user(b->impi()) == subscriptions.find("call-1000000007"));
        subscriptions.remove(*subscriptions.of_user(b->impi()));
        bindings.remove(*b);
        CHECK(bindings.by_token("token-1000000007") == nullptr);
        CHECK_FALSE(bindings.is_registered(Impu{"tel:+15551000007"}));
        CHECK(bindings.due(TimePoint{} + std::chrono::hours{2}).size() == users - 1);
    }
    CHECK(long_lived_octets() == before);
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("a registered UE takes about a kilobyte", "[issue]") {
    constexpr unsigned users = 20'000;
    const auto octets = [] { return mallinfo2().uordblks + long_lived_octets(); };
    const auto before = octets();
    Bindings bindings;
    Subscriptions subscriptions;
    for (unsigned n = 0; n < users; ++n) register_ue(bindings, subscriptions, n);
    bindings.changes.clear();
    subscriptions.changes.clear();
    const auto each = (octets() - before) / users;
    WARN("octets per registered UE: " << each);
    CHECK(each > 400);  // the count works
    CHECK(each < 1300);
}
#endif
