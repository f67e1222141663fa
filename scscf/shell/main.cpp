#include "common/runtime/cscf.hpp"
#include "scscf/core/log_lines.hpp"
#include "scscf/core/measurements.hpp"
#include "scscf/core/scscf.hpp"
#include "scscf/shell/commands.hpp"
#include "scscf/shell/configuration.hpp"

using namespace ims;

int main(int argc, char** argv) {
    runtime::CscfProgram program;
    program.name = "scscf";
    program.description = "Serving CSCF: registrar and session control of its users (TS 24.229 5.4)";
    program.log_lines = scscf::log_lines;
    program.measurements = scscf::measurements;
    program.configure = [](runtime::Section own,
                           const runtime::CscfCommon& common) -> runtime::CscfProgram::Build {
        return [config = scscf::read_config(own, common)](sip::ElementConfig element,
                                                          Random& random) -> std::unique_ptr<Node> {
            return std::make_unique<scscf::Scscf>(config, std::move(element), random);
        };
    };
    program.reload_routes = [](Node& node, const sip::LocatorConfig& routes) {
        static_cast<scscf::Scscf&>(node).reload(routes);
    };
    program.reload_own = [](Node& node, runtime::Section own, const runtime::CscfCommon& common) {
        return static_cast<scscf::Scscf&>(node).reload(scscf::read_config(own, common));
    };
    program.commands = scscf::commands();
    return runtime::run_cscf(argc, argv, program);
}
