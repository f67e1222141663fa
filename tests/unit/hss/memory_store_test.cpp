#include "tests/unit/hss/fixture.hpp"

#include <catch2/catch.hpp>

namespace ims::hss::test {
namespace {

// Lets something else happen between loading and saving, as a second HSS on the same database would.
class Raced final : public Store {
  public:
    Raced(Store& inner, std::function<void()> meanwhile) : inner_{inner}, meanwhile_{std::move(meanwhile)} {}
    Result<Snapshot, StoreError> load(const Lookup& lookup) override {
        auto s = inner_.load(lookup);
        if (auto once = std::exchange(meanwhile_, {})) once();
        return s;
    }
    std::optional<StoreError> save(const Snapshot& loaded, const Changes& changes) override {
        return inner_.save(loaded, changes);
    }

  private:
    Store& inner_;
    std::function<void()> meanwhile_;
};

}  // namespace

TEST_CASE("two MARs at once never share an SQN", "[TS33.102-6.3.2]") {
    World w;
    cx::MultimediaAuthRequest r;
    r.user_name = alice;
    r.public_identity = alice_sip;
    r.server_name = scscf;
    r.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};

    const Hss hss{w.policy};
    std::uint64_t between = 0;
    Raced raced{w.store, [&] {
                    hss.handle(r, origin, w.store, w.random);
                    between = w.subscription().private_identities[0].sqn;
                }};
    hss.handle(r, origin, raced, w.random);
    CHECK(between > 0);
    CHECK(w.subscription().private_identities[0].sqn > between);
}
TEST_CASE("a subscription that never holds still is TOO_BUSY, not an endless loop", "[TS29.228-6.1.1]") {
    struct Restless final : Store {
        explicit Restless(Store& s) : inner{s} {}
        Result<Snapshot, StoreError> load(const Lookup& l) override { return inner.load(l); }
        std::optional<StoreError> save(const Snapshot&, const Changes&) override {
            return StoreError::Conflict;
        }
        Store& inner;
    };
    World w;
    Restless store{w.store};
    cx::ServerAssignmentRequest r;
    r.user_name = alice;
    r.public_identity = {alice_sip};
    r.server_name = scscf;
    r.server_assignment_type = Sat::Registration;
    const auto outcome = Hss{w.policy}.handle(r, origin, store, w.random);
    CHECK(cx::result(outcome.answer) == diameter::Result{R::TooBusy});
}
TEST_CASE("a copy of the store is a saved state", "[TS29.228-8.1]") {
    World w;
    const auto saved = w.store;
    w.has_state(State::Registered);
    w.store = saved;
    CHECK(w.set().state == State::NotRegistered);
}
TEST_CASE("RTR and PPR are not for an HSS", "[TS29.228-6.1.3]") {
    World w;
    const auto outcome = Hss{w.policy}.handle(cx::PushProfileRequest{}, origin, w.store, w.random);
    CHECK(cx::result(outcome.answer) == diameter::Result{R::UnableToComply});
}

}  // namespace ims::hss::test
