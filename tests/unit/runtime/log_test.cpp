#include "common/runtime/log.hpp"

#include "common/runtime/config.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace ims;
using namespace ims::runtime;

namespace {

std::string contents(const std::filesystem::path& path) {
    std::ifstream in{path};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

struct ScratchFolder {
    std::filesystem::path path;
    ScratchFolder() {
        auto name = (std::filesystem::temp_directory_path() / "ims-log-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~ScratchFolder() { std::filesystem::remove_all(path); }
};

Note accepted() {
    return Note{Severity::Info, "scscf.registration.accepted"}
        .with("impu", "sip:alice@ims.example")
        .with("reason", "all is well");
}

}  // namespace

TEST_CASE("a note is one line of logfmt, quoted where a value would end or split", "[log]") {
    CHECK(
        format_line(accepted(), LogFormat::Logfmt, false, "T", "scscf") ==
        R"(time=T level=info service=scscf note=scscf.registration.accepted impu=sip:alice@ims.example reason="all is well")");
    const auto nasty =
        Note{Severity::Error, "x"}.with("detail", "a\"b\\c\r\nlevel=info \x01").with("reason", "");
    CHECK(format_line(nasty, LogFormat::Logfmt, false, "T", "s") ==
          R"(time=T level=error service=s note=x detail="a\"b\\c\r\nlevel=info \u0001" reason="")");
}

TEST_CASE("a JSON line is JSON whatever octets a peer sent", "[log]") {
    const auto nasty = Note{Severity::Warning, "x"}.with("detail", "\xff\xfe \xc3\xbc \xed\xa0\x80 \"\n\x7f");
    const auto line = format_line(nasty, LogFormat::Json, false, "T", "s");
    CHECK(line.find('\n') == std::string::npos);
    const auto json = nlohmann::json::parse(line);
    CHECK(json["level"] == "warning");
    CHECK(json["note"] == "x");
    CHECK(json["detail"].get<std::string>().find("\xc3\xbc") != std::string::npos);
}

TEST_CASE("identities are masked in one place, and only they", "[log]") {
    CHECK(masked_identity("sip:alice@ims.example") == "sip:ali***@ims.example");
    CHECK(masked_identity("sip:al@ims.example") == "sip:***@ims.example");
    CHECK(masked_identity("001010000000001@ims.example") == "001***@ims.example");
    CHECK(masked_identity("tel:+491234") == "tel:+49***");
    CHECK(masked_identity("sip:ims.example") == "sip:ims.example");
    CHECK(masked_identity("sip:alice@ims.example:5060") == "sip:ali***@ims.example:5060");
    const auto line = format_line(accepted(), LogFormat::Logfmt, true, "T", "scscf");
    CHECK(line.find("alice") == std::string::npos);
    CHECK(line.find("all is well") != std::string::npos);
    CHECK(is_identity_field("impi"));
    CHECK(is_identity_field("asserted_identity"));
    CHECK_FALSE(is_identity_field("call_id"));
}

TEST_CASE("a note below the level is not written; the level can change", "[log]") {
    ScratchFolder folder;
    const auto file = folder.path / "ims.log";
    Log log{{Severity::Warning, LogFormat::Logfmt, file.string(), false}, "scscf"};
    log.write(accepted());
    log.flush();
    CHECK(contents(file).empty());
    log.set_level(Severity::Trace);
    log.write(accepted());
    log.flush();
    CHECK(contents(file).find("note=scscf.registration.accepted") != std::string::npos);
}

TEST_CASE("a warning is in the file at once", "[log]") {
    ScratchFolder folder;
    const auto file = folder.path / "ims.log";
    Log log{{Severity::Info, LogFormat::Logfmt, file.string(), false}, "scscf"};
    log.write(Note{Severity::Warning, "peer.lost"});
    const auto text = contents(file);
    CHECK(text.find("level=warning service=scscf note=peer.lost\n") != std::string::npos);
    // time=2026-01-31T12:00:00.000123Z
    CHECK(text.substr(0, 5) == "time=");
    CHECK(text[24] == '.');
    CHECK(text[31] == 'Z');
}

TEST_CASE("after a rotation the log goes on in a new file", "[log]") {
    ScratchFolder folder;
    const auto file = folder.path / "ims.log";
    Log log{{Severity::Info, LogFormat::Logfmt, file.string(), false}, "scscf"};
    log.write(Note{Severity::Warning, "before"});
    std::filesystem::rename(file, folder.path / "ims.log.1");
    std::string why;
    REQUIRE(log.reopen(why));
    log.write(Note{Severity::Warning, "after"});
    CHECK(contents(folder.path / "ims.log.1").find("note=before") != std::string::npos);
    CHECK(contents(file).find("note=before") == std::string::npos);
    CHECK(contents(file).find("note=after") != std::string::npos);
}

TEST_CASE("the log section is read with its words", "[log]") {
    auto document = Document::parse("level: trace\nformat: json\nfile: /tmp/x\nmask_identities: true\n");
    const auto config = read_log(document.root());
    document.finish();
    CHECK(document.errors().empty());
    CHECK(config.level == Severity::Trace);
    CHECK(config.format == LogFormat::Json);
    CHECK(config.file == "/tmp/x");
    CHECK(config.mask_identities);
}
