#pragma once
#include "common/runtime/config.hpp"
#include "common/runtime/cscf.hpp"
#include "pcscf/core/config.hpp"

namespace ims::pcscf {

// The section `pcscf` (docs/configuration.md). Complaints go into the section.
Config read_config(const runtime::Section& own, const runtime::CscfCommon& common);

// What the process offers to those that speak SigComp; nothing where it is off.
std::optional<Compression::Config> read_sigcomp(const runtime::Section& own, const Config& config);

// The protected ports (TS 33.203 7.1) beside each address that is listened on, where there is IPsec.
void add_protected_points(const IpsecConfig& ipsec, std::vector<sip::ListeningPoint>& listen);

}  // namespace ims::pcscf
