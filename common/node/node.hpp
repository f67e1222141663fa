#pragma once
#include "common/base/note.hpp"
#include "common/base/time.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/ipsec/order.hpp"
#include "common/sip/locate/locator.hpp"
#include "common/sip/message/flow.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The one shape of every node core: values in, values out, time as an argument. The shell (runtime) turns
// effects into octets and octets into events; tests/support/world joins cores by an in-memory wire under
// virtual time.
namespace ims {

using Event = std::variant<sip::Received, sip::TransportFailed, sip::FlowClosed, sip::dns::Answer,
                           cx::AnswerArrived, cx::SendFailed, cx::RequestArrived, ipsec::Report>;
using Effect = std::variant<sip::Transmit, sip::dns::Query, cx::Send, cx::Reply, ipsec::Order, Note>;
using Effects = std::vector<Effect>;

// A number for /metrics: registrations, dialogs, transactions alive.
struct Gauge {
    std::string_view name;  // "scscf_registered_impus"
    std::string_view help;
    double value = 0;
};

class Node {
  public:
    virtual ~Node() = default;
    virtual void handle(const Event& event, TimePoint now, Effects& out) = 0;
    virtual void handle_timeout(TimePoint now, Effects& out) = 0;
    virtual std::optional<TimePoint> next_deadline() const = 0;

    // SIGTERM: finish what is under way, refuse the rest (503, Retry-After).
    virtual void drain(TimePoint now, Effects& out) = 0;
    virtual bool idle() const = 0;  // nothing under way: the process may leave, a snapshot is complete
    virtual std::vector<Gauge> gauges() const = 0;

    // Everything that must outlive the process (registrations, subscriptions, dialogs; no transactions), as
    // JSON with a version. Times are written relative to `now`. restore() is called once, before any event;
    // false with `why` set if the text is not ours.
    virtual std::string save(TimePoint now) const = 0;
    virtual bool restore(std::string_view saved, TimePoint now, std::string& why) = 0;
};

}  // namespace ims
