#pragma once
#include "common/sip/net/transports.hpp"
#include "tests/ue/core/config.hpp"
#include "tests/ue/shell/script.hpp"

#include <variant>
#include <vector>

namespace ims::ue {

struct Options {
    Config ue;  // local.port 0: any free one
    sip::TlsConfig tls;
    std::string web_socket_path;
    std::vector<Step> script;
    Duration patience = 60s;  // with what others must do
    bool rtp = true;
    bool json = false;
    bool trace = false;       // the ladder
    bool trace_full = false;  // with the messages
    bool verbose = false;
};

// The command line, or the exit status with which to leave: help and complaints have been printed.
std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace ims::ue
