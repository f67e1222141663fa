#include "common/why/verdict.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

using namespace ims::why;

// docs/troubleshooting.md is what people read before they have the tool at hand: it must say what the tool
// says.

namespace {

std::string page() {
    std::ifstream file{IMS_DOCS "/troubleshooting.md"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    // Lines are wrapped.
    std::string one_line;
    for (const char c : text)
        if (std::isspace(static_cast<unsigned char>(c)) == 0)
            one_line += c;
        else if (!one_line.empty() && one_line.back() != ' ')
            one_line += ' ';
    return one_line;
}

void check_in(const std::string& text, const Cause& cause) {
    INFO(cause.id);
    const auto section = text.find("### " + std::string{cause.id} + " ");
    REQUIRE(section != std::string::npos);
    const auto end = std::min(text.find("### ", section + 4), text.size());
    const auto said = text.substr(section, end - section);
    CHECK(said.find(cause.sentence) != std::string::npos);
    CHECK(said.find(cause.action) != std::string::npos);
}

}  // namespace

TEST_CASE("docs/troubleshooting.md has each cause with the sentence and the action the tool prints",
          "[why]") {
    const auto text = page();
    REQUIRE_FALSE(text.empty());
    std::size_t count = 0;
    for (const auto family : {causes(), causes_without_procedure()})
        for (const auto& cause : family) {
            check_in(text, cause);
            ++count;
        }
    std::size_t sections = 0;
    for (auto at = text.find("### "); at != std::string::npos; at = text.find("### ", at + 4)) ++sections;
    CHECK(sections == count);  // and no cause that is not there any more
}
