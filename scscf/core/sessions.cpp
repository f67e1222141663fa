#include "scscf/core/sessions.hpp"

#include "common/base/text.hpp"
#include "common/sip/proxy/capabilities.hpp"
#include "scscf/core/communication_service.hpp"
#include "scscf/core/restoration.hpp"

#include <algorithm>
#include <utility>

namespace ims::scscf {

namespace h = sip::h;

namespace {

// As notes and measurements call the two ends that are served.
std::string session_text(bool terminating) {
    return terminating ? "terminating" : "originating";
}

}  // namespace

bool Sessions::is_originating(const sip::RequestArrived& arrived) {
    if (!arrived.own_route) return false;
    const auto& uri = arrived.own_route->uri;
    return uri.user.starts_with(originating_mark) || uri.has("orig");
}

void Sessions::on_request(sip::RequestArrived arrived) {
    const auto& request = arrived.request;
    if (!request.to_tag().empty()) return on_within_dialog(std::move(arrived));
    if (sip::asks_for_capabilities(request, core_.element.is_own(request.request_uri())))
        return core_.respond(arrived.transaction, sip::answer_to_options(request, core_.random.token(4),
                                                                         {{}, {"path", "outbound", "gruu"}}));

    if (on_returned(arrived)) return;
    if (request.method() == sip::Method::Invite)
        core_.note(Severity::Trace, "scscf.session.attempted", subject_of(request),
                   {{"session", session_text(!is_originating(arrived))}});
    if (is_originating(arrived))
        on_originating(std::move(arrived));
    else
        on_terminating(std::move(arrived));
}

void Sessions::on_within_dialog(sip::RequestArrived arrived) {
    auto& request = arrived.request;
    if (!request.has<h::Route>() && core_.element.is_own(request.request_uri()))
        return reject(arrived, 481, {}, "no such dialog here");
    Underway underway;
    underway.charging = charging_of(request);
    underway.ioi = IoiType::VisitedToHome;
    if (const int status = to_contact(request, arrived.own_route); status != 0)
        return reject(arrived, status, {},
                      "no contact is bound to the GRUU, or it is not that of the dialog");
    if (!on_kept_dialog(arrived, underway)) return;
    const auto mark = arrived.own_route ? Mark::parse(arrived.own_route->uri.user) : Mark{};
    const auto onwards = mark.onwards(underway.charging.type().value_or(underway.ioi));
    charge_request(request, onwards, core_.ioi, core_.random);
    if (onwards != IoiType::HomeToServer) withhold(request, onwards == IoiType::VisitedToHome);
    // Own Route is removed already. A target refresh carries our Record-Route again (5.4.3.2, 5.4.3.3).
    sip::Branch branch{std::move(request), {}, 1000, {}, {}};
    const auto method = branch.request.method();
    if (arrived.own_route && (method == sip::Method::Invite || method == sip::Method::Update ||
                              method == sip::Method::Subscribe || method == sip::Method::Refer))
        branch.record_route = record_route(arrived.own_route->uri.user);
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(branch));
    forward(arrived, std::move(branches), std::move(underway));
}

void Sessions::withhold(sip::Message& request, bool towards_ue) const {
    // Where it goes need not be known if there is nothing to withhold.
    if (!may_tell_access(request) && !request.has<h::PChargingFunctionAddresses>()) return;
    const auto route = request.get<h::Route>();
    const bool home = core_.is_home_node(route ? route->uri.host : request.request_uri().host);
    if (!home || towards_ue) remove_access(request);
    if (!home) request.remove<h::PChargingFunctionAddresses>();
}

void Sessions::withhold(sip::Message& response, const ChargingVector& asked) const {
    // The orig-ioi of the request says whose network the response goes to, and its type to which side.
    const bool home = asked.operator_name() == core_.ioi || core_.is_home_domain(asked.operator_name());
    if (!home || asked.type() == IoiType::VisitedToHome) remove_access(response);
    if (!home) response.remove<h::PChargingFunctionAddresses>();  // 4.5.5
}

void Sessions::on_ack(sip::AckArrived& ack) {
    if (to_contact(ack.request, ack.own_route) != 0)
        return core_.note(Severity::Info, "scscf.ack.dropped", subject_of(ack.request),
                          {{"reason", "no contact is bound to the GRUU, or it is not that of the dialog"}});
    withhold(ack.request, charging_of(ack.request).type() == IoiType::HomeToHome);
    core_.element.forward_ack(sip::Branch{std::move(ack.request), {}, 1000, {}, {}}, core_.now,
                              core_.outputs);
}

void Sessions::on_cancelled(const sip::Cancelled& cancelled) {
    if (!cancelled.answered) return;
    core_.note(Severity::Info, "scscf.session.cancelled", subject_of(cancelled.cancel));
}

void Sessions::on_response(sip::ResponseToForward& r) {
    auto& response = r.response;
    const auto found = underway_.find(r.transaction);
    if (found != underway_.end()) {
        auto& underway = found->second;
        if (underway.triggered && on_server_response(r, underway)) return;
        if (response.status() == 430 && underway.terminating &&
            try_next_flow(r.transaction, r.branch, underway))
            return;
        if (response.status() == 430) response.set_status(480);  // RFC 5626 11.5: not for endpoints
        response.remove<h::RelayedCharge>();
        charge_response(response, underway.charging, underway.ioi, core_.ioi);
        withhold(response, underway.charging);
        if (response.status() / 100 == 2) on_success(r, underway);
        if (underway.released && response.status() == 487) response.set_status(480);
        const bool progresses = response.status() > 100 && response.status() < 300;
        if (progresses && underway.initial && underway.terminating)
            if (const auto* set = core_.registrations.find(underway.set);
                set != nullptr && !set->privileged_sender)
                add_alias(response, *set);
        if (underway.initial) note_progress(r, underway);
    }
    core_.respond(r.transaction, std::move(response));
}

void Sessions::note_progress(const sip::ResponseToForward& r, Underway& underway) {
    const int status = r.response.status();
    // What comes back from an application server is the session that was counted when it went there.
    const bool call = r.response.method() == sip::Method::Invite && !underway.from_server;
    if (call && !underway.set_up && (status == 180 || status / 100 == 2)) {
        underway.set_up = true;
        core_.note(Severity::Trace, "scscf.session.set_up", subject_of(r.response, {}, underway.impu),
                   {{"session", session_text(underway.terminating)}});
    }
    if (status < 200) return;
    std::vector<Note::Field> fields{{"method", std::string{r.response.method_name()}},
                                    {"status", std::to_string(status)},
                                    {"detail", r.detail}};
    if (call) fields.push_back({"session", session_text(underway.terminating)});
    core_.note(Severity::Info, "scscf.session.answered", subject_of(r.response, {}, underway.impu),
               std::move(fields));
}

void Sessions::on_flow_failed(const sip::FlowFailed& failed) {
    if (const auto found = underway_.find(failed.transaction); found != underway_.end())
        (void)try_next_flow(failed.transaction, failed.branch, found->second);
}

void Sessions::on_success(const sip::ResponseToForward& r, Underway& underway) {
    const auto method = r.response.method();
    underway.answered = true;
    if (underway.initial && method == sip::Method::Invite)
        keep_dialog(r, underway);
    else if (!underway.initial && (method == sip::Method::Invite || method == sip::Method::Update))
        refresh_targets(r, underway);
}

CxQuestion Sessions::profile_question(const Impu& impu, const sip::Message& request,
                                      cx::ServerAssignmentType type) const {
    cx::ServerAssignmentRequest sar;
    sar.public_identity = {impu};
    sar.server_name = core_.config.server_name;
    sar.server_assignment_type = type;
    sar.supported_features = announced_features(core_.config);
    if (const auto key = request.get<h::PProfileKey>()) sar.wildcarded_public_identity = key->uri.text();
    return {std::move(sar), {}};
}

ImplicitRegistrationSet* Sessions::take_unregistered(const CxReply& reply, const Impu& impu, int& status,
                                                     std::string& why) {
    const auto* saa = answer_in<cx::ServerAssignmentAnswer>(reply);
    // TS 29.228 6.1.2.1: the HSS knows him as registered, and sends what we have lost.
    const bool lost = saa != nullptr && !saa->scscf_restoration_info.empty() &&
                      diameter::is(saa->result, cx::ExperimentalResultCode::ErrorInAssignmentType);
    if (const auto failure = failure_in(reply); failure && !lost) {
        status = failure->status;
        why = failure->reason;
        if (saa != nullptr && diameter::is(saa->result, cx::ExperimentalResultCode::ErrorUserUnknown))
            status = 404;
        return nullptr;
    }
    if (saa == nullptr || !saa->user_data) {
        status = 480;
        why = "SAA without User-Data";
        return nullptr;
    }
    const auto taken = take_profile(core_, *saa, {}, impu, origin_host(reply));
    if (!taken) {
        status = taken.error().status;
        why = taken.error().reason;
        return nullptr;
    }
    auto* set = *taken;
    if (set->bindings.empty()) {
        set->keep_until = core_.now + core_.config.unregistered_lifetime;
        core_.note(Severity::Info, "scscf.unregistered.served",
                   Subject{{}, set->private_identities.front().text(), impu.value()});
    }
    core_.registrations.arm(*set);
    return set;
}

bool Sessions::assert_service(sip::RequestArrived& arrived, const ServiceProfile& profile,
                              std::string_view impu) {
    auto& request = arrived.request;
    if (profile.service_ids.empty()) return true;
    const auto is_subscribed = [&](std::string_view service) {
        return std::find(profile.service_ids.begin(), profile.service_ids.end(), service) !=
               profile.service_ids.end();
    };
    if (!request.has<h::PAssertedService>()) {
        const auto service = service_by_contents(request);
        if (!service) return true;
        if (is_subscribed(*service)) {
            request.set_all<h::PAssertedService>({std::string{*service}});
            return true;
        }
        if (core_.config.unsubscribed_service == Unsubscribed::Remove) return true;
        reject(arrived, 403, impu, "the service is not subscribed");
        return false;
    }
    const auto asserted = request.all<h::PAssertedService>();
    auto subscribed = asserted ? *asserted : std::vector<std::string>{};
    std::erase_if(subscribed, [&](const std::string& service) { return !is_subscribed(service); });
    if (asserted && subscribed.size() == asserted->size()) return true;
    if (core_.config.unsubscribed_service == Unsubscribed::Refuse) {
        reject(arrived, 403, impu, "the service is not subscribed");
        return false;
    }
    request.remove<h::PAssertedService>();
    if (!subscribed.empty()) request.set_all<h::PAssertedService>(subscribed);
    return true;
}

void Sessions::forward(sip::RequestArrived& arrived, std::vector<sip::Branch> branches, Underway underway,
                       const sip::ForwardOptions& options) {
    const auto* request = core_.element.request_of(arrived.transaction);
    if (request == nullptr) return;  // cancelled while the HSS was asked
    if (underway.initial && underway.set.value() != 0 && !Mark::of(underway).inner() &&
        request->method() == sip::Method::Invite)
        setups_.emplace(underway.set, arrived.transaction);
    underway_.insert_or_assign(arrived.transaction, std::move(underway));
    auto with_redirect = options;
    with_redirect.recurse_on_305 = true;  // 5.4.3: 305 and no other 3xx
    core_.element.forward(arrived.transaction, std::move(branches), core_.now, core_.outputs, with_redirect);
}

void Sessions::on_ended(sip::ServerTransactionId id) {
    const auto found = underway_.find(id);
    if (found == underway_.end()) return;
    const auto [begin, end] = setups_.equal_range(found->second.set);
    const auto setup = std::find_if(begin, end, [&](const auto& entry) { return entry.second == id; });
    if (setup != end) setups_.erase(setup);
    if (!found->second.original_dialog.empty())
        original_dialogs_.end(found->second.original_dialog, core_.now);
    underway_.erase(found);
}

void Sessions::reject(const sip::RequestArrived& arrived, int status, std::string_view impu,
                      std::string_view reason) {
    const auto& request = arrived.request;
    std::vector<Note::Field> more;
    if (request.method() == sip::Method::Invite && request.to_tag().empty() && !has_original_dialog(arrived))
        more.push_back({"session", session_text(!is_originating(arrived))});
    core_.reject(arrived.transaction, request, status, "scscf.session.rejected",
                 subject_of(request, {}, impu), reason, std::move(more));
}

Sessions::Mark Sessions::Mark::of(const Underway& underway) {
    return {underway.terminating, underway.set, underway.from_server, underway.to_server};
}

std::string Sessions::Mark::text() const {
    std::string text{terminating ? "mt." : "mo."};
    text += std::to_string(set.value());
    if (!from_server && !to_server) return text;
    return text + '.' + (from_server ? 'a' : '-') + (to_server ? 'a' : '-');
}

Sessions::Mark Sessions::Mark::parse(std::string_view user) {
    if (!user.starts_with("mo.") && !user.starts_with("mt.")) return {};
    const auto number = user.substr(3, user.find('.', 3) - 3);
    const auto sides = user.substr(3 + number.size());
    const bool marked = sides.size() == 3;
    return {user[1] == 't', SetId{parse_number(number).value_or(0)}, marked && sides[1] == 'a',
            marked && sides[2] == 'a'};
}

IoiType Sessions::Mark::onwards(IoiType from) const {
    // Next to the served user is his P-CSCF, on the other side a home network.
    const auto caller_side = from_server   ? IoiType::HomeToServer
                             : terminating ? IoiType::HomeToHome
                                           : IoiType::VisitedToHome;
    const auto called_side = to_server     ? IoiType::HomeToServer
                             : terminating ? IoiType::VisitedToHome
                                           : IoiType::HomeToHome;
    if (from == caller_side) return called_side;
    if (from == called_side) return caller_side;
    if (caller_side == IoiType::HomeToServer) return called_side;
    return called_side == IoiType::HomeToServer ? caller_side : IoiType::HomeToHome;
}

sip::NameAddr Sessions::record_route(std::string_view mark) const {
    return sip::NameAddr{core_.own_route(mark)};
}

}  // namespace ims::scscf
