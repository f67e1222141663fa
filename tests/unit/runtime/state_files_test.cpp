#include "common/runtime/state_files.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace ims;
using namespace ims::runtime;

namespace {

class Folder {
  public:
    Folder() { std::filesystem::create_directory(path_); }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string state() const { return path_ / "node.state"; }
    std::string operator()(std::string_view ending) const { return state() + std::string{ending}; }
    std::string text(std::string_view ending = "") const {
        std::ifstream in{(*this)(ending)};
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }
    void write(std::string_view ending, std::string_view text) const {
        std::ofstream{(*this)(ending)} << text;
    }
    bool has(std::string_view ending) const { return std::filesystem::exists((*this)(ending)); }

  private:
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() / ("state-files-" + std::to_string(::getpid()));
};

struct Service {
    explicit Service(const Folder& folder) : files{io, folder.state(), "node 1"} {}
    void append(std::string_view records, std::int64_t at) {
        REQUIRE(files.append(records, at, why));
        CHECK(why.empty());
    }
    // "value age" of all that is there.
    std::vector<std::string> read(std::int64_t at) {
        std::vector<std::string> all;
        const auto saved = files.read(why);
        if (!saved) return all;
        const TimePoint now{std::chrono::hours{1}};
        for (const auto& record : saved->records(now, at))
            all.push_back(std::string{record.value} + " " + std::to_string((now - record.written) / 1ms));
        std::sort(all.begin(), all.end());
        return all;
    }
    boost::asio::io_context io;
    StateFiles files;
    std::string why;
};

using Words = std::vector<std::string>;

// No file grows beyond that: a write fails, as it does on a full disk.
class FullDisk {
  public:
    explicit FullDisk(rlim_t octets) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{octets, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_{};
    void (*handler_)(int) = SIG_DFL;
};

}  // namespace

TEST_CASE("what was appended is read by the next process, which makes one file of it", "[state]") {
    const Folder folder;
    {
        Service process{folder};
        CHECK_FALSE(process.files.read(process.why));
        CHECK(process.why.empty());
        process.append("a 1 {\"v\":1}\na 2 {}\n", 1000);
        process.append("", 1500);
        process.append("a 1 {\"v\":2}\n", 2000);
        CHECK_FALSE(folder.has(""));
    }
    CHECK(folder.text(".journal") == "#node 1\n@1000\na 1 {\"v\":1}\na 2 {}\n@2000\na 1 {\"v\":2}\n");
    struct stat about {};
    REQUIRE(::stat(folder(".journal").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);  // it names subscribers
    folder.write(".journal", folder.text(".journal") + "a 2 {\"cut");
    {
        Service process{folder};
        CHECK(process.read(5000) == Words{"{\"v\":2} 3000", "{} 4000"});
        const auto saved = process.files.read(process.why);
        REQUIRE(saved);
        CHECK(saved->written_ms() == 2000);
        REQUIRE(process.files.join(*saved, process.why));
        CHECK(folder.text() == "#node 1\n@1000\na 2 {}\n@2000\na 1 {\"v\":2}\n");
        CHECK_FALSE(folder.has(".journal"));
        process.append("a 2\n", 6000);
        CHECK(process.read(6000) == Words{"{\"v\":2} 4000"});
    }
    REQUIRE(::stat(folder.state().c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
}

TEST_CASE("a journal that has outgrown the file is joined with it aside, while it goes on", "[state]") {
    const Folder folder;
    Service process{folder};
    process.files.tidy_at(200);
    std::string failure;
    const auto tidy = [&] { process.files.tidy([&](const std::string& why) { failure = why; }); };
    process.append("a 1 {\"v\":1}\n", 1000);
    tidy();
    CHECK_FALSE(folder.has(".journal.1"));  // it is small
    for (int n = 2; n < 30; ++n) process.append("a 1 {\"v\":" + std::to_string(n) + "}\n", n * 1000);
    tidy();
    process.append("b 1 {}\n", 40'000);  // meanwhile
    tidy();                              // one at a time
    process.io.run();
    CHECK(failure.empty());
    CHECK(folder.text() == "#node 1\n@29000\na 1 {\"v\":29}\n");
    CHECK(folder.text(".journal") == "#node 1\n@40000\nb 1 {}\n");
    CHECK_FALSE(folder.has(".journal.1"));
    CHECK(process.read(40'000) == Words{"{\"v\":29} 11000", "{} 0"});
}

TEST_CASE("a tidying that was killed at any of its steps loses nothing", "[state]") {
    const Folder folder;
    const std::string old = "#node 1\n@1000\na 1 {}\nb 1 {}\n", earlier = "#node 1\n@2000\nb 1\nc 1 {}\n",
                      joined = "#node 1\n@1000\na 1 {}\n@2000\nc 1 {}\n",
                      journal = "#node 1\n@3000\nd 1 {}\n";
    const Words all{"{} 1000", "{} 2000", "{} 3000"};
    folder.write(".journal", journal);
    folder.write(".journal.1", earlier);
    folder.write("", old);
    SECTION("before it wrote") {}
    SECTION("as it wrote") {
        folder.write(".new", "#node 1\n@1000\na");
    }
    SECTION("before the journal that it has read went") {
        folder.write("", joined);
    }
    Service process{folder};
    const auto saved = process.files.read(process.why);
    REQUIRE(saved);
    CHECK(process.read(4000) == all);
    REQUIRE(process.files.join(*saved, process.why));
    CHECK(folder.text() == joined + "@3000\nd 1 {}\n");
    CHECK_FALSE(folder.has(".journal"));
    CHECK_FALSE(folder.has(".journal.1"));
    CHECK_FALSE(folder.has(".new"));
}

TEST_CASE("what a failed tidying left is tried again when as much has come again, and the journal goes on",
          "[state]") {
    const Folder folder;
    Service process{folder};
    process.files.tidy_at(100);
    int failures = 0;
    const auto tidy = [&] {
        process.files.tidy([&](const std::string&) { ++failures; });
        process.io.restart();
        process.io.run();
    };
    std::filesystem::create_directory(folder(".new"));  // in the way
    for (int n = 0; n < 8; ++n) process.append("a 1 {\"v\":" + std::to_string(n) + "}\n", 1000);
    tidy();
    CHECK(failures == 1);
    process.append("b 1 {}\n", 2000);
    tidy();
    CHECK(failures == 1);
    CHECK(process.read(2000) == Words{"{\"v\":7} 1000", "{} 0"});
    std::filesystem::remove(folder(".new"));
    for (int n = 0; n < 8; ++n) process.append("c 1 {\"v\":" + std::to_string(n) + "}\n", 3000);
    tidy();
    CHECK(failures == 1);
    CHECK(folder.text() == "#node 1\n@1000\na 1 {\"v\":7}\n");
    CHECK(process.read(3000).size() == 3);
}

TEST_CASE("where something could not be written, all is written before anything else", "[state]") {
    const Folder folder;
    Service process{folder};
    std::filesystem::create_directory(folder(".journal"));  // in the way
    CHECK_FALSE(process.files.append("a 1 {}\n", 1000, process.why));
    CHECK_FALSE(process.why.empty());
    CHECK_FALSE(process.files.is_complete());
    std::filesystem::remove(folder(".journal"));
    CHECK_FALSE(process.files.append("a 2 {}\n", 2000, process.why));
    CHECK_FALSE(folder.has(".journal"));
    process.why.clear();
    REQUIRE(process.files.rewrite("a 1 {}\na 2 {}\n", 3000, process.why));
    CHECK(process.files.is_complete());
    process.append("a 1\n", 4000);
    CHECK(process.read(4000) == Words{"{} 1000"});
}

TEST_CASE("a disk that is full leaves the files as they are, and the reason", "[state]") {
    const Folder folder;
    Service process{folder};
    REQUIRE(process.files.rewrite("a 1 {}\n", 1000, process.why));
    std::string many;
    for (int n = 0; n < 40'000; ++n)
        many += "b " + std::to_string(n) + " {\"v\":" + std::to_string(n) + "}\n";
    process.append(many, 2000);
    process.files.tidy_at(1000);
    std::string failure;
    {
        const FullDisk full{400'000};  // of the megabyte that a new file would have
        process.files.tidy([&](const std::string& why) { failure = why; });
        process.io.run();
        CHECK(failure == "File too large");
        CHECK_FALSE(process.files.rewrite(many, 3000, process.why));
        CHECK(process.why == "File too large");
    }
    CHECK(folder.text() == "#node 1\n@1000\na 1 {}\n");
    CHECK_FALSE(folder.has(".new"));
    process.why.clear();
    CHECK(process.read(3000).size() == 40'001);
}

TEST_CASE("files that are not ours are put aside", "[state]") {
    const Folder folder;
    folder.write("", "garbage\n");
    folder.write(".journal", "#node 1\n");
    Service process{folder};
    CHECK_FALSE(process.files.read(process.why));
    CHECK(process.why == folder.state() + ": line 1: not the state of a service of ours");
    process.why.clear();
    REQUIRE(process.files.set_aside(process.why));
    CHECK(folder.text(".refused") == "garbage\n");
    CHECK(folder.has(".journal.refused"));
    CHECK_FALSE(folder.has(""));
    process.append("a 1 {}\n", 1000);
    CHECK(process.read(1000) == Words{"{} 0"});
}
