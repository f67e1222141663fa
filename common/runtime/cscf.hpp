#pragma once
#include "common/base/log_line.hpp"
#include "common/base/measurement.hpp"
#include "common/base/random.hpp"
#include "common/compression/compression.hpp"
#include "common/diameter/peer/config.hpp"
#include "common/ipsec/kernel/kernel.hpp"
#include "common/node/node.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/http_server.hpp"
#include "common/sip/proxy/element.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

// Everything the three CSCFs have in common, so that a main is:
//
//   int main(int argc, char** argv) {
//       return ims::runtime::run_cscf(argc, argv, {
//           .name = "scscf", .description = "...", .diameter = true,
//           .configure = [](Section own, const CscfCommon& common) {
//               auto config = read_config(own, common);
//               return [config](sip::ElementConfig element, Random& random) -> std::unique_ptr<Node> {
//                   return std::make_unique<scscf::Scscf>(config, std::move(element), random);
//               };
//           }});
//   }
namespace ims::runtime {

// What the common sections say, for a node that wants to know. The element's listening points have their
// final ports only when the node is built.
struct CscfCommon {
    sip::ElementConfig element;
    diameter::Config diameter;  // identity and realm; empty for a node without Diameter
    // Said by the node, where it has protected ports; and whether it goes on where this kernel has no ESP.
    std::vector<ipsec::Transform> transforms{};
    bool goes_without_ipsec = false;
    std::optional<Compression::Config> sigcomp{};  // said by a node that is Compressing and wants it
    bool udp_encapsulation = false;  // ESP in UDP, on port 4500 of the protected addresses (RFC 3948)
};

struct CscfProgram {
    std::string name{};  // the node's own section in the configuration has this name too
    std::string description{};
    LogLines log_lines{};  // of the node; those of SIP, Diameter and the process are added
    std::span<const Measurement> measurements{};
    bool sigcomp = false;  // its node is Compressing
    bool diameter = true;  // hosts a diameter::Service and reads `diameter`

    using Build = std::function<std::unique_ptr<Node>(sip::ElementConfig, Random&)>;
    // Reads the node's own section; complaints go into the section, then Build is not called.
    // A node may add listening points of its own, and says with which transforms they are protected.
    std::function<Build(Section own, CscfCommon& common)> configure{};
    // What an operator may order: POST `path` on the admin port, from the machine itself only.
    struct Command {
        std::string path;  // "/registrations/reauthenticate"
        std::function<HttpResponse(Node&, const HttpRequest&, TimePoint, Effects&)> run;
    };
    std::vector<Command> commands{};
    // Whether a connection is to stay although nothing is said on it: somebody is reached by it. Optional.
    std::function<bool(const Node&, const sip::Flow&)> needs_flow{};
    // GET `associations_path`: what the node knows of its security associations, and the kernel. Optional.
    std::string associations_path{};
    std::function<HttpResponse(Node&, const HttpRequest&, TimePoint, const std::vector<ipsec::State>&)>
        show_associations{};
    // SIGHUP: static routes changed. Optional; a node passes it on to Element::reload().
    std::function<void(Node&, const sip::LocatorConfig&)> reload_routes{};
    // SIGHUP: the node's own section, already checked. Gives the keys that changed and need a restart.
    // Optional.
    std::function<std::vector<std::string>(Node&, Section own, const CscfCommon& common)> reload_own{};
};

int run_cscf(int argc, const char* const* argv, const CscfProgram& program);

}  // namespace ims::runtime
