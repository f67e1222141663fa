#pragma once
#include "common/base/packed_texts.hpp"
#include "common/base/records.hpp"
#include "common/base/time.hpp"
#include "common/base/wakeups.hpp"
#include "common/ims/identity.hpp"
#include "common/node/state.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::pcscf {

// Our subscription to a user's registration state (24.229 5.2.3, RFC 6665): one per private identity. Some
// 400 octets.
struct Subscription {
    enum class Text : std::uint8_t {
        CallId,  // its key, and the user part of our Contact
        Impi,
        Target,   // the default public identity, a SIP URI
        Binding,  // whose Path URI we assert ourselves with
        LocalTag,
        RemoteTag,
        RemoteTarget,  // Contact of the notifier; empty before the dialog stands
        RouteSet,      // of the dialog: name-addr texts, each with a line feed behind it
        Icid,
        Count,
    };
    PackedTexts<Text> texts;
    std::uint32_t cseq = 0;
    std::uint32_t notified_cseq = 0;   // of the last NOTIFY taken
    std::optional<TimePoint> expires;  // granted
    TimePoint act_at;                  // next refresh, retry or end
    std::optional<TimePoint> alarm;    // the earliest one set for it
    std::uint32_t failures = 0;

    std::string_view get(Text text) const { return texts.get(text); }
    std::string_view call_id() const { return get(Text::CallId); }
    Impi impi() const { return Impi{std::string{get(Text::Impi)}}; }
    std::vector<std::string_view> route_set() const;
    bool active() const { return expires.has_value(); }
    // The dialog as the notifier's side of it is known. False, and nothing changes, if it is too long to
    // keep.
    [[nodiscard]] bool set_dialog(std::string_view remote_tag, std::string_view remote_target,
                                  std::string_view route_lines);
    void forget_dialog();
};

// All of them, by Call-ID and by user. References stay valid until the subscription is removed.
class Subscriptions {
  public:
    Subscription& add(Subscription s);  // Call-ID and private identity are set, and stay
    void remove(const Subscription& s);
    Subscription* find(std::string_view call_id);
    Subscription* of_user(const Impi& impi);

    void wake(Subscription& s);  // act_at changed
    std::vector<Subscription*> due(TimePoint now);
    std::optional<TimePoint> next_wakeup() const { return wakeups_.next(); }

    TextChanges changes;  // by Call-ID

    std::size_t size() const { return subscriptions_.size(); }
    void for_each(const std::function<void(const Subscription&)>& f) const;

  private:
    Records<Subscription> subscriptions_;  // by Call-ID
    RecordIndex<Subscription> by_impi_;
    Wakeups<std::size_t> wakeups_;  // hash of the Call-ID
};

}  // namespace ims::pcscf
