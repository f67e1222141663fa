#pragma once
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ims/identity.hpp"
#include "common/node/state.hpp"
#include "common/sip/message/message.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ims::pcscf {

// The far end of a dialog of our UE. A forked request has several until one is confirmed.
struct DialogPeer {
    std::string tag;
    std::string contact;  // its remote target, as its messages say
    std::vector<std::string>
        route_set;           // what must stand in the UE's Route after our own entry (5.2.6.3.5 step 2)
    std::uint32_t cseq = 0;  // highest from the peer
    bool confirmed = false;
    bool operator==(const DialogPeer&) const = default;
};

// A dialog (or the early dialogs of one request) that runs through this P-CSCF: who takes part, and what an
// in-dialog request is checked against (24.229 5.2.6.3.4, 5.2.6.4.4). Found by the token in the user part of
// our Record-Route.
struct Dialog {
    std::string token;
    std::string binding;  // the token of the UE's binding
    Impi impi;
    Impu impu;  // the identity under which the UE takes part
    bool ue_is_caller = true;
    sip::Method method = sip::Method::Invite;  // that began it
    std::string call_id;
    std::string ue_tag;  // empty until the called UE answered
    std::string ue_contact;
    std::uint32_t ue_cseq = 0;
    std::string icid;
    std::string orig_ioi;  // received in the initial request, for a called UE
    std::vector<std::string>
        route_set;  // of a called UE: Record-Route of the request, the same for all peers
    std::vector<DialogPeer> peers;
    std::optional<TimePoint> ends;  // answered BYE or the like: kept this long for what is still under way

    DialogPeer* peer(std::string_view tag);
    DialogPeer& peer_or_new(std::string_view tag);
    bool confirmed() const;
    bool operator==(const Dialog&) const = default;
};

// Whether an answer inside the dialog ends it for both sides: any final one to BYE but a challenge, and 481
// where there will be no BYE (RFC 5057 5.1: a PRACK may get a 481 that means only itself).
bool ends_dialog(const Dialog& d, const sip::Message& response);

class Dialogs {
  public:
    Dialog& add(Dialog d);
    void remove(std::string_view token);
    Dialog* find(std::string_view token);
    // Of a request that came without our Route entry: by Call-ID and tags.
    Dialog* find(std::string_view call_id, std::string_view tag, std::string_view other_tag);
    std::vector<std::string> of_binding(std::string_view binding) const;  // their tokens
    void rebind(std::string_view from, std::string_view to);  // the UE's binding was replaced by another
    TextChanges changes;                                      // by token

    std::size_t size() const { return by_token_.size(); }
    void for_each(const std::function<void(const Dialog&)>& f) const;

  private:
    std::unordered_map<std::string, std::unique_ptr<Dialog>, StringHash, std::equal_to<>> by_token_;
    std::unordered_multimap<std::string_view, Dialog*> by_call_id_;  // keys live in the dialogs
    std::unordered_multimap<std::string_view, Dialog*> by_binding_;
};

}  // namespace ims::pcscf
