#include "hss/shell/csv.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace ims::hss {

using nlohmann::json;
using Fields = std::vector<std::string>;

TEST_CASE("a line of CSV is cut into fields, quoted ones too", "[RFC4180-2]") {
    CHECK(csv_fields("a,b,c") == Fields{"a", "b", "c"});
    CHECK(csv_fields(" a , ,\r") == Fields{"a", "", ""});
    CHECK(csv_fields("\"a,b\",\"say \"\"hi\"\"\",c") == Fields{"a,b", "say \"hi\"", "c"});
    CHECK(csv_fields("\"\"") == Fields{""});
    CHECK_FALSE(csv_fields("\"open"));
    CHECK_FALSE(csv_fields("\"a\"b,c"));
}

TEST_CASE("a line says in the short form what its columns name", "[issue]") {
    const Fields columns{
        "imsi", "msisdn", "sqn", "barred", "ha1", "digest_realm", "allowed_visited_networks"};
    CHECK(short_form_of_csv(columns, "001010000000001,15550001 15550002,32,true,ab,here,-") ==
          json{{"imsi", "001010000000001"},
               {"msisdn", {"15550001", "15550002"}},
               {"sqn", 32},
               {"barred", true},
               {"digest", {{"ha1", "ab"}, {"realm", "here"}}},
               {"allowed_visited_networks", json::array()}});
    CHECK(short_form_of_csv(columns, "001010000000001,,,,,,") == json{{"imsi", "001010000000001"}});
    CHECK_FALSE(short_form_of_csv(columns, "001010000000001"));
    // What is no number stays as it is, and the reader says what it wants.
    CHECK(short_form_of_csv({"imsi", "sqn", "barred"}, "1,many,perhaps") ==
          json{{"imsi", "1"}, {"sqn", "many"}, {"barred", "perhaps"}});
}

TEST_CASE("what is written is read again", "[issue]") {
    const json row{{"imsi", "001010000000001"},
                   {"msisdn", {"15550001", "15550002"}},
                   {"display_name", "Alice \"A\", sales"},
                   {"sqn", 4096},
                   {"barred", false},
                   {"k", "465b5ce8b199b49faa5f0a2ee238a6bc"},
                   {"digest", {{"ha1", "ab"}, {"algorithm", "MD5"}, {"realm", "here"}}}};
    const auto& columns = csv_columns(true);
    const auto line = csv_of_short_form(columns, row);
    REQUIRE(line);
    CHECK(short_form_of_csv(columns, *line) == row);
    CHECK(csv_of_short_form(csv_columns(false), row)->find("465b") == std::string::npos);
    CHECK_FALSE(csv_of_short_form(columns, {{"display_name", "two\nlines"}}));
}

}  // namespace ims::hss
