#pragma once
#include <string>
#include <string_view>
#include <vector>

// A list of texts in one, each with a line feed behind it. No value of a SIP header has one.
namespace ims::pcscf {

template <class Texts>
std::string to_lines(const Texts& texts) {
    std::string lines;
    for (const auto& text : texts) {
        lines += text;
        lines += '\n';
    }
    return lines;
}

inline std::vector<std::string_view> from_lines(std::string_view lines) {
    std::vector<std::string_view> texts;
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        texts.push_back(lines.substr(0, end));
        lines.remove_prefix(end + 1);
    }
    return texts;
}

}  // namespace ims::pcscf
