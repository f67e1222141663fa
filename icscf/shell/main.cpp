#include "common/runtime/cscf.hpp"
#include "icscf/core/icscf.hpp"
#include "icscf/core/log_lines.hpp"
#include "icscf/shell/configuration.hpp"

using namespace ims;

int main(int argc, char** argv) {
    runtime::CscfProgram program;
    program.name = "icscf";
    program.description = "Interrogating CSCF: finds or selects the S-CSCF of a user (TS 24.229 5.3)";
    program.log_lines = icscf::log_lines;
    program.configure = [](runtime::Section own,
                           const runtime::CscfCommon& common) -> runtime::CscfProgram::Build {
        return [config = icscf::read_config(own, common)](sip::ElementConfig element,
                                                          Random& random) -> std::unique_ptr<Node> {
            return std::make_unique<icscf::Icscf>(config, std::move(element), random);
        };
    };
    program.reload_routes = [](Node& node, const sip::LocatorConfig& routes) {
        static_cast<icscf::Icscf&>(node).reload(routes);
    };
    program.reload_own = [](Node& node, runtime::Section own, const runtime::CscfCommon& common) {
        return static_cast<icscf::Icscf&>(node).reload(icscf::read_config(own, common));
    };
    return runtime::run_cscf(argc, argv, program);
}
