#include "common/node/state.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;

namespace {

const TimePoint now{std::chrono::hours{1}};

// "kind value age", sorted.
std::vector<std::string> words_of(const std::vector<std::string_view>& texts, std::int64_t wall_ms) {
    LastWords words{"node 1"};
    std::string why;
    for (const auto text : texts) {
        REQUIRE(words.add(text, why));
        CHECK(why.empty());
    }
    std::vector<std::string> all;
    for (const auto& record : words.records(now, wall_ms))
        all.push_back(std::string{record.kind} + " " + std::string{record.value} + " " +
                      std::to_string((now - record.written) / 1ms));
    std::sort(all.begin(), all.end());
    return all;
}

std::string why_not(std::string_view text) {
    LastWords words{"node 1"};
    std::string why;
    CHECK_FALSE(words.add(text, why));
    return why;
}

}  // namespace

TEST_CASE("of each record the last word counts, over all texts, with the age of its writing", "[state]") {
    CHECK(words_of({"#node 1\n@1000\na 1 {\"v\":1}\na 2 {\"v\":2}\n@2000\na 1 {\"v\":3}\n",
                    "#node 1\n@3000\nb 1 {}\na 2\n"},
                   5000) == std::vector<std::string>{"a {\"v\":3} 3000", "b {} 2000"});
    CHECK(words_of({}, 5000).empty());
    CHECK(words_of({""}, 5000).empty());  // made, and nothing written yet
    CHECK(words_of({"#node 1\n@9000\na 1 {}\n"}, 5000) ==
          std::vector<std::string>{"a {} 0"});  // a clock set back
}

TEST_CASE("a last line that a crash cut is left out, another that is wrong is refused", "[state]") {
    CHECK(words_of({"#node 1\n@1000\na 1 {}\na 1 {\"v\":"}, 1000) == std::vector<std::string>{"a {} 0"});
    CHECK(why_not("#node 2\n") == "line 1: the state of node 2, not of node 1");
    CHECK(why_not("{\"node\":\"scscf\"}\n") == "line 1: not the state of a service of ours");
    CHECK(why_not("#node 1\n@then\n") == "line 2: not a time");
    CHECK(why_not("#node 1\n@1\na 1 {}\nnonsense\n") == "line 4: not a record");
    CHECK(why_not("#node 1\n\n") == "line 2: not a record");
}

TEST_CASE("what is printed of last words is the same words", "[state]") {
    LastWords words{"node 1"};
    std::string why;
    const std::string first = "#node 1\n@1000\na 1 {\"v\":1}\na 2 {}\n@2000\na 3 {}\n";
    const std::string second = "#node 1\n@3000\na 1 {\"v\":2}\na 2\n";
    REQUIRE(words.add(first, why));
    REQUIRE(words.add(second, why));
    CHECK(words.newest_ms() == 3000);
    std::string text;
    REQUIRE(words.print([&](std::string_view piece) {
        text += piece;
        return true;
    }));
    CHECK(text == "#node 1\n@2000\na 3 {}\n@3000\na 1 {\"v\":2}\n");
    std::size_t pieces = 0;
    CHECK_FALSE(words.print([&](std::string_view) { return ++pieces < 3; }));
    CHECK(pieces == 3);
}

TEST_CASE("a key may be any octets", "[state]") {
    std::string text = "#node 1\n@1\n";
    StateText out{text};
    const std::string_view awkward{"a b\n%\0\xff", 7};
    out.begin("k", awkward).member("v", awkward);
    out.end();
    CHECK(text == "#node 1\n@1\nk a%20b%0A%25%00%FF {\"v\":\"a b\\n%\\u0000\xef\xbf\xbd\"}\n");
    CHECK(words_of({text}, 1).size() == 1);
    out.gone("k", awkward);
    CHECK(words_of({text}, 1).empty());
}

TEST_CASE("what came and went between two writings is not worth a word", "[state]") {
    TextChanges changes;
    std::vector<std::string> said;
    const auto take = [&] {
        said.clear();
        changes.take([&](const std::string& key, bool anew) { said.push_back(key + (anew ? " anew" : "")); });
        std::sort(said.begin(), said.end());
        return said;
    };
    changes.added("a");
    changes.changed("a");
    changes.added("b");
    changes.removed("b");
    changes.changed("c");
    CHECK(take() == std::vector<std::string>{"a anew", "c"});
    CHECK(changes.empty());
    // It was written: that it is gone must be said, also if it came back under its name meanwhile.
    changes.removed("a");
    CHECK(take() == std::vector<std::string>{"a"});
    changes.removed("c");
    changes.added("c");
    changes.removed("c");
    CHECK(take() == std::vector<std::string>{"c"});
}
