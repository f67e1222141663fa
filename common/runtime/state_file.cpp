#include "common/runtime/state_file.hpp"

#include "common/runtime/last_error.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ims::runtime {

std::optional<StateFile::Saved> StateFile::read(std::string& why) const {
    std::error_code error;
    const auto written = std::filesystem::last_write_time(path_, error);
    if (error == std::errc::no_such_file_or_directory) return std::nullopt;
    std::ifstream in{path_, std::ios::binary};
    std::ostringstream octets;
    if (!error && in) octets << in.rdbuf();
    if (error || !in) {
        why = error ? error.message() : last_error();
        return std::nullopt;
    }
    const auto age = std::filesystem::file_time_type::clock::now() - written;
    return Saved{octets.str(), std::max(std::chrono::duration_cast<Duration>(age), Duration::zero())};
}

bool StateFile::write(std::string_view text, std::string& why) const {
    const auto beside = path_ + ".new";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    while (ok && !text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        ok = n > 0;
        if (ok) text.remove_prefix(static_cast<std::size_t>(n));
    }
    if (!ok) why = last_error();
    if (fd >= 0 && ::close(fd) != 0 && ok) {
        ok = false;
        why = last_error();
    }
    if (ok && ::rename(beside.c_str(), path_.c_str()) != 0) {
        ok = false;
        why = last_error();
    }
    return ok;
}

bool StateFile::set_aside(std::string& why) const {
    if (::rename(path_.c_str(), (path_ + ".refused").c_str()) == 0) return true;
    why = last_error();
    return false;
}

}  // namespace ims::runtime
