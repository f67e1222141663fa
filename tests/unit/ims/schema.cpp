#include "tests/unit/ims/schema.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ims::test {

namespace {

std::string contents(const std::filesystem::path& file) {
    std::ifstream in{file};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

// The reginfo schema imports the W3C's schema of xml:lang from beside it.
constexpr std::string_view xml_schema = R"(<?xml version="1.0"?>
<xs:schema targetNamespace="http://www.w3.org/XML/1998/namespace" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:attribute name="lang" type="xs:language"/>
</xs:schema>)";

class Folder {
  public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "ims-schema-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::filesystem::path write(const std::string& name, std::string_view text) const {
        const auto file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file} << text;
        return file;
    }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace

std::string schema_errors(std::string_view xml, const std::string& schema_file) {
    const Folder folder;
    folder.write("schemas/xml.xsd", xml_schema);
    const auto schema =
        folder.write("schema.xsd", contents(std::filesystem::path{IMS_TEST_DATA} / schema_file));
    const auto document = folder.write("document.xml", xml);
    const auto errors = folder.path() / "errors";
    const auto command = "xmllint --nonet --noout --schema " + schema.string() + " " + document.string() +
                         " 2>" + errors.string();
    const auto status = std::system(command.c_str());
    return status == 0 ? std::string{} : contents(errors) + " (status " + std::to_string(status) + ")";
}

}  // namespace ims::test
