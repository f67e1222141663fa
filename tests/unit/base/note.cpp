#include "common/base/note.hpp"

#include <catch2/catch.hpp>

using namespace ims;

TEST_CASE("a note is an id, a severity and fields", "[base]") {
    auto note = Note{Severity::Warning, "sip.message.malformed", {{"offset", "7"}}}.with("header", "Via");
    CHECK(note.field("header") == "Via");
    CHECK(note.field("offset") == "7");
    CHECK(note.field("reason").empty());
    CHECK(note == Note{Severity::Warning, "sip.message.malformed", {{"offset", "7"}, {"header", "Via"}}});
    CHECK(!(note == Note{Severity::Warning, "sip.message.malformed"}));
}
