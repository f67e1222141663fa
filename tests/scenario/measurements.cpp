#include "common/runtime/measurements.hpp"

#include "common/runtime/metrics.hpp"
#include "pcscf/core/measurements.hpp"
#include "scscf/core/measurements.hpp"
#include "tests/scenario/flows.hpp"

#include <span>
#include <string>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

// What a P- and an S-CSCF would show at /metrics after a scenario.
namespace {

class Numbers {
  public:
    Numbers(const World& world, std::string_view host, std::span<const Measurement> rows) {
        runtime::Measurements counted{rows};
        for (const auto& remark : world.remarks())
            if (remark.host == host) counted.see(remark.note);
        runtime::Exposition out;
        counted.collect(out);
        text_ = "\n" + out.text();
    }
    // -1: there is no such line.
    int of(const std::string& name) const {
        const auto at = text_.find("\nims_" + name + " ");
        if (at == std::string::npos) return -1;
        return std::stoi(text_.substr(at + name.size() + 6));
    }

  private:
    std::string text_;
};

Numbers of_pcscf(const World& world) {
    return {world, "pcscf", pcscf::measurements};
}
Numbers of_scscf(const World& world) {
    return {world, "scscf", scscf::measurements};
}

}  // namespace

TEST_CASE("a registration, its refreshes and its end are counted apart, whatever was challenged",
          "[TS32.409-UR]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = std::chrono::seconds{3600}; });
    for (const auto& numbers : {of_pcscf(world), of_scscf(world)}) {
        CHECK(numbers.of("ur_att_init_reg_total") == 0);
        CHECK(numbers.of("ur_succ_re_reg_total") == 0);
    }
    alice.registers();
    world.run();
    CHECK(alice.count<ue::Challenged>() == 1);
    world.advance(2 * 3600s);
    const auto refreshed = static_cast<int>(alice.count<ue::Registered>()) - 1;
    REQUIRE(refreshed >= 2);
    alice.deregisters();
    world.run();
    REQUIRE_FALSE(alice.is_registered());
    for (const auto& numbers : {of_pcscf(world), of_scscf(world)}) {
        CHECK(numbers.of("ur_att_init_reg_total") == 1);
        CHECK(numbers.of("ur_succ_init_reg_total") == 1);
        CHECK(numbers.of("ur_att_re_reg_total") == refreshed);
        CHECK(numbers.of("ur_succ_re_reg_total") == refreshed);
        CHECK(numbers.of("ur_att_de_reg_ue_total") == 1);
        CHECK(numbers.of("ur_succ_de_reg_ue_total") == 1);
        CHECK(numbers.of("ur_fail_init_reg_total{cause=\"403\"}") == -1);
    }
}

TEST_CASE("a registration that fails is counted by its cause", "[TS32.409-UR]") {
    World world;
    auto& eve = world.ue("eve", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::WrongResponse; });
    eve.registers();
    world.until([&] { return eve.count<ue::RegistrationFailed>() > 0; });
    auto& stranger =
        world.ue("stranger", [](ue::Config& c) { c.impi = impi_of_imsi("001010000000999", home); });
    stranger.registers();
    world.until([&] { return stranger.count<ue::RegistrationFailed>() > 0; });
    // The S-CSCF never hears of the stranger: the I-CSCF refuses him.
    CHECK(of_scscf(world).of("ur_att_init_reg_total") == 1);
    CHECK(of_scscf(world).of("ur_fail_init_reg_total{cause=\"403\"}") == 1);
    CHECK(of_pcscf(world).of("ur_att_init_reg_total") == 2);
    CHECK(of_pcscf(world).of("ur_fail_init_reg_total{cause=\"403\"}") == 2);
    CHECK(of_pcscf(world).of("ur_succ_init_reg_total") == 0);
}

TEST_CASE("a call is attempted, set up and answered, or fails by its cause, on the side that is served",
          "[TS32.409-SC]") {
    World world;
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    alice.registers();
    bob.registers();
    world.run();

    alice.calls(bob);
    REQUIRE(world.until([&] { return alice.hears_ringing(); }));
    for (const auto& numbers : {of_pcscf(world), of_scscf(world)})
        for (const std::string side : {"{session=\"originating\"}", "{session=\"terminating\"}"}) {
            CHECK(numbers.of("sc_att_session_total" + side) == 1);
            CHECK(numbers.of("sc_succ_session_total" + side) == 1);
            CHECK(numbers.of("sc_ans_session_total" + side) == -1);
        }
    bob.answers();
    REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }));
    alice.holds();  // a re-INVITE is no session of its own
    world.run();
    alice.hangs_up();
    world.run();

    alice.calls(bob);
    REQUIRE(world.until([&] { return bob.is_ringing(); }));
    bob.rejects(486);
    world.run();
    for (const auto& numbers : {of_pcscf(world), of_scscf(world)})
        for (const std::string side : {"originating", "terminating"}) {
            CHECK(numbers.of("sc_att_session_total{session=\"" + side + "\"}") == 2);
            CHECK(numbers.of("sc_ans_session_total{session=\"" + side + "\"}") == 1);
            CHECK(numbers.of("sc_fail_session_total{session=\"" + side + "\",cause=\"486\"}") == 1);
        }

    alice.calls(Impu{"tel:+19990000000"});
    world.run();
    CHECK(of_scscf(world).of("sc_att_session_total{session=\"originating\"}") == 3);
    CHECK(of_scscf(world).of("sc_fail_session_total{session=\"originating\",cause=\"404\"}") == 1);
    CHECK(of_scscf(world).of("sc_att_session_total{session=\"terminating\"}") == 2);
}
