#pragma once
#include "common/sip/message/message.hpp"

#include <string>
#include <string_view>
#include <vector>

// What the tests of this folder share: messages built from lines, and the torture vectors.
namespace ims::sip::test {

// The lines with CRLF, then an empty line and the body.
std::string text_of(const std::vector<std::string>& lines, std::string_view body = {});

// A well-formed OPTIONS with `extra` lines at the end; a line whose name is there already replaces it.
std::string options_with(const std::vector<std::string>& extra = {}, std::string_view body = {});

// parse() of something that has to parse.
Message parsed(std::string_view text);

struct Vector {
    std::string name;     // "badaspec"
    std::string file;     // "rfc4475/badaspec.dat"
    std::string verdict;  // of the RFC, as the manifest has it
    std::string proxy;    // what a proxy may answer, in words
    std::string registrar;
    std::string octets;
};
const std::vector<Vector>& torture_vectors();

}  // namespace ims::sip::test
