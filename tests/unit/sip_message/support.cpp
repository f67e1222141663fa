#include "tests/unit/sip_message/support.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace ims::sip::test {

std::string text_of(const std::vector<std::string>& lines, std::string_view body) {
    std::string text;
    for (const auto& line : lines) text += line + "\r\n";
    return text + "\r\n" + std::string{body};
}

std::string options_with(const std::vector<std::string>& extra, std::string_view body) {
    std::vector<std::string> lines{"OPTIONS sip:bob@example.com SIP/2.0",
                                   "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
                                   "Max-Forwards: 70",
                                   "From: <sip:alice@example.com>;tag=a1",
                                   "To: <sip:bob@example.com>",
                                   "Call-ID: c1",
                                   "CSeq: 1 OPTIONS"};
    for (const auto& line : extra) {
        const auto name = line.substr(0, line.find(':'));
        const auto same = std::find_if(lines.begin() + 1, lines.end(), [&](const std::string& l) {
            return iequals(l.substr(0, l.find(':')), name);
        });
        if (same == lines.end())
            lines.push_back(line);
        else
            *same = line;
    }
    return text_of(lines, body);
}

Message parsed(std::string_view text) {
    auto message = Message::parse(text);
    if (!message) FAIL(message.error().reason << " at " << message.error().offset << " of\n" << text);
    return std::move(*message);
}

const std::vector<Vector>& torture_vectors() {
    static const auto vectors = [] {
        const std::string folder = IMS_TEST_DATA "/sip-torture/";
        std::vector<Vector> all;
        std::ifstream manifest{folder + "manifest.json"};
        const auto messages = nlohmann::json::parse(manifest).at("messages");
        for (const auto& m : messages) {
            Vector v;
            v.file = m.at("file");
            v.name = m.at("name");
            v.verdict = m.at("verdict");
            v.proxy = m.at("proxy");
            v.registrar = m.at("registrar");
            std::ifstream data{folder + v.file, std::ios::binary};
            v.octets.assign(std::istreambuf_iterator<char>{data}, {});
            all.push_back(std::move(v));
        }
        return all;
    }();
    REQUIRE(!vectors.empty());
    return vectors;
}

}  // namespace ims::sip::test
