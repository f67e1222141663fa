#include "common/compression/compression.hpp"

#include "common/base/result.hpp"

#include <algorithm>
#include <utility>

namespace ims {

namespace {

using sigcomp::Endpoint;

// A NACK comes within one round trip; what it is about is looked for here. The octets are those that the
// node keeps for its own repetitions.
constexpr std::size_t remembered_messages = 512;

sigcomp::TransportKind kind_of(sip::Transport t) {
    const bool message_based = t == sip::Transport::Udp || t == sip::Transport::Sctp;
    return message_based ? sigcomp::TransportKind::MessageBased : sigcomp::TransportKind::StreamBased;
}

sigcomp::OctetSpan octets_of(const sip::Buffer& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()};
}

sip::Buffer buffer_of(const Octets& octets) {
    return sip::make_buffer(std::string{octets.begin(), octets.end()});
}

std::string way_text(const Compressing::Way& way) {
    return std::visit([](const auto& w) { return w.text(); }, way);
}

}  // namespace

const Endpoint& Compression::endpoint() {
    close_what_is_over();
    return endpoint_;
}

void Compression::close_what_is_over() {
    for (const auto& name : node_.take_closed_compartments()) endpoint_.close(name);
}

// What the peer sends on a connection decides, and nothing is sent to a flow before something came from it.
bool Compression::speaks(const Compressing::Way& way) const {
    if (streams_.empty()) return false;
    const auto* flow = std::get_if<sip::Flow>(&way);
    return flow != nullptr && streams_.contains(flow->connection);
}

// ---- what arrives

bool Compression::unwrap(sip::Received& received, TimePoint now, Effects& out) {
    close_what_is_over();
    const auto& flow = received.flow;
    if (flow.connection != 0) streams_.insert(flow.connection);
    const bool stranger = !node_.compartment(flow);
    if (stranger && !admits(received, now, out)) return false;
    sigcomp::Effort effort;
    if (stranger) effort.most = strangers_.message_cycles();
    auto result = endpoint_.decompress(octets_of(received.bytes), kind_of(flow.transport), effort);
    if (stranger) strangers_.spent(flow.remote.address, effort.used);
    if (const auto* r = std::get_if<Endpoint::Refused>(&result)) {
        refused(received, *r, out);
        return false;
    }
    if (const auto* n = std::get_if<Endpoint::NackArrived>(&result)) {
        nack_arrived(*n, flow, out);
        return false;
    }
    auto& message = std::get<Endpoint::Received>(result);
    if (const auto of = node_.compartment(flow); of && endpoint_.open(of->name))
        endpoint_.accept(of->name, message.pending);
    if (!message.has_message || message.text.empty()) return false;
    received.bytes = sip::make_buffer(std::move(message.text));
    return true;
}

bool Compression::admits(const sip::Received& received, TimePoint now, Effects& out) {
    const auto& from = received.flow.remote.address;
    const auto admission = strangers_.admit(from, now);
    if (admission.verdict == Strangers::Verdict::Welcome) return true;
    if (admission.first)
        out.emplace_back(Note{Severity::Warning, "sigcomp.strangers.limited"}
                             .with("address", from.text())
                             .with("reason", std::string{limit_text(admission.verdict)}));
    out.emplace_back(Note{Severity::Trace, "sigcomp.message.dropped"}.with("flow", received.flow.text()));
    return false;
}

void Compression::refused(const sip::Received& received, const Endpoint::Refused& refused, Effects& out) {
    const auto of = node_.compartment(received.flow);
    // Whoever floods us with what nobody can read does not flood the log as well.
    const bool told = of || strangers_.failed_first(received.flow.remote.address);
    Note note{told ? Severity::Warning : Severity::Trace, "sigcomp.message.refused"};
    if (of && !of->impi.empty()) note.with("impi", of->impi);
    note.with("reason", std::string{sigcomp::reason_text(refused.failure.reason)})
        .with("octets", std::to_string(received.bytes->size()))
        .with("flow", received.flow.text());
    out.emplace_back(std::move(note));
    out.emplace_back(sip::Transmit{0, buffer_of(refused.nack), node_.reply_flow(received.flow), false});
}

void Compression::nack_arrived(const Endpoint::NackArrived& arrived, const sip::Flow& flow, Effects& out) {
    const auto found = std::find_if(sent_.begin(), sent_.end(),
                                    [&](const Sent& s) { return s.message == arrived.nack.failed_message; });
    if (arrived.compartment.empty() && found == sent_.end()) return;  // not of ours: it changes nothing
    const auto of = node_.compartment(flow);
    const auto reason = static_cast<sigcomp::Reason>(arrived.nack.reason);
    const bool again = found != sent_.end() && !found->again;
    Note note{Severity::Warning, "sigcomp.nack.received"};
    if (of && !of->impi.empty()) note.with("impi", of->impi);
    note.with("reason", std::string{sigcomp::reason_text(reason)})
        .with("again", again ? "yes" : "no")
        .with("flow", flow.text());
    out.emplace_back(std::move(note));
    if (found == sent_.end()) return;
    auto transmit = found->transmit;
    sent_.erase(found);
    // A connection repeats nothing, and datagrams would wait for their timer. Once: who refuses what needs no
    // state will refuse it again.
    if (again && wrap(transmit, true, out)) out.emplace_back(std::move(transmit));
}

// ---- what is sent

bool Compression::wrap(sip::Transmit& transmit, bool again, Effects& out) {
    close_what_is_over();
    const bool by_stream = speaks(transmit.to);
    const auto* flow = std::get_if<sip::Flow>(&transmit.to);
    if (flow != nullptr && flow->connection != 0 && !by_stream) return true;  // its peer speaks in clear
    const auto transport = std::visit([](const auto& w) { return w.transport; }, transmit.to);
    if (transport != sip::Transport::Udp && transport != sip::Transport::Tcp &&
        transport != sip::Transport::Tls)
        return true;
    const auto kind = kind_of(transport);
    const auto of = node_.compartment(transmit.to);
    const bool has_one = of && of->established && endpoint_.open(of->name);
    // RFC 5049 9.4: alone it is not worth while, but a connection takes one kind only: that of the peer, or
    // of what will follow.
    const bool alone = by_stream || (of && kind == sigcomp::TransportKind::StreamBased);
    if (!has_one && !alone) return true;
    const auto message = has_one ? endpoint_.compress(of->name, *transmit.bytes, kind)
                                 : endpoint_.compress_alone(*transmit.bytes, kind);
    if (!message) {
        if (!by_stream) return true;
        Note note{Severity::Warning, "sigcomp.message.not_sent"};
        if (of && !of->impi.empty()) note.with("impi", of->impi);
        out.emplace_back(
            note.with("flow", way_text(transmit.to)).with("octets", std::to_string(transmit.bytes->size())));
        return false;
    }
    sent_.push_back({crypto::sha1(*message), transmit, again});
    if (sent_.size() > remembered_messages) sent_.pop_front();
    transmit.bytes = buffer_of(*message);
    return true;
}

}  // namespace ims
