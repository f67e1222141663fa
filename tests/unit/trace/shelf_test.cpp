#include "common/trace/shelf.hpp"

#include <array>
#include <string>

#include <catch2/catch.hpp>

using namespace ims::trace;

namespace {

void put(Shelf& shelf, std::uint64_t id, std::string_view text) {
    const std::array<std::string_view, 2> fields{"way", text};
    Head head;
    head.kind = Kind::SipIn;
    head.id = id;
    shelf.append(head, fields);
}

std::vector<std::uint64_t> ids(const Shelf& shelf) {
    std::vector<std::uint64_t> found;
    for (auto place = shelf.oldest(); place < shelf.end(); place = shelf.next(place))
        if (shelf.head(place).kind != Kind::Gap) found.push_back(shelf.head(place).id);
    return found;
}

}  // namespace

TEST_CASE("a shelf gives back what was put on it, in order", "[trace]") {
    Shelf shelf{4096};
    put(shelf, 1, "one");
    put(shelf, 2, "");
    put(shelf, 3, "three");
    CHECK(ids(shelf) == std::vector<std::uint64_t>{1, 2, 3});
    const auto third = shelf.next(shelf.next(shelf.oldest()));
    CHECK(shelf.fields(third) == std::vector<std::string_view>{"way", "three"});
}

TEST_CASE("a full shelf overwrites its oldest entries, whatever their sizes, and says how many", "[trace]") {
    // Every size, so that the block ends in gaps of every size too.
    Shelf shelf{2048};
    for (std::uint64_t id = 1; id <= 5'000; ++id) {
        const std::string text(id * 7 % 400, static_cast<char>('a' + id % 26));
        put(shelf, id, text);
        const auto kept = ids(shelf);
        REQUIRE(!kept.empty());
        REQUIRE(kept.back() == id);
        REQUIRE(kept.front() + kept.size() - 1 == id);  // the latest, without a hole
        REQUIRE(shelf.overwritten() == id - kept.size());
        REQUIRE(shelf.end() - shelf.oldest() <= 2048);
        auto place = shelf.oldest();
        for (const auto n : kept) {
            while (shelf.head(place).kind == Kind::Gap) place = shelf.next(place);
            const std::string expected(n * 7 % 400, static_cast<char>('a' + n % 26));
            REQUIRE(shelf.fields(place).back() == expected);
            place = shelf.next(place);
        }
    }
}

TEST_CASE("an entry larger than a quarter of the shelf is cut", "[trace]") {
    Shelf shelf{4096};
    put(shelf, 1, "small");
    put(shelf, 2, std::string(60'000, 'x'));
    CHECK(ids(shelf) == std::vector<std::uint64_t>{1, 2});
    CHECK(shelf.fields(shelf.next(shelf.oldest())).back().size() < 1024);
}

TEST_CASE("a place that was overwritten is known to be gone", "[trace]") {
    Shelf shelf{1024};
    put(shelf, 1, "first");
    const auto first = shelf.oldest();
    CHECK(shelf.holds(first));
    for (std::uint64_t id = 2; id < 50; ++id) put(shelf, id, std::string(100, 'x'));
    CHECK_FALSE(shelf.holds(first));
}
