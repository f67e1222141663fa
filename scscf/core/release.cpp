#include "common/sip/message/entries.hpp"
#include "scscf/core/sessions.hpp"

#include <algorithm>
#include <utility>

// The dialogs of served users, and how the S-CSCF ends them: TS 24.229 5.4.3.2 step 16, 5.4.3.3 step
// 11, 5.4.5.
namespace ims::scscf {

namespace h = sip::h;

namespace {

constexpr std::string_view reason = "SIP;cause=480;text=\"Registration ended\"";  // 5.4.1.2.2 B4A

std::string contact_uri(const sip::Message& message) {
    const auto contact = message.get<h::Contact>();
    return contact && !contact->star ? contact->address.uri.text() : std::string{};
}

}  // namespace

void Sessions::keep_dialog(const sip::ResponseToForward& r, const Underway& underway) {
    const auto* invite = core_.element.request_of(r.transaction);
    if (invite == nullptr || underway.set.value() == 0 || Mark::of(underway).inner()) return;
    // Our Record-Route entry parts the way: above it to the called side, below it to the caller.
    const auto mark = Mark::of(underway).text();
    auto entries = sip::entries_of(r.response, sip::HeaderId::RecordRoute);
    const auto own = std::find_if(entries.begin(), entries.end(), [&](std::string_view text) {
        if (text.find(mark) == std::string_view::npos) return false;
        const auto entry = sip::NameAddr::parse(text);
        return entry && entry->uri.user == mark && core_.element.is_own(entry->uri);
    });
    if (own == entries.end()) return;  // we are not in its path
    const auto caller_routes = join({std::next(own), entries.end()});
    std::reverse(entries.begin(), own);  // RFC 3261 12.1.2
    const auto called_routes = join({entries.begin(), own});

    Dialog dialog;
    const auto raw = [&](sip::HeaderId id) { return r.response.raw(id).value_or(std::string_view{}); };
    const auto caller_target = contact_uri(*invite);
    const auto called_target = contact_uri(r.response);
    const auto icid = underway.charging.icid.value_or("");
    const bool fits =
        dialog.texts.assign({r.response.call_id(), raw(sip::HeaderId::From), raw(sip::HeaderId::To),
                             caller_target, called_target, caller_routes, called_routes, icid});
    dialog.caller_cseq = invite->cseq_number();
    dialog.serves_called = underway.terminating;
    const auto flow = underway.terminating ? r.branch - underway.branches_before : 0;
    if (flow < underway.flows.size()) dialog.binding = underway.flows[flow];
    // Without it the call goes on, but does not end with the registration.
    if (!fits || dialogs.size() >= core_.config.max_dialogs)
        return core_.note(Severity::Warning, "scscf.dialog.not_kept",
                          subject_of(r.response, {}, underway.impu));
    dialogs.add(underway.set, std::move(dialog));
}

bool Sessions::on_kept_dialog(const sip::RequestArrived& arrived, Underway& underway) {
    if (!arrived.own_route) return true;
    const auto mark = Mark::parse(arrived.own_route->uri.user);
    if (mark.set.value() == 0 || mark.inner()) return true;
    const auto set = mark.set;
    auto* dialog = dialogs.find(set, arrived.request);
    if (dialog == nullptr) return true;
    if (dialog->releasing != 0) {  // 5.4.5.1.2
        reject(arrived, 481, {}, "the S-CSCF has ended the dialog");
        return false;
    }
    const bool by_caller = dialog->is_caller(arrived.request.from_tag());
    underway.ioi = by_caller == dialog->serves_called ? IoiType::HomeToHome : IoiType::VisitedToHome;
    auto& highest = by_caller ? dialog->caller_cseq : dialog->called_cseq;
    if (arrived.request.cseq_number() > highest) {
        highest = arrived.request.cseq_number();
        dialogs.changed(set, *dialog);
    }
    if (arrived.request.method() == sip::Method::Bye)
        dialogs.erase(set, *dialog);
    else
        underway.set = set;
    return true;
}

void Sessions::refresh_targets(const sip::ResponseToForward& r, const Underway& underway) {
    auto* dialog = dialogs.find(underway.set, r.response);
    const auto* request = core_.element.request_of(r.transaction);
    if (dialog == nullptr || request == nullptr) return;
    const bool by_caller = dialog->is_caller(r.response.from_tag());
    const auto take = [&](Dialog::Text target, const sip::Message& message) {
        const auto uri = contact_uri(message);
        if (uri.empty() || uri == dialog->texts.get(target)) return;
        if (dialog->texts.set(target, uri)) dialogs.changed(underway.set, *dialog);
    };
    take(by_caller ? Dialog::Text::CallerTarget : Dialog::Text::CalledTarget, *request);
    take(by_caller ? Dialog::Text::CalledTarget : Dialog::Text::CallerTarget, r.response);
}

bool Sessions::has_ended(const ImplicitRegistrationSet& set, std::uint32_t binding) {
    const auto* bound = set.binding(binding);
    // A session that came without a Service-Route ends with the last contact.
    return bound == nullptr ? !set.registered() : bound->ended;
}

void Sessions::release(const ImplicitRegistrationSet& set) {
    // 5.4.5.1.1: what is not answered yet is cancelled.
    std::vector<sip::ServerTransactionId> unanswered;
    const auto [begin, end] = setups_.equal_range(set.id);
    for (auto i = begin; i != end; ++i) {
        auto& underway = underway_.at(i->second);
        if (underway.answered || core_.element.request_of(i->second) == nullptr) continue;
        const bool over = underway.flows.empty()
                              ? has_ended(set, 0)
                              : std::all_of(underway.flows.begin(), underway.flows.end(),
                                            [&](std::uint32_t flow) { return has_ended(set, flow); });
        if (!over) continue;
        underway.released = true;
        unanswered.push_back(i->second);
    }
    for (const auto id : unanswered) core_.element.cancel(id, core_.now, core_.outputs, std::string{reason});
    for (auto* dialog : dialogs.of(set.id))
        if (dialog->releasing == 0 && has_ended(set, dialog->binding)) release(set.id, *dialog);
}

void Sessions::forget(const ImplicitRegistrationSet& set) {
    for (auto* dialog : dialogs.of(set.id))
        if (dialog->releasing == 0 && has_ended(set, dialog->binding)) dialogs.erase(set.id, *dialog);
}

void Sessions::release(SetId set, Dialog& dialog) {
    core_.note(Severity::Info, "scscf.session.released",
               Subject{std::string{dialog.texts.get(Dialog::Text::CallId)}, {}, {}},
               {{"reason", "the registration ended"}});
    bye(set, dialog, true);
    bye(set, dialog, false);
    if (dialog.releasing == 0) dialogs.erase(set, dialog);
}

void Sessions::bye(SetId set, Dialog& dialog, bool to_caller) {
    auto target = sip::Uri::parse(
        dialog.texts.get(to_caller ? Dialog::Text::CallerTarget : Dialog::Text::CalledTarget));
    if (!target) return;  // that side named no Contact
    const bool to_served = dialog.serves_called != to_caller;
    if (const auto* own = core_.registrations.find(set);
        to_served && own != nullptr && core_.gruus.belongs(*target, *own))
        if (const auto* binding = behind(*target, *own, dialog.binding))
            if (auto contact = sip::Uri::parse(binding->uri())) *target = std::move(*contact);
    auto request = sip::Message::request(sip::Method::Bye, std::move(*target));
    const auto routes = dialog.texts.get(to_caller ? Dialog::Text::CallerRoutes : Dialog::Text::CalledRoutes);
    if (!routes.empty()) request.append_raw("Route", routes);
    request.append_raw("From", dialog.texts.get(to_caller ? Dialog::Text::Called : Dialog::Text::Caller));
    request.append_raw("To", dialog.texts.get(to_caller ? Dialog::Text::Caller : Dialog::Text::Called));
    request.append_raw("Call-ID", dialog.texts.get(Dialog::Text::CallId));
    auto& cseq = to_caller ? dialog.called_cseq : dialog.caller_cseq;
    if (cseq == 0) cseq = static_cast<std::uint32_t>(core_.random.number() & 0x3FFF'FFFF);
    request.set<h::CSeq>(sip::CSeqValue{++cseq, sip::Method::Bye, "BYE"});
    request.set<h::MaxForwards>(70);
    request.append_raw("Reason", reason);
    charge_own_request(request, to_served ? IoiType::VisitedToHome : IoiType::HomeToHome, core_.ioi,
                       dialog.texts.get(Dialog::Text::Icid));
    const auto id = core_.element.send(std::move(request), {}, core_.now, core_.outputs);
    byes_.emplace(id, Releasing{set, &dialog});
    ++dialog.releasing;
    dialogs.changed(set, dialog);
}

bool Sessions::on_bye_answered(sip::ClientTransactionId id, int status) {
    const auto found = byes_.find(id);
    if (found == byes_.end()) return false;
    if (status < 200) return true;
    auto [set, dialog] = found->second;
    byes_.erase(found);
    if (--dialog->releasing == 0) dialogs.erase(set, *dialog);
    return true;
}

}  // namespace ims::scscf
