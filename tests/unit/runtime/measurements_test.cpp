#include "common/runtime/measurements.hpp"

#include "common/runtime/cx_measurements.hpp"
#include "pcscf/core/measurements.hpp"
#include "scscf/core/measurements.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::runtime;

namespace {

bool has(const std::string& text, std::string_view line) {
    return ("\n" + text).find("\n" + std::string{line} + "\n") != std::string::npos;
}

std::string text_of(const CxMeasurements& measured) {
    Exposition out;
    measured.collect(out);
    return out.text();
}

}  // namespace

TEST_CASE("names of 3GPP become names of Prometheus word by word", "[metrics]") {
    CHECK(measurement_name("UR.AttInitReg") == "ims_ur_att_init_reg");
    CHECK(measurement_name("UR.SuccDeRegHss") == "ims_ur_succ_de_reg_hss");
    CHECK(measurement_name("MA.AttMAR") == "ims_ma_att_mar");
    CHECK(measurement_name("LIQ.FailLIA") == "ims_liq_fail_lia");
    CHECK(measurement_name("UR.MeanUATime") == "ims_ur_mean_ua_time");
}

TEST_CASE("a note counts for its row, by value, by outcome and by cause", "[metrics]") {
    const Measurement rows[] = {
        {"A.Att", "attempts", "x.attempted", "kind", "one"},
        {"A.Succ", "successes", "x.answered", "kind", "one", Measurement::Outcome::Success},
        {"A.Fail", "failures", "x.answered", "kind", "one", Measurement::Outcome::Failure},
        {"B.Att", "by kind", "x.attempted", "kind"},
    };
    Measurements measured{rows};
    const auto text = [&] {
        Exposition out;
        measured.collect(out);
        return out.text();
    };
    CHECK(has(text(), "# HELP ims_a_att_total A.Att (TS 32.409): attempts"));
    CHECK(has(text(), "ims_a_att_total 0"));
    CHECK(has(text(), "# TYPE ims_b_att_total counter"));
    CHECK(text().find("ims_b_att_total{") == std::string::npos);
    const auto see = [&](std::string_view id, const char* kind, const char* status) {
        Note note{Severity::Info, id};
        if (*kind != '\0') note.with("kind", kind);
        if (*status != '\0') note.with("status", status);
        measured.see(note);
    };
    see("x.attempted", "one", "");
    see("x.attempted", "two", "");
    see("x.attempted", "", "");
    see("x.answered", "one", "200");
    see("x.answered", "one", "486");
    see("x.answered", "one", "486");
    see("x.answered", "one", "");
    see("x.answered", "two", "500");
    see("y.answered", "one", "500");
    CHECK(has(text(), "ims_a_att_total 1"));
    CHECK(has(text(), "ims_a_succ_total 1"));
    CHECK(has(text(), "ims_a_fail_total{cause=\"486\"} 2"));
    CHECK(has(text(), "ims_b_att_total{kind=\"one\"} 1"));
    CHECK(has(text(), "ims_b_att_total{kind=\"two\"} 1"));
    CHECK(text().find("500") == std::string::npos);
}

TEST_CASE("Cx is counted by command and result, with the time until the answer", "[metrics][TS29.229-6.1]") {
    CxMeasurements measured;
    const TimePoint t0{};
    CHECK(text_of(measured).empty());
    cx::UserAuthorizationAnswer first;
    first.result = cx::ExperimentalResultCode::FirstRegistration;
    cx::UserAuthorizationAnswer unknown;
    unknown.result = cx::ExperimentalResultCode::ErrorUserUnknown;
    const cx::RequestId a{1}, b{2}, c{3}, strange{99};
    for (const auto id : {a, b, c}) measured.sent({id, cx::UserAuthorizationRequest{}, {}}, t0);
    measured.arrived({a, first, "hss"}, t0 + 2ms);
    measured.arrived({b, unknown, "hss"}, t0 + 3ms);
    measured.failed({c, cx::SendFailed::Reason::Timeout, ""}, t0 + 5s);
    measured.arrived({a, first, "hss"}, t0 + 6s);  // twice is once
    measured.arrived({strange, first, "hss"}, t0);
    const auto text = text_of(measured);
    CHECK(has(text, "ims_ur_att_uar_total 3"));
    CHECK(has(text, "ims_ur_succ_uaa_total{result=\"DIAMETER_FIRST_REGISTRATION\"} 1"));
    CHECK(has(text, "ims_ur_fail_uaa_total{cause=\"DIAMETER_ERROR_USER_UNKNOWN\"} 1"));
    CHECK(has(text, "ims_ur_fail_uaa_total{cause=\"timeout\"} 1"));
    CHECK(has(text, "ims_cx_answer_seconds_count{command=\"UAR\"} 3"));
    CHECK(has(text, "ims_cx_answer_seconds_bucket{command=\"UAR\",le=\"0.0025\"} 1"));
    CHECK(text.find("MAR") == std::string::npos);
}

TEST_CASE("what a service is asked is counted as well, and its ids are others", "[metrics]") {
    CxMeasurements measured;
    const TimePoint t0{};
    measured.sent({cx::RequestId{7}, cx::ServerAssignmentRequest{}, {}}, t0);
    measured.asked({cx::RequestId{7}, cx::PushProfileRequest{}, "hss", "ims.example"}, t0);
    cx::PushProfileAnswer refused;
    refused.result = cx::ResultCode::UnableToComply;
    measured.answered({cx::RequestId{7}, refused}, t0 + 1ms);
    const auto text = text_of(measured);
    CHECK(has(text, "ims_up_att_ppr_total 1"));
    CHECK(has(text, "ims_up_fail_ppa_total{cause=\"DIAMETER_UNABLE_TO_COMPLY\"} 1"));
    CHECK(has(text, "ims_ur_att_sar_total 1"));
    CHECK(has(text, "ims_cx_answer_seconds_count{command=\"SAR\"} 0"));
}

TEST_CASE("docs/operations/metrics.md has each measurement by both its names", "[metrics]") {
    std::ifstream file{IMS_DOCS "/operations/metrics.md"};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    const auto is_there = [&](std::string_view counter) {
        INFO(counter);
        CHECK(page.find("| " + std::string{counter} + " | `" + measurement_name(counter) + "_total`") !=
              std::string::npos);
    };
    for (const auto& row : pcscf::measurements) is_there(row.counter);
    for (const auto& row : scscf::measurements) is_there(row.counter);
    for (const std::string_view counter :
         {"UR.AttUAR", "UR.SuccUAA", "UR.FailUAA", "UR.AttSAR", "UR.SuccSAA", "UR.FailSAA", "LIQ.AttLIR",
          "LIQ.SuccLIA", "LIQ.FailLIA", "MA.AttMAR", "MA.SuccMAA", "MA.FailMAA", "UR.AttDeRegHss",
          "UR.SuccDeRegHss", "UR.FailDeRegHss", "UP.AttPPR", "UP.SuccPPA", "UP.FailPPA"})
        is_there(counter);
}
