#include "common/runtime/metrics.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::runtime;

TEST_CASE("a family has its help and type once, and its samples together", "[metrics]") {
    Exposition out;
    out.counter("b_total", "Counts b.", 1, {{"x", "1"}});
    out.gauge("a", "Is a.", 0.5);
    out.counter("b_total", "Counts b.", 2, {{"x", "2"}});
    CHECK(out.text() ==
          "# HELP a Is a.\n# TYPE a gauge\na 0.5\n"
          "# HELP b_total Counts b.\n# TYPE b_total counter\nb_total{x=\"1\"} 1\nb_total{x=\"2\"} 2\n");
}

TEST_CASE("label values and help texts are escaped as the format wants it", "[metrics]") {
    Exposition out;
    out.gauge("g", "one\\two\nthree \"quoted\"", 1, {{"l", "a\"b\\c\nd"}});
    CHECK(out.text() ==
          "# HELP g one\\\\two\\nthree \"quoted\"\n# TYPE g gauge\n"
          "g{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST_CASE("a histogram's buckets are cumulative and end at +Inf", "[metrics]") {
    Histogram h{{0.01, 0.1}};
    h.observe(0.005);
    h.observe(0.01);
    h.observe(0.05);
    h.observe(3);
    Exposition out;
    h.collect(out, "t_seconds", "Time.", {{"op", "uar"}});
    CHECK(out.text() ==
          "# HELP t_seconds Time.\n# TYPE t_seconds histogram\n"
          "t_seconds_bucket{op=\"uar\",le=\"0.01\"} 2\n"
          "t_seconds_bucket{op=\"uar\",le=\"0.1\"} 3\n"
          "t_seconds_bucket{op=\"uar\",le=\"+Inf\"} 4\n"
          "t_seconds_sum{op=\"uar\"} 3.065\n"
          "t_seconds_count{op=\"uar\"} 4\n");
}

TEST_CASE("every note id is a counter; sources are asked at each scrape", "[metrics]") {
    Metrics metrics;
    double users = 1;
    metrics.add_source([&](Exposition& out) { out.gauge("users", "Users.", users); });
    metrics.count_note("sip.message.malformed");
    metrics.count_note("sip.message.malformed");
    users = 2;
    const auto text = metrics.text();
    CHECK(metrics.notes("sip.message.malformed") == 2);
    CHECK(metrics.notes("never") == 0);
    CHECK(text.find("ims_notes_total{id=\"sip.message.malformed\"} 2\n") != std::string::npos);
    CHECK(text.find("\nusers 2\n") != std::string::npos);
    CHECK(text.find("\nprocess_cpu_seconds_total ") != std::string::npos);
    CHECK(text.find("\nprocess_resident_memory_bytes ") != std::string::npos);
}
