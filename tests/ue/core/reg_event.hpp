#pragma once
#include "common/sip/dialog/dialog.hpp"
#include "tests/ue/core/line.hpp"
#include "tests/ue/core/registration.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ims::ue {

// The UE's subscription to its own registration state (24.229 5.1.1.3, RFC 3680) and what it does when the
// network changes it (5.1.1.5, 5.1.1.7).
class RegEvent {
  public:
    RegEvent(Line& line, Registration& registration) : line_{line}, registration_{registration} {}

    void subscribe(TimePoint now);
    void forget();  // with the registration, the subscription is gone too

    bool owns(sip::ClientTransactionId id) const { return request_ == id; }
    void handle(const sip::ResponseArrived& event, TimePoint now);
    void handle(const sip::RequestFailed& event);
    // False if the NOTIFY belongs to no subscription of ours.
    bool notify(const sip::RequestArrived& event, TimePoint now);
    void handle_timeout(TimePoint now);
    std::optional<TimePoint> next_deadline() const { return deadlines_.next(); }
    bool busy() const { return request_.has_value(); }

    struct Saved {
        std::optional<sip::Dialog> dialog;
        std::optional<std::uint32_t> version;
        std::optional<Duration> refresh;  // from now
    };
    Saved saved(TimePoint now) const;
    void restore(Saved saved, TimePoint now);

  private:
    enum class Timer : std::uint8_t { Refresh, Count };

    void send(sip::Message request, TimePoint now);
    void read(const sip::Message& notify, TimePoint now);
    void act_on(const sip::Message& notify, TimePoint now);

    Line& line_;
    Registration& registration_;
    std::string call_id_, tag_;
    std::uint32_t cseq_ = 0;                // of the SUBSCRIBE that started it
    std::optional<sip::Dialog> dialog_;     // made by the first NOTIFY or the 2xx (RFC 6665 4.4.1)
    std::optional<std::uint32_t> version_;  // of the last document
    std::optional<sip::ClientTransactionId> request_;
    Deadlines<Timer> deadlines_;
};

}  // namespace ims::ue
