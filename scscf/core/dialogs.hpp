#pragma once
#include "common/node/state.hpp"
#include "common/sip/message/message.hpp"
#include "scscf/core/registration.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ims::scscf {

// An INVITE dialog of a served user (TS 24.229 5.4.3.2 step 16, 5.4.3.3 step 11): what the BYEs need with
// which the S-CSCF ends it (5.4.5.1.2). About 700 octets, from the 2xx to the BYE.
struct Dialog {
    enum class Text : std::uint8_t {
        CallId,
        Caller,        // From of the INVITE
        Called,        // To of the 2xx
        CallerTarget,  // Contact URIs
        CalledTarget,
        CallerRoutes,  // from here to the caller, comma separated
        CalledRoutes,
        Icid,
        Count,
    };
    PackedTexts<Text> texts;
    std::uint64_t id = 0;           // of this S-CSCF; 0: none yet
    std::uint32_t caller_cseq = 0;  // the highest one seen
    std::uint32_t called_cseq = 0;  // 0: he has sent no request yet
    std::uint32_t binding = 0;      // of the served user; 0: his request came without a Service-Route
    bool serves_called = false;     // else the caller is served
    std::uint8_t releasing = 0;     // our BYEs that wait for their answer

    bool is_caller(std::string_view tag) const;
    bool is(const sip::Message& message) const;  // request of either side, or response to one
};

// The tag of a From or To value.
std::string_view tag_of(std::string_view from_or_to);

struct DialogKey {
    SetId set;
    std::uint64_t id = 0;
    bool operator==(const DialogKey&) const = default;
};
struct DialogKeyHash {
    std::size_t operator()(const DialogKey& key) const noexcept { return std::hash<std::uint64_t>{}(key.id); }
};

class Dialogs {
  public:
    void add(SetId set, Dialog dialog);
    Dialog* find(SetId set, const sip::Message& message);
    const Dialog* find(const DialogKey& key) const;
    void erase(SetId set, const Dialog& dialog);
    std::vector<Dialog*> of(SetId set);
    // What is saved of a dialog has changed. One that came or went says so itself.
    void changed(SetId set, const Dialog& dialog) { changes.changed({set, dialog.id}); }
    Changes<DialogKey, DialogKeyHash> changes;

    std::size_t size() const { return dialogs_.size(); }
    const std::unordered_multimap<SetId, Dialog>& all() const { return dialogs_; }

  private:
    std::unordered_multimap<SetId, Dialog> dialogs_;
    std::uint64_t last_id_ = 0;
};

}  // namespace ims::scscf
