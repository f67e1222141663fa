#include "tests/ue/core/rtp.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace ims::ue {

namespace {

constexpr double clock_rate = 8000;
constexpr double tone = 440;
constexpr std::uint32_t tone_period = 200;  // samples: eleven periods of 440 Hz at 8000 Hz fit exactly
constexpr std::size_t header_octets = 12;

void put16(Octets& out, std::uint16_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Octets& out, std::uint32_t value) {
    put16(out, static_cast<std::uint16_t>(value >> 16));
    put16(out, static_cast<std::uint16_t>(value));
}

std::uint32_t get(std::span<const std::uint8_t> octets) {
    std::uint32_t value = 0;
    for (const auto octet : octets) value = value << 8 | octet;
    return value;
}

// The segment of a magnitude: the position of its highest bit above the first segment's.
unsigned segment_of(unsigned magnitude, unsigned first) {
    unsigned segment = 0;
    for (unsigned limit = first; segment < 7 && magnitude >= limit; limit <<= 1) ++segment;
    return segment;
}

std::array<std::uint8_t, tone_period> tone_samples(std::uint8_t payload_type) {
    std::array<std::uint8_t, tone_period> out{};
    for (std::uint32_t i = 0; i < tone_period; ++i) {
        const auto sample = static_cast<std::int16_t>(
            std::lround(8000 * std::sin(2 * std::numbers::pi * tone * i / clock_rate)));
        out[i] = payload_type == 0 ? mu_law(sample) : a_law(sample);
    }
    return out;
}

const std::array<std::uint8_t, tone_period>& tone_of(std::uint8_t payload_type) {
    static const auto a = tone_samples(8);
    static const auto mu = tone_samples(0);
    return payload_type == 0 ? mu : a;
}

}  // namespace

// G.711 table 1: 13 bits magnitude, even bits inverted.
std::uint8_t a_law(std::int16_t sample) {
    const bool positive = sample >= 0;
    const auto magnitude = static_cast<unsigned>(positive ? sample : -sample - 1) >> 3;  // 12 bits
    const auto segment = segment_of(magnitude, 32);
    const auto mantissa = (segment == 0 ? magnitude >> 1 : magnitude >> segment) & 0xf;
    return static_cast<std::uint8_t>(((positive ? 0x80U : 0U) | segment << 4 | mantissa) ^ 0x55U);
}

// G.711 table 2: 14 bits magnitude with a bias of 33, all bits inverted.
std::uint8_t mu_law(std::int16_t sample) {
    const bool positive = sample >= 0;
    const auto clipped = std::min(static_cast<unsigned>(positive ? sample : -(sample + 1)), 32635U);
    const auto magnitude = (clipped >> 2) + 33;
    const auto segment = segment_of(magnitude, 64);
    const auto mantissa = magnitude >> (segment + 1) & 0xf;
    return static_cast<std::uint8_t>(~((positive ? 0U : 0x80U) | segment << 4 | mantissa));
}

Octets RtpSender::next() {
    Octets packet;
    packet.reserve(header_octets + rtp_samples);
    packet.push_back(0x80);  // version 2
    packet.push_back(static_cast<std::uint8_t>(
        payload_type_ | (marked_ ? 0 : 0x80)));  // RFC 3551 4.1: marks the start of a talkspurt
    marked_ = true;
    put16(packet, sequence_++);
    put32(packet, timestamp_);
    put32(packet, ssrc_);
    const auto& samples = tone_of(payload_type_);
    for (std::uint32_t i = 0; i < rtp_samples; ++i) packet.push_back(samples[(phase_ + i) % tone_period]);
    phase_ = (phase_ + rtp_samples) % tone_period;
    timestamp_ += rtp_samples;
    ++sent_;
    return packet;
}

void RtpSender::skip() {
    timestamp_ += rtp_samples;
    marked_ = false;
}

void RtpReceiver::receive(std::span<const std::uint8_t> packet, TimePoint arrival) {
    const bool header = packet.size() >= header_octets && packet[0] >> 6 == 2;
    const auto payload_type = header ? packet[1] & 0x7f : 0xff;
    if (!header || (payload_type != 0 && payload_type != 8)) {
        ++malformed_;
        return;
    }
    const auto sequence = static_cast<std::uint16_t>(get(packet.subspan(2, 2)));
    const auto timestamp = get(packet.subspan(4, 4));
    const auto ssrc = get(packet.subspan(8, 4));
    if (ssrc_ != ssrc) {  // the first packet, or another source in the same session
        *this = RtpReceiver{};
        ssrc_ = ssrc;
        base_ = highest_ = sequence;
    }
    ++received_;
    const auto delta = static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(highest_));
    if (delta < 0x8000) highest_ += delta;  // RFC 3550 A.1: ahead, across the wrap too; else late or double

    // A.8: how much later this one is than its timestamp says, compared with the one before; modulo 2^32.
    const std::chrono::duration<double> since = arrival - last_arrival_;
    const double d = since.count() * clock_rate - static_cast<std::int32_t>(timestamp - last_timestamp_);
    if (received_ > 1) jitter_ += (std::abs(d) - jitter_) / 16;
    last_arrival_ = arrival;
    last_timestamp_ = timestamp;
}

std::uint64_t RtpReceiver::expected() const {
    return ssrc_ ? std::uint64_t{highest_} - base_ + 1 : 0;
}

double RtpReceiver::loss() const {
    return expected() == 0 || lost() <= 0 ? 0 : static_cast<double>(lost()) / static_cast<double>(expected());
}

std::chrono::duration<double, std::milli> RtpReceiver::jitter() const {
    return std::chrono::duration<double, std::milli>{jitter_ * 1000 / clock_rate};
}

}  // namespace ims::ue
