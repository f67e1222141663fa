#include "scscf/core/original_dialogs.hpp"

namespace ims::scscf {

std::string OriginalDialogs::add(OriginalDialog dialog, Random& random) {
    auto user = std::string{mark} + random.token(16);
    dialogs_.insert_or_assign(user, std::move(dialog));
    return user;
}

void OriginalDialogs::forget(TimePoint now, std::size_t most) {
    while (!ended_.empty() && (ended_.front().first <= now || ended_.size() > most)) {
        dialogs_.erase(ended_.front().second);
        ended_.pop_front();
    }
}

OriginalDialog* OriginalDialogs::find(std::string_view user, TimePoint now) {
    forget(now, most_ended);
    const auto found = dialogs_.find(user);
    return found == dialogs_.end() ? nullptr : &found->second;
}

void OriginalDialogs::end(std::string_view user, TimePoint now) {
    auto* dialog = find(user, now);
    if (dialog == nullptr || dialog->ended) return;
    dialog->ended = true;
    ended_.emplace_back(now + lifetime, user);
    forget(now, most_ended);
}

}  // namespace ims::scscf
