#include "common/sigcomp/endpoint.hpp"

#include <algorithm>

namespace ims::sigcomp {

namespace {

constexpr std::size_t remembered_messages = 4;  // a NACK comes at once or not at all

}  // namespace

Endpoint::Decompression Endpoint::decompress(OctetSpan message, TransportKind kind, Effort& effort) {
    ++counters_.received;
    counters_.received_octets += message.size();
    if (const auto parsed = parse_message(message); parsed && std::holds_alternative<Nack>(parsed->what)) {
        const auto& nack = std::get<Nack>(parsed->what);
        ++counters_.nacks_received;
        auto* opened = sender_of(nack.failed_message);
        if (!opened) {
            ++counters_.nacks_unknown;
            return NackArrived{nack, {}};
        }
        forget(*opened, nack.failed_message);
        std::erase(opened->sent, nack.failed_message);  // the same NACK again changes nothing more
        opened->compressor.nack(nack);
        return NackArrived{nack, opened->id};
    }
    auto result = sigcomp::decompress(message, kind, config_.offers, states_, effort);
    if (!result) {
        ++counters_.refused.at(static_cast<std::size_t>(result.error().reason));
        return Refused{result.error(), nack_for(result.error(), message)};
    }
    counters_.received_text_octets += result->text.size();
    return Received{std::move(result->text), result->has_output,
                    Pending{std::move(result->requests), std::move(result->requested_feedback),
                            std::move(result->returned_parameters), std::move(result->returned_feedback)}};
}

Endpoint::Refused Endpoint::refuse(const Failure& failure) {
    ++counters_.refused.at(static_cast<std::size_t>(failure.reason));
    return {failure, nack_for(failure, {})};
}

bool Endpoint::open(std::string_view compartment) {
    if (find(compartment)) return true;
    if (compartments_.size() >= config_.max_compartments) {
        ++counters_.compartments_refused;
        return false;
    }
    std::string id{compartment};
    auto opened = std::make_unique<Opened>(Opened{
        id, Compartment{states_, config_.offers.state_memory_size}, Compressor{states_, config_.offers}, {}});
    compartments_.emplace(std::move(id), std::move(opened));
    return true;
}

void Endpoint::close(std::string_view compartment) {
    const auto it = compartments_.find(compartment);
    if (it == compartments_.end()) return;
    for (const auto& message : it->second->sent) forget(*it->second, message);
    compartments_.erase(it);
}

bool Endpoint::accept(std::string_view compartment, const Pending& pending) {
    auto* opened = find(compartment);
    if (!opened) return false;
    if (pending.requested_feedback) {
        // RFC 3320 9.4.9, S: who saves no state gets no memory for it.
        const auto wanted = pending.requested_feedback->no_state ? 0 : config_.offers.state_memory_size;
        if (opened->received.state_memory_size() != wanted) opened->received.resize(wanted);
        opened->compressor.requested_feedback(*pending.requested_feedback);
    }
    for (const auto& request : pending.requests)
        std::visit(overloaded{[&](const CreateRequest& r) { opened->received.create(r); },
                              [&](const FreeRequest& r) { opened->received.free(r); }},
                   request);
    if (pending.returned_parameters)
        opened->compressor.returned_parameters(*pending.returned_parameters, opened->received);
    opened->compressor.returned_feedback(pending.returned_feedback);
    return true;
}

Result<Octets, Endpoint::NotCompressed> Endpoint::compress(std::string_view compartment,
                                                           std::string_view text, TransportKind kind) {
    auto* opened = find(compartment);
    if (!opened) {
        ++counters_.not_compressed;
        return NotCompressed::NoCompartment;
    }
    auto message = opened->compressor.compress(text, kind);
    if (!message) {
        ++counters_.not_compressed;
        return NotCompressed::TooLarge;
    }
    ++counters_.sent;
    counters_.sent_octets += message->size();
    counters_.sent_text_octets += text.size();
    remember(*opened, *message);
    return std::move(*message);
}

Result<Octets, Endpoint::NotCompressed> Endpoint::compress_alone(std::string_view text, TransportKind kind) {
    auto message = Compressor{states_, config_.offers}.compress(text, kind);
    if (!message) {
        ++counters_.not_compressed;
        return NotCompressed::TooLarge;
    }
    ++counters_.sent;
    counters_.sent_octets += message->size();
    counters_.sent_text_octets += text.size();
    return std::move(*message);
}

std::size_t Endpoint::octets() const {
    auto all = states_.octets();
    for (const auto& [id, opened] : compartments_) all += opened->compressor.octets();
    return all;
}

const Parameters* Endpoint::peer(std::string_view compartment) const {
    const auto* opened = find(compartment);
    return opened ? &opened->compressor.peer() : nullptr;
}

std::uint64_t Endpoint::key(const crypto::Sha1Digest& message) {
    std::uint64_t k = 0;
    for (std::size_t i = 0; i < sizeof k; ++i) k = k << 8 | message[i];
    return k;
}

Endpoint::Opened* Endpoint::find(std::string_view compartment) const {
    const auto it = compartments_.find(compartment);
    return it == compartments_.end() ? nullptr : it->second.get();
}

Endpoint::Opened* Endpoint::sender_of(const crypto::Sha1Digest& message) const {
    const auto [begin, end] = sent_.equal_range(key(message));
    for (auto it = begin; it != end; ++it) {
        const auto& sent = it->second->sent;
        if (std::find(sent.begin(), sent.end(), message) != sent.end()) return it->second;
    }
    return nullptr;
}

void Endpoint::remember(Opened& opened, OctetSpan message) {
    const auto hash = crypto::sha1(message);
    sent_.emplace(key(hash), &opened);
    opened.sent.push_back(hash);
    if (opened.sent.size() <= remembered_messages) return;
    forget(opened, opened.sent.front());
    opened.sent.pop_front();
}

void Endpoint::forget(const Opened& opened, const crypto::Sha1Digest& message) {
    const auto [begin, end] = sent_.equal_range(key(message));
    const auto it = std::find_if(begin, end, [&](const auto& one) { return one.second == &opened; });
    if (it != end) sent_.erase(it);
}

}  // namespace ims::sigcomp
