#pragma once
#include "common/base/address_range.hpp"
#include "common/base/random.hpp"
#include "common/node/node.hpp"
#include "common/sip/proxy/element.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The Interrogating CSCF (TS 24.229 5.3): asks the HSS which S-CSCF serves a user (Cx UAR, LIR), selects one
// where there is none yet, and sends the request there. Keeps nothing but transactions.
namespace ims::icscf {

// An S-CSCF this I-CSCF may select (TS 29.228 6.7).
struct ServingCscf {
    std::string name;                         // its SIP URI: "sip:scscf.ims.example:6060"
    std::vector<std::uint32_t> capabilities;  // mandatory and optional ones it fulfils
};

struct Config {
    std::string uri;                  // own SIP URI: "sip:icscf.ims.example:4060"
    std::string home_domain;          // "ims.mnc001.mcc001.3gppnetwork.org"
    std::vector<ServingCscf> scscfs;  // for selection, the earlier the better among equals
    bool scscf_restoration = true;    // TS 24.229 4.14: reselect also for users who have an S-CSCF
    bool record_route = false;  // 5.3.2.1 allows it; off, the I-CSCF leaves the path after the first request
    int unknown_user_status = 404;  // 5.3.2.1 step 6: 404 or 604
    // Where requests of the trust domain come from. Absent: every peer is trusted, which is right where
    // nobody but the own network reaches this node.
    std::optional<std::vector<AddressRange>> trusted_peers;
    // How long a selected S-CSCF may stay silent on REGISTER and INVITE before another is tried. Below the 32
    // s after which those upstream give up.
    Duration scscf_patience = 8s;
};

class Icscf final : public Node {
  public:
    Icscf(Config config, sip::ElementConfig element, Random& random);
    ~Icscf() override;

    void handle(const Event& event, TimePoint now, Effects& out) override;
    void handle_timeout(TimePoint now, Effects& out) override;
    std::optional<TimePoint> next_deadline() const override;
    void drain(TimePoint now, Effects& out) override;
    bool idle() const override;
    std::vector<Gauge> gauges() const override;

    // SIGHUP: static routes; our own section, of which the names stay: gives the keys that need a restart.
    void reload(sip::LocatorConfig locator);
    std::vector<std::string> reload(Config config);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::icscf
