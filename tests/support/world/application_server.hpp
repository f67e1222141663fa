#pragma once
#include "common/node/node.hpp"
#include "common/sip/proxy/element.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ims::world {

// An application server that is a proxy (TS 23.218 5.1.5): it brings each request back to the S-CSCF, along
// the Route it came with, and stays in the dialog.
class ApplicationServer final : public Node {
  public:
    ApplicationServer(IpEndpoint at, Random& random);

    // What it does instead with requests outside dialogs: answers all of them with that status, or sends
    // them elsewhere.
    std::optional<int> answers;
    std::optional<std::string> diverts_to;
    std::vector<std::string> served;  // Method and P-Served-User of each such request

    void handle(const Event& event, TimePoint now, Effects& out) override;
    void handle_timeout(TimePoint now, Effects& out) override;
    std::optional<TimePoint> next_deadline() const override { return element_.next_deadline(); }
    void drain(TimePoint, Effects&) override {}
    bool idle() const override { return element_.idle(); }
    std::vector<Gauge> gauges() const override { return {}; }

  private:
    void work_off(TimePoint now, Effects& out);
    void arrived(sip::RequestArrived& arrived, TimePoint now);

    sip::Uri own_;
    Random& random_;
    sip::Element element_;
    sip::ElementOutputs outputs_;
};

}  // namespace ims::world
