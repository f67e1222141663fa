#pragma once
#include "common/node/node.hpp"

#include <string>
#include <string_view>

// What Node::save() and Node::write_changes() write, as a file has it, and back.
namespace ims::test {

inline std::int64_t milliseconds(TimePoint at) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// As if the texts of `file` were read at `now` of the clock that wrote them.
inline bool restore(Node& node, std::string_view file, TimePoint now, std::string& why) {
    LastWords words{node.state_format()};
    return words.add(file, why) && node.restore(words.records(now, milliseconds(now)), now, why);
}

inline std::string heading(const Node& node) {
    return state_heading(node.state_format());
}
inline std::string since(std::string_view records, TimePoint written) {
    return state_time(milliseconds(written)) + std::string{records};
}

// The file without what later words have made void, as the shell joins its files.
inline std::string joined(const Node& node, const std::string& file) {
    LastWords words{node.state_format()};
    std::string why, text;
    if (!words.add(file, why)) return file;
    words.print([&](std::string_view piece) {
        text += piece;
        return true;
    });
    return text;
}

// Another node takes what this one saves now.
inline bool hand_over(const Node& from, Node& to, TimePoint saved, TimePoint restored, std::string& why) {
    LastWords words{from.state_format()};
    const auto file = heading(from) + since(from.save(saved), saved);
    return words.add(file, why) && to.restore(words.records(restored, milliseconds(saved)), restored, why);
}

}  // namespace ims::test
