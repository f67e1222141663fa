#pragma once
#include "common/base/note.hpp"

#include <span>
#include <string>
#include <string_view>

// What an operator is told about a note of severity Warning or Error: why it is written, what it means for
// subscribers, and what to do. Each owner has its rows in a log_lines.hpp; tests/architecture/check refuses a
// warning or an error without a row and a row that no code can write. `SERVICE --log-lines` prints them, and
// docs/operations/logs.md is that text.
namespace ims {

struct LogLine {
    std::string_view id;  // as in the note: "sip.message.malformed"
    Severity severity;    // the worst it is written with
    std::string_view cause;
    std::string_view effect;
    std::string_view action;
    std::string_view told_as{};  // the id of the cause in docs/troubleshooting.md that such a line belongs to
};

// Everything one owner writes: "Any service: process and admin port", and its rows.
struct LogLines {
    std::string_view title;
    std::span<const LogLine> rows;
};

// A section of Markdown.
std::string markdown(const LogLines& lines);

}  // namespace ims
