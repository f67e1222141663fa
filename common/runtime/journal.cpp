#include "common/runtime/journal.hpp"

#include "common/base/text.hpp"
#include "common/runtime/last_error.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ims::runtime {

namespace {

int open_to_append(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

bool write_all(int file, std::string_view text, std::string& why) {
    while (!text.empty()) {
        const auto n = ::write(file, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            why = last_error();
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

Journal::~Journal() {
    if (file_ >= 0) ::close(file_);
}

bool Journal::append(std::string_view lines, WallTime now, std::string& why) {
    if (lines.empty()) return true;
    if (file_ < 0) file_ = open_to_append(path_);
    if (file_ < 0) {
        why = last_error();
        return false;
    }
    const auto at = std::to_string(now.time_since_epoch().count()) + " ";
    std::string text;
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        text.append(at).append(line).append("\n");
    }
    return write_all(file_, text, why);
}

bool Journal::turn_over(std::string& why) {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
    std::error_code error;
    if (!std::filesystem::exists(path_, error)) return true;
    // What an earlier save did not get to is older still, and stays in front.
    if (!std::filesystem::exists(earlier_, error)) {
        if (::rename(path_.c_str(), earlier_.c_str()) == 0) return true;
        why = last_error();
        return false;
    }
    std::ifstream in{path_, std::ios::binary};
    std::ostringstream octets;
    octets << in.rdbuf();
    const int file = open_to_append(earlier_);
    const bool ok = in && file >= 0 && write_all(file, octets.str(), why);
    if (file >= 0) ::close(file);
    if (!ok && why.empty()) why = last_error();
    if (ok) std::filesystem::remove(path_, error);
    return ok;
}

void Journal::forget_earlier() {
    std::error_code ignored;
    std::filesystem::remove(earlier_, ignored);
}

bool Journal::read(WallTime now, const Take& take, std::string& why) const {
    for (const auto& path : {earlier_, path_}) {
        std::ifstream in{path, std::ios::binary};
        if (!in) {
            if (std::error_code error; !std::filesystem::exists(path, error) && !error) continue;
            why = path + ": " + last_error();
            return false;
        }
        std::string line;
        while (std::getline(in, line)) {
            if (in.eof()) break;  // no line feed: cut
            const auto space = line.find(' ');
            const auto at = parse_number(std::string_view{line}.substr(0, space));
            if (space == std::string::npos || !at) {
                why = path + ": not a line of a journal";
                return false;
            }
            const WallTime written{std::chrono::seconds{static_cast<std::int64_t>(*at)}};
            const auto age = std::max(now - written, std::chrono::seconds{0});
            if (!take(std::string_view{line}.substr(space + 1), age)) return false;
        }
    }
    return true;
}

}  // namespace ims::runtime
