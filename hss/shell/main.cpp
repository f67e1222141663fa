#include "common/diameter/peer/log_lines.hpp"
#include "hss/core/log_lines.hpp"
#include "hss/shell/host.hpp"

using namespace ims;

int main(int argc, char** argv) {
    runtime::Program program;
    program.name = "hss";
    program.description = "Home Subscriber Server of an IMS: Cx (TS 29.228) on PostgreSQL";
    program.log_lines = {hss::log_lines, diameter::log_lines};
    program.configure = [](runtime::Section root) -> runtime::Program::Make {
        return [settings = hss::read_settings(root)](runtime::Process& process) {
            return std::make_unique<hss::Host>(process, settings);
        };
    };
    return runtime::run_program(argc, argv, program);
}
