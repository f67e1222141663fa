#pragma once
#include "common/node/node.hpp"
#include "common/trace/shelf.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// What a service remembers of what happened, so that "why did it fail?" has an answer afterwards: SIP
// messages in and out, Cx commands in and out (who and with what result; never a vector, a key or a profile),
// DNS, and every decision with its reason (Note). Nothing is parsed and nothing is looked up while it is
// kept; that is for who asks (common/trace/question.hpp).
//
// Its size is fixed. It is cut into shelves, and what one event made a node do lies on the shelf of its
// speaker: the identity in From, which is the same in a request and its responses, in all requests a UE makes
// and on every hop. So however much one UE says, it overwrites only what lies on its own shelf, one of 63; a
// dialog is bounded by the shelves of the two who speak in it. What no UE has a part in (peers, DNS, a
// database that is away) has a shelf of its own; there warnings and errors are kept.
namespace ims::trace {

struct Way;

class Memory {
  public:
    static constexpr std::size_t default_octets = 32U << 20;

    // 0 octets: nothing is kept, and everything below does nothing.
    explicit Memory(std::size_t octets = default_octets);

    bool on() const { return !shelves_.empty(); }

    // What a node did with an event, or of its own at a deadline. To be told before the effects are executed,
    // which takes their buffers away.
    void turn(const Event& event, const Effects& effects, WallClock now);
    void turn(const Effects& effects, WallClock now);
    // What the shell has to say: transports, peers, database.
    void note(const Note& note, WallClock now);

    // For who answers later (the HSS waits for its database): a turn is begun, and added to.
    struct Turn {
        std::uint64_t number = 0;
        std::size_t shelf = 0;
    };
    Turn begin(const cx::Request& request);
    void keep(const Turn& turn, const sip::Received& event, WallClock now);
    void keep(const Turn& turn, const sip::TransportFailed& event, WallClock now);
    void keep(const Turn& turn, const sip::FlowClosed& event, WallClock now);
    void keep(const Turn& turn, const sip::dns::Answer& event, WallClock now);
    void keep(const Turn& turn, const cx::AnswerArrived& event, WallClock now);
    void keep(const Turn& turn, const cx::SendFailed& event, WallClock now);
    void keep(const Turn& turn, const cx::RequestArrived& event, WallClock now);
    void keep(const Turn& turn, const sip::Transmit& effect, WallClock now);
    void keep(const Turn& turn, const sip::dns::Query& effect, WallClock now);
    void keep(const Turn& turn, const cx::Send& effect, WallClock now);
    void keep(const Turn& turn, const cx::Reply& effect, WallClock now);
    void keep(const Turn& turn, const Note& note, WallClock now);
    // Notes say what becomes of associations; an order may have keys in it.
    void keep(const Turn&, const ipsec::Order&, WallClock) {}
    void keep(const Turn&, const ipsec::Report&, WallClock) {}

    // ---- for who asks
    const std::vector<Shelf>& shelves() const { return shelves_; }

  private:
    Turn begin(std::size_t shelf) { return {++turns_, shelf}; }
    std::size_t shelf_of(std::string_view speaker) const;
    std::size_t shelf_of(const Event& event) const;
    std::size_t shelf_of(const Effects& effects) const;
    void append(const Turn& turn, Head head, std::span<const std::string_view> fields, WallClock now);
    template <class Pairs>
    void keep_pairs(const Turn& turn, Head head, std::string_view what, const Pairs& pairs, WallClock now);
    void keep_message(const Turn& turn, Head head, const Way& way, std::string_view text, WallClock now);

    std::vector<Shelf> shelves_;  // the last is the one of nobody
    std::uint64_t turns_ = 0;
};

// How a SIP message came or went, as it is kept.
struct Way {
    sip::Transport transport = sip::Transport::Udp;
    bool has_local = false;
    IpEndpoint local, remote;
    std::uint64_t connection = 0;
};
std::string_view octets_of(const Way& way);  // a view of it
Way way_of(std::string_view octets);

}  // namespace ims::trace
