#pragma once
#include "common/base/time.hpp"
#include "common/sip/dialog/dialog.hpp"
#include "tests/ue/core/line.hpp"
#include "tests/ue/core/media.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ims::ue {

// One call, as caller or callee (RFC 3261 13 to 15, RFC 3262, RFC 3311, RFC 3264).
//
//   caller: Inviting --2xx--> Established        callee: Ringing --answer--> Answered --ACK--> Established
//               |cancel                                      |reject, CANCEL
//           Cancelling --487--> Over                        Over           Established --BYE--> Ending
//           --200--> Over
class Call {
  public:
    enum class State : std::uint8_t {
        Inviting,    // caller: INVITE sent
        Cancelling,  // caller: gave up, the final response is awaited
        Ringing,     // callee: 18x sent
        Answered,    // callee: 2xx sent, ACK awaited
        Established,
        Ending,  // BYE sent
        Over,
    };

    Call(Line& line, CallHandle handle);

    // ---- commands
    void invite(const Impu& to, TimePoint now);
    void answer(TimePoint now);
    void reject(int status, TimePoint now);
    void hang_up(TimePoint now);
    void re_invite(sdp::Direction direction, TimePoint now);
    void update(TimePoint now);

    // ---- events
    void arrived(const sip::RequestArrived& invite, TimePoint now);  // the INVITE that starts it
    bool owns(sip::ClientTransactionId id) const;
    bool owns(sip::ServerTransactionId id) const { return invite_server_ == id; }
    bool owns(const sip::Message& request) const;  // inside its dialog
    void handle(const sip::ResponseArrived& event, TimePoint now);
    void handle(const sip::RequestFailed& event, TimePoint now);
    void handle(const sip::RequestArrived& event, TimePoint now);  // inside its dialog
    void handle(const sip::AckArrived& event, TimePoint now);
    void handle(const sip::Cancelled& event, TimePoint now);
    void handle_timeout(TimePoint now);
    std::optional<TimePoint> next_deadline() const { return deadlines_.next(); }

    CallHandle handle() const { return handle_; }
    State state() const { return state_; }
    bool over() const { return state_ == State::Over; }
    bool settled() const { return state_ == State::Established && !repeated_ && !re_invite_ && !request_; }

    struct Saved {
        std::uint32_t handle = 0;
        sip::Dialog dialog;
        Media::Saved media;
    };
    std::optional<Saved> saved() const;  // of an established call
    void restore(Saved saved);

  private:
    enum class Timer : std::uint8_t {
        Answer,  // Config::ring is over
        Repeat,  // the 2xx or the reliable 1xx goes out again (RFC 3261 13.3.1.4, RFC 3262 3)
        GiveUp,  // 64*T1 without ACK or PRACK
        Glare,   // RFC 3261 14.1: the re-INVITE refused with 491 is tried again
        Count
    };
    struct Early {  // a dialog of a provisional response
        sip::Dialog dialog;
        std::uint32_t rseq = 0;  // the last one acknowledged (RFC 3262 4)
        std::optional<std::string> answer;
    };
    // The INVITE of ours and what came of it.
    struct Invitation {
        sip::ClientTransactionId transaction;
        sip::Message request;
    };

    // caller
    void provisional(const sip::Message& response, TimePoint now);
    void accepted(const sip::Message& response, TimePoint now);
    void refused(const sip::Message& response, TimePoint now);
    void acknowledge_reliable(Early& early, const sip::Message& response, TimePoint now);
    void acknowledge(const sip::Dialog& dialog, std::uint32_t cseq, TimePoint now);
    // callee
    void ring(TimePoint now);
    sip::Message accepting(const sip::Message& request, std::optional<std::string> answer);
    bool refuse_unsupported(const sip::RequestArrived& event, TimePoint now);
    void repeat(sip::ServerTransactionId id, const sip::Message& response, TimePoint now);
    void repeat_again(TimePoint now);
    void give_up(TimePoint now);
    void stop_repeating();
    // both
    void re_invite_answered(const sip::Message& response, TimePoint now);
    void on_bye(const sip::RequestArrived& event, TimePoint now);
    void on_prack(const sip::RequestArrived& event, TimePoint now);
    void on_update(const sip::RequestArrived& event, TimePoint now);
    void on_re_invite(const sip::RequestArrived& event, TimePoint now);
    void send_bye(sip::Dialog& dialog, TimePoint now);
    sip::ClientTransactionId send_offer(sip::Method method, sdp::Direction direction, TimePoint now);
    sip::Dialog* dialog_of(const sip::Message& request);
    void tell_media();
    void end(CallEnded::Cause cause, int status = 0, std::string_view reason = {});
    sip::Message response(const sip::Message& request, int status) const;

    Line& line_;
    CallHandle handle_;
    State state_ = State::Inviting;
    Media media_;
    Deadlines<Timer> deadlines_;

    std::optional<sip::Dialog> dialog_;
    std::vector<Early> early_;              // caller, until the 2xx
    std::optional<Invitation> invitation_;  // caller
    std::optional<sip::ClientTransactionId> re_invite_;
    std::optional<sip::ClientTransactionId> request_;  // BYE or UPDATE
    sdp::Direction wanted_ = sdp::Direction::SendRecv;

    std::optional<sip::ServerTransactionId> invite_server_;  // callee: until answered or refused
    std::optional<sip::Message> invite_;                     // callee: the INVITE
    std::string tag_;                                        // callee: ours
    std::uint32_t rseq_ = 0;                                 // of the reliable 180; 0: there is none
    std::uint32_t invite_cseq_ = 0;
    std::optional<std::string> answer_;  // callee: to the INVITE's offer; without one the 2xx offers
    bool offered_in_2xx_ = false;        // ours is in the 2xx, the ACK brings the answer
    bool hang_up_at_ack_ = false;        // RFC 3261 15: no BYE by the callee before the ACK

    struct Repeated {  // a 2xx or a reliable 1xx on its way until it is acknowledged
        sip::ServerTransactionId transaction;
        sip::Message response;
        std::uint32_t cseq = 0;
        Duration interval{};
    };
    std::optional<Repeated> repeated_;
};

}  // namespace ims::ue
