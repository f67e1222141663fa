#pragma once
#include "common/base/note.hpp"
#include "common/base/time.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/ipsec/order.hpp"
#include "common/node/state.hpp"
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

    // What must outlive the process (registrations, subscriptions, dialogs; no transactions), as records
    // (common/node/state.hpp). A node without an own state_format() has none.
    virtual std::string_view state_format() const { return {}; }  // "pcscf 3"
    virtual std::string save(TimePoint) const { return {}; }      // all records that are there
    virtual bool has_changes() const { return false; }
    // Those that changed since this was last called, and those that are gone.
    virtual void write_changes(TimePoint, std::string&) {}
    virtual void forget_changes() {}  // where nobody writes them down
    // Called once, before any event. False with `why` set if a record is not ours: nothing is taken then.
    virtual bool restore(const std::vector<StateRecord>& saved, TimePoint, std::string& why) {
        if (!saved.empty()) why = "it keeps nothing";
        return saved.empty();
    }
};

}  // namespace ims
