#pragma once
#include "common/compression/strangers.hpp"
#include "common/node/compressing.hpp"
#include "common/node/node.hpp"
#include "common/sigcomp/endpoint.hpp"

#include <deque>
#include <string>
#include <unordered_set>

// SigComp between the transports and a node that is Compressing: octets below, text above, so that whatever
// is shown a message (trace, HEP, log) sees text.
//
//   Received  ─ first octet 11111xxx? ─ has it a compartment, or have strangers work left? ┬ no ── silence
//               ┌──────────────────────────────────────────────────────────────────────────┘ yes
//               decompress ─┬ text ── are its states kept? ── to the node
//                           ├ refused ── a NACK goes back
//                           └ NACK ── what it is about is compressed anew, and sent
//   Transmit  ─ marked, or on a connection that speaks SigComp ── compress ── to the transports
//
// A connection speaks SigComp from its first message on or never (RFC 5049 5): what has no compartment goes
// as a message that needs none. Datagrams without a compartment go as they are (RFC 5049 9.4).
//
// RFC 4077 has no NACK for "not now", and whoever has no state here sends text when his transaction times out
// (RFC 3486 7).
//
// Notes: sigcomp.message.refused, sigcomp.nack.received, sigcomp.message.not_sent, sigcomp.strangers.limited,
// sigcomp.message.dropped (trace).
namespace ims {

class Compression {
  public:
    struct Config {
        sigcomp::Endpoint::Config endpoint;
        Strangers::Config strangers;
    };
    // `node` must outlive it.
    Compression(const Config& config, Compressing& node)
        : endpoint_{config.endpoint}, strangers_{config.strangers}, node_{node} {}

    // What arrived becomes what the node shall see; false: there is nothing for it. `out` gets notes and
    // what is to be sent, as it stands.
    bool receive(sip::Received& received, TimePoint now, Effects& out);
    // What the node sends becomes what goes out. False: it cannot be sent, and has failed.
    bool send(sip::Transmit& transmit, Effects& out);
    void closed(const sip::Flow& flow) { streams_.erase(flow.connection); }

    const sigcomp::Endpoint& endpoint();  // without what is over
    const Strangers& strangers() const { return strangers_; }

  private:
    struct Sent {  // for a NACK
        crypto::Sha1Digest message;
        sip::Transmit transmit;
        bool again = false;
    };
    bool unwrap(sip::Received& received, TimePoint now, Effects& out);
    bool admits(const sip::Received& received, TimePoint now, Effects& out);
    bool wrap(sip::Transmit& transmit, bool again, Effects& out);
    void refused(const sip::Received& received, const sigcomp::Endpoint::Refused& refused, Effects& out);
    void nack_arrived(const sigcomp::Endpoint::NackArrived& nack, const sip::Flow& flow, Effects& out);
    void close_what_is_over();
    bool speaks(const Compressing::Way& way) const;

    sigcomp::Endpoint endpoint_;
    Strangers strangers_;
    Compressing& node_;
    std::unordered_set<std::uint64_t> streams_;  // connections whose peer speaks SigComp
    std::deque<Sent> sent_;                      // the last ones, of all compartments
};

inline bool Compression::receive(sip::Received& received, TimePoint now, Effects& out) {
    if (received.bytes->empty() ||
        !sigcomp::begins_sigcomp(static_cast<std::uint8_t>(received.bytes->front())))
        return true;
    return unwrap(received, now, out);
}

inline bool Compression::send(sip::Transmit& transmit, Effects& out) {
    const bool by_stream = speaks(transmit.to);
    if (!by_stream && !transmit.compress) return true;
    return wrap(transmit, false, out);
}

}  // namespace ims
