#include "common/compression/log_lines.hpp"
#include "common/diameter/peer/log_lines.hpp"
#include "common/ipsec/kernel/log_lines.hpp"
#include "common/runtime/log_lines.hpp"
#include "common/sip/net/log_lines.hpp"
#include "common/sip/proxy/log_lines.hpp"
#include "hss/core/log_lines.hpp"
#include "icscf/core/log_lines.hpp"
#include "pcscf/core/log_lines.hpp"
#include "scscf/core/log_lines.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <catch2/catch.hpp>

using namespace ims;

// docs/operations/logs.md is these rows. That no warning and no error is missing is what
// tests/architecture/check looks for.

namespace {

const LogLines tables[] = {
    pcscf::log_lines, ipsec::log_lines, compression::log_lines, icscf::log_lines,    scscf::log_lines,
    hss::log_lines,   sip::log_lines,   sip::net::log_lines,    diameter::log_lines, runtime::log_lines};

constexpr std::string_view introduction = R"(# Log lines an operator acts on

Each warning and each error that a service can write, by its id (`note=` in the line, `id` of `ims_notes_total` in
/metrics): why it is written, what it means, and what to do. `SERVICE --log-lines` prints the same for one service. Lines of
level info and trace tell what happened to one registration or call, and nothing has to be done about them.

This page is made from the code, by the test unit_log_lines; change the rows there (log_lines.hpp).
)";

std::string file(const std::string& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string page() {
    std::string text{introduction};
    for (const auto& table : tables) text += "\n" + markdown(table);
    return text;
}

}  // namespace

TEST_CASE("docs/operations/logs.md is what the code says", "[log_lines]") {
    const auto made = page();
    std::ofstream{IMS_ROOT "/" IMS_PAGE} << made;
    INFO("if the rows are right, mend the page:\ncp " IMS_PAGE " docs/operations/logs.md");
    CHECK((file(IMS_ROOT "/docs/operations/logs.md") == made));
}

TEST_CASE("each row says cause, effect and action in whole sentences, and is there once", "[log_lines]") {
    std::set<std::string_view> ids;
    for (const auto& table : tables)
        for (const auto& row : table.rows) {
            INFO(row.id);
            CHECK(ids.insert(row.id).second);
            CHECK((row.severity == Severity::Warning || row.severity == Severity::Error));
            for (const auto text : {row.cause, row.effect, row.action}) {
                REQUIRE(text.size() > 4);
                INFO(text);
                CHECK((text.ends_with('.') || text.ends_with('?') || text.ends_with("**")));
            }
        }
    CHECK(ids.size() > 60);
}

TEST_CASE("the causes that rows name are in docs/troubleshooting.md", "[log_lines]") {
    const auto text = file(IMS_ROOT "/docs/troubleshooting.md");
    REQUIRE_FALSE(text.empty());
    for (const auto& table : tables)
        for (const auto& row : table.rows) {
            INFO(row.id << " names " << row.told_as);
            CHECK((row.told_as.empty() ||
                   text.find("\n### " + std::string{row.told_as} + "\n") != std::string::npos));
        }
}
