#include "common/base/json_text.hpp"

#include <cstdint>

#include <catch2/catch.hpp>

using namespace ims;

TEST_CASE("values are parted by commas, whatever they are and wherever they stand", "[json]") {
    std::string out = "record ";
    JsonText json{out};
    json.begin_object().member("a", "x").member("b", -1).member("c", true);
    json.begin_array("list")
        .text("1")
        .value(2)
        .begin_array()
        .end_array()
        .begin_object()
        .end_object()
        .end_array();
    json.begin_object("inner").member("d", std::uint64_t{18'446'744'073'709'551'615U}).end_object();
    json.named("raw").json("[]").member("e", "").end_object();
    CHECK(out == R"(record {"a":"x","b":-1,"c":true,"list":["1",2,[],{}],"inner":{"d":18446744073709551615},)"
                 R"("raw":[],"e":""})");
}

TEST_CASE("a text may hold anything: what JSON cannot is escaped, what is no UTF-8 is replaced", "[json]") {
    const auto of = [](std::string_view text) {
        std::string out;
        append_json_string(out, text);
        return out;
    };
    CHECK(of("a\"b\\c\n\r\t") == R"("a\"b\\c\n\r\t")");
    CHECK(of(std::string_view{"\0\x1f\x7f", 3}) == R"("\u0000\u001f\u007f")");
    CHECK(of("J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x93\x9e") ==
          "\"J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x93\x9e\"");
    // RFC 3629 4: a lone continuation, an overlong form, a surrogate, beyond the last, cut at the end.
    CHECK(of("\x80x") == "\"\xef\xbf\xbdx\"");
    CHECK(of("\xc0\xaf") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK(of("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    CHECK(of("\xf4\x90\x80\x80").size() == 2 + 4 * 3);
    CHECK(of("a\xe2\x82") == "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST_CASE("what must be escaped is found wherever it stands in a long text", "[json]") {
    const std::string plain = "abcdefghijklmnopqrstuvwxyz0123456789!#[]^~";
    for (const std::string special : {"\"", "\\", "\n", "\x1f", "\x7f", "\x80", "\xc3\xbc"})
        for (std::size_t at = 0; at <= plain.size(); ++at) {
            std::string out, alone;
            append_json_string(out, plain.substr(0, at) + special + plain.substr(at));
            append_json_string(alone, special);
            CHECK(out ==
                  '"' + plain.substr(0, at) + alone.substr(1, alone.size() - 2) + plain.substr(at) + '"');
        }
    std::string out;
    append_json_string(out, plain);
    CHECK(out == '"' + plain + '"');
}

TEST_CASE("after a text that ends in an opening bracket comes a comma all the same", "[json]") {
    std::string out;
    JsonText json{out};
    json.begin_array().text("[").text("a:").text("{").end_array();
    CHECK(out == R"(["[","a:","{"])");
}
