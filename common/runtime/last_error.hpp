#pragma once
#include <cerrno>
#include <string>
#include <system_error>

namespace ims::runtime {

// Of the system call that just failed, in the system's words.
inline std::string last_error() {
    return std::generic_category().message(errno == 0 ? EIO : errno);
}

}  // namespace ims::runtime
