#include "common/base/log_line.hpp"

namespace ims {

std::string markdown(const LogLines& lines) {
    std::string out = "## " + std::string{lines.title} + "\n";
    const auto say = [&](std::string_view word, std::string_view text) {
        out += "- **" + std::string{word} + "** " + std::string{text} + "\n";
    };
    for (const auto& row : lines.rows) {
        out += "\n### " + std::string{row.id} + "\n\n";
        out += row.severity == Severity::Error ? "error\n\n" : "warning\n\n";
        say("Cause:", row.cause);
        say("Effect:", row.effect);
        say("Action:", row.action);
        if (row.told_as.empty()) continue;
        const std::string cause{row.told_as};
        say("See", "[" + cause + "](../troubleshooting.md#" + cause + ")");
    }
    return out;
}

}  // namespace ims
