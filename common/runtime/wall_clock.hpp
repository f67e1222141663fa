#pragma once
#include "common/trace/shelf.hpp"

#include <chrono>

namespace ims::runtime {

inline trace::WallClock wall_clock() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace ims::runtime
