#include "scscf/core/dialogs.hpp"

#include <algorithm>
#include <utility>

namespace ims::scscf {

std::string_view tag_of(std::string_view from_or_to) {
    const auto at = from_or_to.rfind(";tag=");
    if (at == std::string_view::npos) return {};
    const auto tag = from_or_to.substr(at + 5);
    return tag.substr(0, tag.find(';'));
}

bool Dialog::is_caller(std::string_view tag) const {
    return tag_of(texts.get(Text::Caller)) == tag;
}

bool Dialog::is(const sip::Message& message) const {
    if (texts.get(Text::CallId) != message.call_id()) return false;
    const auto caller = tag_of(texts.get(Text::Caller));
    const auto called = tag_of(texts.get(Text::Called));
    const auto from = message.from_tag();
    if (from != caller && from != called) return false;
    return message.to_tag() == (from == caller ? called : caller);
}

void Dialogs::add(SetId set, Dialog dialog) {
    if (dialog.id == 0) dialog.id = last_id_ + 1;
    last_id_ = std::max(last_id_, dialog.id);
    changes.added({set, dialog.id});
    dialogs_.emplace(set, std::move(dialog));
}

const Dialog* Dialogs::find(const DialogKey& key) const {
    const auto [begin, end] = dialogs_.equal_range(key.set);
    for (auto i = begin; i != end; ++i)
        if (i->second.id == key.id) return &i->second;
    return nullptr;
}

Dialog* Dialogs::find(SetId set, const sip::Message& message) {
    const auto [begin, end] = dialogs_.equal_range(set);
    for (auto i = begin; i != end; ++i)
        if (i->second.is(message)) return &i->second;
    return nullptr;
}

void Dialogs::erase(SetId set, const Dialog& dialog) {
    const auto [begin, end] = dialogs_.equal_range(set);
    for (auto i = begin; i != end; ++i)
        if (&i->second == &dialog) {
            changes.removed({set, dialog.id});
            dialogs_.erase(i);
            return;
        }
}

std::vector<Dialog*> Dialogs::of(SetId set) {
    std::vector<Dialog*> found;
    const auto [begin, end] = dialogs_.equal_range(set);
    for (auto i = begin; i != end; ++i) found.push_back(&i->second);
    return found;
}

}  // namespace ims::scscf
