#include "common/sip/message/entries.hpp"

#include "common/base/text.hpp"

#include <algorithm>

namespace ims::sip {

std::vector<std::string_view> entries_of(const Message& m, HeaderId header) {
    std::vector<std::string_view> entries;
    entries.reserve(4);
    m.each_raw(header, [&](std::string_view line) {
        while (!line.empty()) {
            const auto entry = line.substr(0, codec::first_value_length(line));
            entries.push_back(trim(entry));
            line.remove_prefix(std::min(line.size(), entry.size() + 1));
        }
    });
    return entries;
}

}  // namespace ims::sip
