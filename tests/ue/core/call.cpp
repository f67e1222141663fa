#include "tests/ue/core/call.hpp"

#include <algorithm>

namespace ims::ue {

using namespace sip;

namespace {

constexpr Duration glare_wait = 3s;  // RFC 3261 14.1: 2.1 to 4 s for the side that made the Call-ID

std::string text_or_empty(std::optional<std::string_view> text) {
    return std::string{text.value_or("")};
}

}  // namespace

std::string_view text(CallEnded::Cause cause) {
    switch (cause) {
        case CallEnded::Cause::HungUp: return "hung up";
        case CallEnded::Cause::PeerHungUp: return "the other side hung up";
        case CallEnded::Cause::Cancelled: return "cancelled";
        case CallEnded::Cause::PeerCancelled: return "the caller gave up";
        case CallEnded::Cause::Rejected: return "rejected";
        case CallEnded::Cause::RejectedByUs: return "rejected by this side";
        case CallEnded::Cause::NoAnswer: return "no answer";
    }
    return {};
}

Call::Call(Line& line, CallHandle handle)
    : line_{line}, handle_{handle}, media_{line.config().rtp, line.random().number() >> 32} {}

bool Call::owns(ClientTransactionId id) const {
    return (invitation_ && invitation_->transaction == id) || re_invite_ == id || request_ == id;
}

bool Call::owns(const Message& request) const {
    if (dialog_ && dialog_->matches_request(request)) return true;
    return std::any_of(early_.begin(), early_.end(),
                       [&](const Early& e) { return e.dialog.matches_request(request); });
}

Dialog* Call::dialog_of(const Message& request) {
    if (dialog_ && dialog_->matches_request(request)) return &*dialog_;
    for (auto& early : early_)
        if (early.dialog.matches_request(request)) return &early.dialog;
    return nullptr;
}

// RFC 3261 12.1.1: a response that makes or refreshes a dialog repeats Record-Route and has a Contact.
Message Call::response(const Message& request, int status) const {
    auto out = Message::response(request, status, {}, tag_);
    for (const auto route : request.raw_all(HeaderId::RecordRoute)) out.append_raw("Record-Route", route);
    if (status < 300) out.set<h::Contact>(line_.dialog_contact());
    out.set_raw(HeaderId::Allow, allowed_methods);
    if (!line_.config().access_network.empty())
        out.set_raw(HeaderId::PAccessNetworkInfo, line_.config().access_network);
    return out;
}

void Call::end(CallEnded::Cause cause, int status, std::string_view reason) {
    if (state_ == State::Over) return;
    state_ = State::Over;
    deadlines_.clear();
    repeated_.reset();
    line_.tell(CallEnded{.call = handle_, .cause = cause, .status = status, .reason = std::string{reason}});
}

void Call::tell_media() {
    line_.tell(
        MediaChanged{.call = handle_, .remote_media = media_.remote(), .direction = media_.direction()});
}

void Call::hang_up(TimePoint now) {
    switch (state_) {
        case State::Inviting:
            state_ = State::Cancelling;
            line_.cancel(invitation_->transaction, now);
            break;
        case State::Ringing: reject(480, now); break;
        case State::Answered: hang_up_at_ack_ = true; break;
        case State::Established:
            state_ = State::Ending;
            send_bye(*dialog_, now);
            break;
        case State::Cancelling:
        case State::Ending:
        case State::Over: break;
    }
}

void Call::send_bye(Dialog& dialog, TimePoint now) {
    auto bye = dialog.request(Method::Bye);
    line_.dress(bye);
    const auto id = line_.send(std::move(bye), now);
    if (state_ == State::Ending) request_ = id;
}

ClientTransactionId Call::send_offer(Method method, sdp::Direction direction, TimePoint now) {
    wanted_ = direction;
    auto request = dialog_->request(method);
    request.set<h::Contact>(line_.dialog_contact());
    request.set_raw(HeaderId::Allow, allowed_methods);
    request.set_raw(HeaderId::Supported, "100rel");
    line_.dress(request);
    request.set_body(media_.offer(direction), "application/sdp");
    return line_.send(std::move(request), now);
}

void Call::re_invite(sdp::Direction direction, TimePoint now) {
    if (state_ != State::Established || re_invite_ || repeated_) return;
    re_invite_ = send_offer(Method::Invite, direction, now);
}

void Call::update(TimePoint now) {
    if (state_ != State::Established || request_ || re_invite_) return;
    request_ = send_offer(Method::Update, wanted_, now);
}

void Call::handle(const ResponseArrived& event, TimePoint now) {
    const auto& response = event.response;
    if (invitation_ && invitation_->transaction == event.transaction) {
        if (response.status() < 200)
            provisional(response, now);
        else if (response.status() < 300)
            accepted(response, now);
        else
            refused(response, now);
        return;
    }
    if (re_invite_ == event.transaction) return re_invite_answered(response, now);
    if (request_ != event.transaction || response.status() < 200) return;

    request_.reset();
    if (state_ == State::Ending) return end(CallEnded::Cause::HungUp, response.status());
    if (response.status() == 481 || response.status() == 408)
        return end(CallEnded::Cause::PeerHungUp, response.status());
    if (response.status() < 300 && media_.accept(response.body())) {
        dialog_->refresh_target(response);
        tell_media();
    }
}

void Call::re_invite_answered(const Message& response, TimePoint now) {
    if (response.status() < 200) return;
    const auto cseq = response.cseq().number;
    if (response.status() < 300) {
        const bool first = re_invite_.has_value() && state_ == State::Established;
        dialog_->refresh_target(response);
        acknowledge(*dialog_, cseq, now);
        // The transaction stays ours while the 2xx may come again; the next re-INVITE replaces it.
        if (first && media_.accept(response.body())) tell_media();
        re_invite_.reset();
        return;
    }
    re_invite_.reset();
    if (response.status() == 491) return deadlines_.set(Timer::Glare, now + glare_wait);
    if (response.status() == 481 || response.status() == 408)
        end(CallEnded::Cause::PeerHungUp, response.status());
}

void Call::handle(const RequestFailed& event, TimePoint now) {
    const auto what = event.reason == RequestFailed::Reason::Timeout ? std::string{"no answer"}
                                                                     : "unreachable: " + event.detail;
    if (invitation_ && invitation_->transaction == event.transaction) {
        if (state_ == State::Inviting) end(CallEnded::Cause::NoAnswer, 0, what);
        if (state_ == State::Cancelling) end(CallEnded::Cause::Cancelled, 0, what);
        return;
    }
    if (re_invite_ == event.transaction) {  // RFC 3261 12.2.1.2: the dialog is gone
        re_invite_.reset();
        send_bye(*dialog_, now);
        return end(CallEnded::Cause::NoAnswer, 0, what);
    }
    request_.reset();
    if (state_ == State::Ending) end(CallEnded::Cause::HungUp, 0, what);
}

void Call::handle(const RequestArrived& event, TimePoint now) {
    auto* dialog = dialog_of(event.request);
    if (dialog == nullptr) return;
    if (dialog->accept(event.request) == Dialog::Order::OutOfOrder)
        return line_.refuse(event.transaction, event.request, 500, now);
    switch (event.request.method()) {
        case Method::Bye: return on_bye(event, now);
        case Method::Prack: return on_prack(event, now);
        case Method::Update: return on_update(event, now);
        case Method::Invite: return on_re_invite(event, now);
        case Method::Info:
        case Method::Options:
        case Method::Message: return line_.respond(event.transaction, response(event.request, 200), now);
        case Method::Ack:
        case Method::Cancel:
        case Method::Register:
        case Method::Subscribe:
        case Method::Notify:
        case Method::Refer:
        case Method::Publish:
        case Method::Other: return line_.refuse(event.transaction, event.request, 405, now);
    }
}

void Call::on_bye(const RequestArrived& event, TimePoint now) {
    line_.respond(event.transaction, response(event.request, 200), now);
    // RFC 3261 15.1.2: what is still pending gets 487.
    if (state_ == State::Ringing) line_.refuse(*invite_server_, *invite_, 487, now);
    end(CallEnded::Cause::PeerHungUp, 0, text_or_empty(event.request.raw(HeaderId::Reason)));
}

void Call::on_prack(const RequestArrived& event, TimePoint now) {
    const auto rack = event.request.get<h::RAck>();
    // RFC 3262 3: it may come when the final response is on its way already.
    const bool ours = rack && rseq_ != 0 && rack->response_number == rseq_ &&
                      rack->cseq.number == invite_cseq_ && rack->cseq.method == Method::Invite;
    if (!ours) return line_.refuse(event.transaction, event.request, 481, now);
    if (state_ == State::Ringing) stop_repeating();
    line_.respond(event.transaction, response(event.request, 200), now);
}

void Call::on_update(const RequestArrived& event, TimePoint now) {
    auto ok = response(event.request, 200);
    if (!event.request.body().empty()) {
        if (re_invite_ || (request_ && state_ == State::Established))
            return line_.refuse(event.transaction, event.request, 491, now);
        const auto answer = media_.answer(event.request.body());
        if (!answer) return line_.refuse(event.transaction, event.request, 488, now);
        ok.set_body(*answer, "application/sdp");
    }
    dialog_of(event.request)->refresh_target(event.request);
    line_.respond(event.transaction, std::move(ok), now);
    if (state_ == State::Established && !event.request.body().empty()) tell_media();
}

void Call::on_re_invite(const RequestArrived& event, TimePoint now) {
    if (state_ != State::Established && state_ != State::Answered)
        return line_.refuse(event.transaction, event.request, 491, now);
    if (re_invite_ || request_ || repeated_) return line_.refuse(event.transaction, event.request, 491, now);
    std::optional<std::string> answer;
    if (!event.request.body().empty()) {
        answer = media_.answer(event.request.body());
        if (!answer) return line_.refuse(event.transaction, event.request, 488, now);
    }
    const bool offered = answer.has_value();
    dialog_->refresh_target(event.request);
    auto ok = accepting(event.request, std::move(answer));
    line_.respond(event.transaction, ok, now);
    repeat(event.transaction, ok, now);
    if (offered) tell_media();
}

void Call::repeat(ServerTransactionId id, const Message& response, TimePoint now) {
    const auto& timers = line_.config().timers;
    repeated_ = Repeated{
        .transaction = id, .response = response, .cseq = response.cseq().number, .interval = timers.t1};
    deadlines_.set(Timer::Repeat, now + timers.t1);
    deadlines_.set(Timer::GiveUp, now + 64 * timers.t1);
}

void Call::stop_repeating() {
    repeated_.reset();
    deadlines_.clear(Timer::Repeat);
    deadlines_.clear(Timer::GiveUp);
}

void Call::repeat_again(TimePoint now) {
    line_.respond(repeated_->transaction, repeated_->response, now);
    repeated_->interval *= 2;
    // RFC 3261 13.3.1.4 stops doubling at T2, RFC 3262 3 does not.
    if (repeated_->response.status() >= 200)
        repeated_->interval = std::min(repeated_->interval, line_.config().timers.t2);
    deadlines_.set(Timer::Repeat, now + repeated_->interval);
}

void Call::give_up(TimePoint now) {
    const bool provisional_only = repeated_->response.status() < 200;
    stop_repeating();
    if (provisional_only) {  // RFC 3262 3: reject with a 5xx
        line_.refuse(*invite_server_, *invite_, 504, now);
        return end(CallEnded::Cause::NoAnswer, 504, "no PRACK");
    }
    send_bye(*dialog_, now);
    end(CallEnded::Cause::NoAnswer, 0, "no ACK");
}

void Call::handle_timeout(TimePoint now) {
    if (deadlines_.take_due(Timer::GiveUp, now)) return give_up(now);
    if (deadlines_.take_due(Timer::Repeat, now)) repeat_again(now);
    if (deadlines_.take_due(Timer::Answer, now)) answer(now);
    if (deadlines_.take_due(Timer::Glare, now)) re_invite(wanted_, now);
}

std::optional<Call::Saved> Call::saved() const {
    if (state_ != State::Established || !dialog_) return {};
    return Saved{.handle = handle_.value(), .dialog = *dialog_, .media = media_.saved()};
}

void Call::restore(Saved saved) {
    state_ = State::Established;
    dialog_ = std::move(saved.dialog);
    tag_ = dialog_->local_tag();
    media_.restore(saved.media);
}

}  // namespace ims::ue
