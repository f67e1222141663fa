#include "common/runtime/cscf.hpp"
#include "pcscf/core/log_lines.hpp"
#include "pcscf/core/measurements.hpp"
#include "pcscf/core/pcscf.hpp"
#include "pcscf/shell/associations.hpp"
#include "pcscf/shell/configuration.hpp"

using namespace ims;

int main(int argc, char** argv) {
    runtime::CscfProgram program;
    program.name = "pcscf";
    program.description = "Proxy CSCF: the first contact point of UEs in an IMS (TS 24.229 5.2)";
    program.log_lines = pcscf::log_lines;
    program.measurements = pcscf::measurements;
    program.diameter = false;
    program.configure = [](runtime::Section own, runtime::CscfCommon& common) -> runtime::CscfProgram::Build {
        auto config = pcscf::read_config(own, common);
        pcscf::add_protected_points(config.ipsec, common.element.listen);
        common.transforms = config.ipsec.transforms;
        common.sigcomp = pcscf::read_sigcomp(own, config);
        common.udp_encapsulation = config.ipsec.udp_encapsulation;
        common.goes_without_ipsec = config.security != pcscf::Security::Required;
        return [config = std::move(config)](sip::ElementConfig element,
                                            Random& random) -> std::unique_ptr<Node> {
            return std::make_unique<pcscf::Pcscf>(config, std::move(element), random);
        };
    };
    program.reload_routes = [](Node& node, const sip::LocatorConfig& routes) {
        static_cast<pcscf::Pcscf&>(node).reload(routes);
    };
    program.needs_flow = [](const Node& node, const sip::Flow& flow) {
        return static_cast<const pcscf::Pcscf&>(node).needs(flow);
    };
    program.sigcomp = true;
    program.associations_path = "/associations";
    program.show_associations = pcscf::show_associations;
    return runtime::run_cscf(argc, argv, program);
}
