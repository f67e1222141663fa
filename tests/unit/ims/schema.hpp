#pragma once
#include <string>
#include <string_view>

namespace ims::test {

// The complaints of xmllint about the document under a schema of tests/data; empty if it is valid.
std::string schema_errors(std::string_view xml, const std::string& schema_file);

}  // namespace ims::test
