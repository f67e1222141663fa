#pragma once

namespace ims::why {

enum ExitStatus : int {
    NothingFailed = 0,
    Failed = 1,    // something failed, or nothing was seen
    NoAnswer = 2,  // wrong options, or no service answered
};

}  // namespace ims::why
