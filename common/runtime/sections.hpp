#pragma once
#include "common/base/sctp_endpoint.hpp"
#include "common/diameter/peer/config.hpp"
#include "common/runtime/config.hpp"
#include "common/sip/net/resolver.hpp"
#include "common/sip/net/transports.hpp"
#include "common/sip/proxy/element.hpp"
#include "common/trace/hep.hpp"
#include "common/trace/memory.hpp"

#include <optional>
#include <string>
#include <vector>

// The sections of a configuration file that several programs share; docs/configuration.md has every key.
namespace ims::runtime {

diameter::Config read_diameter(const Section& diameter);  // identity and realm must be there
sip::ResolverConfig read_dns(const Section& dns);
sip::TimerValues read_timers(const Section& timers, const sip::TimerValues& fallback);  // t1, t2, t4

// `trace`: what a service remembers of what happened (0 octets: nothing), and the collector that gets all its
// messages.
struct TraceConfig {
    std::size_t octets = trace::Memory::default_octets;
    std::optional<trace::Collector> hep;
    bool operator==(const TraceConfig&) const = default;
};
TraceConfig read_trace(const Section& trace);

// `routes`, a list of {host, targets}.
std::vector<sip::StaticRoute> read_routes(const Section& root);

// listen, tls, web_socket, names, server, routes, transports, dns, timers, limits, state, trace: what a CSCF
// has besides its own section.
struct CscfSections {
    sip::ElementConfig element;
    std::vector<SctpEndpoint> sctp;  // with all their addresses; the first ones are listening points too
    sip::TransportsConfig transports;
    std::optional<sip::TlsConfig> tls;
    sip::ResolverConfig resolver;
    std::string state_file;           // empty: nothing outlives the process
    Duration state_interval = 100ms;  // how long a change may wait to be written
    TraceConfig trace;
};
CscfSections read_cscf(const Section& root);

}  // namespace ims::runtime
