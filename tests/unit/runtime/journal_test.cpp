#include "common/runtime/journal.hpp"

#include <filesystem>
#include <fstream>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace ims;
using namespace ims::runtime;

namespace {

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("journal-" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directory(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string state() const { return path / "node.state"; }
};

using Lines = std::vector<std::pair<std::string, std::chrono::seconds>>;

const WallTime then{std::chrono::seconds{1'000'000}};

Lines lines_of(const Folder& folder, WallTime now) {
    Lines lines;
    std::string why;
    const Journal journal{folder.state()};
    CHECK(journal.read(
        now,
        [&](std::string_view line, std::chrono::seconds age) {
            lines.emplace_back(line, age);
            return true;
        },
        why));
    CHECK(why.empty());
    return lines;
}

}  // namespace

TEST_CASE("what was appended is read in its order and with its age, by another process too", "[journal]") {
    const Folder folder;
    std::string why;
    {
        Journal journal{folder.state()};
        CHECK(lines_of(folder, then).empty());
        REQUIRE(journal.append("one\ntwo\n", then, why));
        REQUIRE(journal.append("three\n", then + 5s, why));
        REQUIRE(journal.append("", then + 6s, why));
    }
    CHECK(lines_of(folder, then + 10s) == Lines{{"one", 10s}, {"two", 10s}, {"three", 5s}});
    CHECK(lines_of(folder, then - 10s).front().second == 0s);  // a clock that was set back
    struct stat about {};
    REQUIRE(::stat((folder.state() + ".journal").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);  // it names subscribers
}

TEST_CASE("a save forgets what it has, and no line that came while it was written", "[journal]") {
    const Folder folder;
    std::string why;
    Journal journal{folder.state()};
    REQUIRE(journal.append("before\n", then, why));
    REQUIRE(journal.turn_over(why));
    REQUIRE(journal.append("meanwhile\n", then, why));
    SECTION("it is written") {
        journal.forget_earlier();
        CHECK(lines_of(folder, then) == Lines{{"meanwhile", 0s}});
    }
    SECTION("it failed, and so did the next") {
        REQUIRE(journal.turn_over(why));
        REQUIRE(journal.append("later\n", then, why));
        CHECK(lines_of(folder, then) == Lines{{"before", 0s}, {"meanwhile", 0s}, {"later", 0s}});
        REQUIRE(journal.turn_over(why));
        journal.forget_earlier();
        CHECK(lines_of(folder, then).empty());
    }
    SECTION("the process is killed before it is written") {
        CHECK(lines_of(folder, then) == Lines{{"before", 0s}, {"meanwhile", 0s}});
    }
}

TEST_CASE("a line that a crash cut is left out; one that is none is refused", "[journal]") {
    const Folder folder;
    std::string why;
    Journal journal{folder.state()};
    REQUIRE(journal.append("whole\n", then, why));
    std::ofstream{folder.state() + ".journal", std::ios::app} << "1000000 cu";
    CHECK(lines_of(folder, then) == Lines{{"whole", 0s}});
    std::ofstream{folder.state() + ".journal", std::ios::app} << "t\nnonsense\n";
    std::size_t taken = 0;
    CHECK_FALSE(journal.read(
        then,
        [&](std::string_view, std::chrono::seconds) {
            ++taken;
            return true;
        },
        why));
    CHECK(taken == 2);
    CHECK(why.find("not a line of a journal") != std::string::npos);
}

TEST_CASE("where nothing can be written, it is said why", "[journal]") {
    Journal journal{"/nowhere/at/all/node.state"};
    std::string why;
    CHECK_FALSE(journal.append("line\n", then, why));
    CHECK(why == "No such file or directory");
}
