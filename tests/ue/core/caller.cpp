#include "tests/ue/core/call.hpp"

#include <algorithm>

// The caller's side: RFC 3261 13.2, RFC 3262 4.
namespace ims::ue {

using namespace sip;

void Call::invite(const Impu& to, TimePoint now) {
    const auto uri = Uri::parse(to.value());
    if (!uri) return end(CallEnded::Cause::Rejected, 0, "no URI: " + to.value());
    auto request = line_.initial_request(Method::Invite, *uri);
    request.set<h::Contact>(line_.dialog_contact());
    request.set_raw(HeaderId::Allow, allowed_methods);
    if (line_.config().reliable_provisional) request.set_raw(HeaderId::Supported, "100rel");
    request.set_raw(HeaderId::Accept, "application/sdp, application/3gpp-ims+xml");
    // 24.229 5.1.3.1: the service asked for, and contacts that have it.
    request.set_raw(HeaderId::PPreferredService, mmtel_icsi);
    request.set_raw(HeaderId::AcceptContact, "*;+g.3gpp.icsi-ref=\"" + std::string{mmtel_icsi_ref} + "\"");
    request.set_body(media_.offer(sdp::Direction::SendRecv), "application/sdp");
    tag_ = request.from_tag();
    const auto id = line_.send(request, now);
    invitation_ = Invitation{id, std::move(request)};
}

void Call::provisional(const Message& response, TimePoint now) {
    if (response.status() == 100 || dialog_ || (state_ != State::Inviting && state_ != State::Cancelling))
        return;
    if (response.to_tag().empty()) {
        line_.tell(CallProgress{
            .call = handle_, .status = response.status(), .reason = std::string{response.reason()}});
        return;
    }
    auto early = std::find_if(early_.begin(), early_.end(),
                              [&](const Early& e) { return e.dialog.matches_response(response); });
    if (early == early_.end()) {
        auto dialog = Dialog::of_response(invitation_->request, response);
        if (!dialog) return;
        early_.push_back({.dialog = std::move(*dialog), .rseq = 0, .answer = {}});
        early = early_.end() - 1;
    } else if (early->rseq == 0) {
        early->dialog.refresh_target(response);
    }

    if (response.has_option(HeaderId::Require, "100rel")) {
        const auto rseq = response.get<h::RSeq>();
        // RFC 3262 4: one after the other; what came before is a repetition, what skips one is not
        // acknowledged.
        if (!rseq || (early->rseq != 0 && *rseq != early->rseq + 1)) return;
        early->rseq = *rseq;
        acknowledge_reliable(*early, response, now);
    }
    if (!response.body().empty()) early->answer = std::string{response.body()};
    line_.tell(
        CallProgress{.call = handle_, .status = response.status(), .reason = std::string{response.reason()}});
}

void Call::acknowledge_reliable(Early& early, const Message& response, TimePoint now) {
    auto prack = early.dialog.request(Method::Prack);
    prack.set<h::RAck>({early.rseq, response.cseq()});
    line_.dress(prack);
    line_.send(std::move(prack), now);
}

void Call::acknowledge(const Dialog& dialog, std::uint32_t cseq, TimePoint now) {
    if (line_.config().misbehaviour == Misbehaviour::NoAck) return;
    line_.send_ack(dialog.ack(cseq), now);
}

void Call::accepted(const Message& response, TimePoint now) {
    const auto cseq = response.cseq().number;
    if (dialog_ && dialog_->matches_response(response))
        return acknowledge(*dialog_, cseq, now);  // it came again

    std::optional<Dialog> dialog;
    std::string answer{response.body()};
    for (auto& early : early_) {
        if (!early.dialog.matches_response(response)) continue;
        early.dialog.confirm(response);
        dialog = early.dialog;
        if (answer.empty())
            answer = early.answer.value_or("");  // it came in a reliable provisional (RFC 3264 4)
    }
    if (!dialog) dialog = Dialog::of_response(invitation_->request, response);
    if (!dialog) return end(CallEnded::Cause::Rejected, response.status(), "200 without Contact");

    acknowledge(*dialog, cseq, now);
    if (dialog_) return send_bye(*dialog, now);  // RFC 3261 13.2.2.4: a second branch answered too

    dialog_ = std::move(dialog);
    early_.clear();
    if (state_ == State::Cancelling || !media_.accept(answer)) {
        const bool unwanted = state_ == State::Cancelling;
        state_ = State::Ending;
        send_bye(*dialog_, now);
        if (!unwanted) end(CallEnded::Cause::Rejected, response.status(), "no media in the answer");
        return;
    }
    state_ = State::Established;
    line_.tell(CallEstablished{
        .call = handle_, .remote_media = media_.remote(), .payload_type = media_.payload_type()});
}

void Call::refused(const Message& response, TimePoint) {
    if (state_ != State::Inviting && state_ != State::Cancelling) return;
    const auto cause = state_ == State::Cancelling ? CallEnded::Cause::Cancelled : CallEnded::Cause::Rejected;
    end(cause, response.status(), response.reason());
}

}  // namespace ims::ue
