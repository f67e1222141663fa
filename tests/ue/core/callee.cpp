#include "tests/ue/core/call.hpp"

#include <algorithm>

// The callee's side: RFC 3261 13.3, RFC 3262 3.
namespace ims::ue {

using namespace sip;

namespace {

std::string called_of(const Message& request) {
    if (const auto called = request.get<h::PCalledPartyId>()) return called->uri.text();
    return request.request_uri().text();
}

}  // namespace

// RFC 3261 8.2.2.3
bool Call::refuse_unsupported(const RequestArrived& event, TimePoint now) {
    const auto required = event.request.all<h::Require>();
    if (!required) {
        line_.refuse(event.transaction, event.request, 400, now);
        return true;
    }
    std::vector<std::string> unknown;
    for (const auto& option : *required)
        if (!iequals(option, "100rel")) unknown.push_back(option);
    if (unknown.empty()) return false;
    auto response = Message::response(event.request, 420, {}, tag_);
    response.set_all<h::Unsupported>(unknown);
    line_.respond(event.transaction, std::move(response), now);
    return true;
}

void Call::arrived(const RequestArrived& event, TimePoint now) {
    tag_ = line_.new_tag();
    invite_ = event.request;
    invite_server_ = event.transaction;
    invite_cseq_ = event.request.cseq().number;
    dialog_ = Dialog::of_request(event.request, tag_);
    state_ = State::Over;  // until it rings
    if (refuse_unsupported(event, now)) return;
    if (!dialog_) return line_.refuse(event.transaction, event.request, 400, now);
    if (!event.request.body().empty()) {
        answer_ = media_.answer(event.request.body());
        if (!answer_) return line_.refuse(event.transaction, event.request, 488, now);
    }

    state_ = State::Ringing;
    line_.tell(
        IncomingCall{.call = handle_, .from = sender_of(event.request), .called = called_of(event.request)});
    if (line_.config().answering == Answering::Reject) return reject(line_.config().reject_status, now);
    ring(now);
    if (line_.config().answering == Answering::Automatic)
        deadlines_.set(Timer::Answer, now + line_.config().ring);
}

void Call::ring(TimePoint now) {
    auto ringing = response(*invite_, 180);
    const bool required = invite_->has_option(HeaderId::Require, "100rel");
    const bool offered =
        invite_->has_option(HeaderId::Supported, "100rel") && line_.config().reliable_provisional;
    if (required || offered) {
        rseq_ = 1 + static_cast<std::uint32_t>(line_.random().number() >> 48);  // RFC 3262 3: 1 to 2^31 - 1
        ringing.set_raw(HeaderId::Require, "100rel");
        ringing.set<h::RSeq>(rseq_);
        repeat(*invite_server_, ringing, now);
    }
    line_.respond(*invite_server_, std::move(ringing), now);
}

// The 2xx to an INVITE: our answer, or our offer where there was none.
Message Call::accepting(const Message& request, std::optional<std::string> answer) {
    auto ok = response(request, 200);
    ok.set_raw(HeaderId::Supported, "100rel");
    offered_in_2xx_ = !answer.has_value();
    ok.set_body(answer ? std::move(*answer) : media_.offer(wanted_), "application/sdp");
    return ok;
}

void Call::answer(TimePoint now) {
    if (state_ != State::Ringing) return;
    deadlines_.clear(Timer::Answer);
    stop_repeating();
    state_ = State::Answered;
    dialog_->state = Dialog::State::Confirmed;
    auto ok = accepting(*invite_, std::move(answer_));
    line_.respond(*invite_server_, ok, now);
    repeat(*invite_server_, ok, now);
}

void Call::reject(int status, TimePoint now) {
    if (state_ != State::Ringing) return;
    auto refusal = Message::response(*invite_, status, {}, tag_);
    line_.respond(*invite_server_, std::move(refusal), now);
    end(CallEnded::Cause::RejectedByUs, status);
}

void Call::handle(const AckArrived& event, TimePoint now) {
    if (!repeated_ || repeated_->response.status() < 200 || event.request.cseq().number != repeated_->cseq)
        return;
    stop_repeating();
    const bool answered = offered_in_2xx_ && media_.accept(event.request.body());
    offered_in_2xx_ = false;
    if (state_ == State::Answered) {
        state_ = State::Established;
        invite_.reset();
        line_.tell(CallEstablished{
            .call = handle_, .remote_media = media_.remote(), .payload_type = media_.payload_type()});
        if (hang_up_at_ack_) hang_up(now);
    } else if (answered) {
        tell_media();
    }
}

void Call::handle(const Cancelled& event, TimePoint now) {
    if (state_ != State::Ringing) return;
    if (!event.answered) line_.refuse(event.transaction, *invite_, 487, now);
    end(CallEnded::Cause::PeerCancelled, 487);
}

}  // namespace ims::ue
