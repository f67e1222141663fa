#include "common/sigcomp/message.hpp"

#include <algorithm>
#include <array>

namespace ims::sigcomp {

namespace {

constexpr std::size_t nack_octets = 1 + 1 + 2 + 20;  // reason, opcode, PC, hash
constexpr std::uint8_t with_feedback = 0x04;

constexpr std::array<std::size_t, 4> identifier_octets{0, 6, 9, 12};

Failure failed(Reason reason) {
    return {reason, 0, 0, {}};
}

// Takes octets from the front, if there are so many.
class Reader {
  public:
    explicit Reader(OctetSpan octets) : all_{octets} {}
    std::optional<OctetSpan> take(std::size_t n) {
        if (n > all_.size() - at_) return std::nullopt;
        at_ += n;
        return all_.subspan(at_ - n, n);
    }
    std::size_t at() const { return at_; }
    OctetSpan rest() const { return all_.subspan(at_); }

  private:
    OctetSpan all_;
    std::size_t at_ = 0;
};

Nack read_nack(OctetSpan octets) {
    Nack nack;
    nack.reason = octets[0];
    nack.opcode = octets[1];
    nack.pc = static_cast<std::uint16_t>(octets[2] << 8 | octets[3]);
    std::copy_n(octets.begin() + 4, nack.failed_message.size(), nack.failed_message.begin());
    nack.details.assign(octets.begin() + nack_octets, octets.end());
    return nack;
}

Octets first_octet_and(OctetSpan returned_feedback, unsigned len) {
    Octets out{static_cast<std::uint8_t>(0xf8u | (returned_feedback.empty() ? 0u : with_feedback) | len)};
    out.insert(out.end(), returned_feedback.begin(), returned_feedback.end());
    return out;
}

}  // namespace

Result<Message, Failure> parse_message(OctetSpan octets) {
    const auto too_short = failed(Reason::MessageTooShort);
    Reader in{octets};
    const auto first = in.take(1);
    if (!first || !begins_sigcomp((*first)[0])) return too_short;

    Message message;
    if (((*first)[0] & with_feedback) != 0) {
        const auto field = in.take(1);
        if (!field) return too_short;
        const std::size_t longer = ((*field)[0] & 0x80) != 0 ? (*field)[0] & 0x7fu : 0;
        if (!in.take(longer)) return too_short;
        message.returned_feedback = octets.subspan(1, 1 + longer);
    }
    if (const auto length = identifier_octets[(*first)[0] & 3u]; length != 0) {
        const auto identifier = in.take(length);
        if (!identifier) return too_short;
        message.what = Reference{*identifier};
    } else {
        const auto field = in.take(2);
        if (!field) return too_short;
        const std::size_t code_length = static_cast<std::size_t>((*field)[0]) << 4 | (*field)[1] >> 4;
        const unsigned destination = (*field)[1] & 0x0fu;
        if (code_length == 0 && destination == 1) {
            const auto rest = in.rest();
            if (rest.size() < nack_octets) return too_short;
            message.what = read_nack(rest);
            message.header = octets;
            return message;
        }
        if (destination == 0) return failed(Reason::InvalidCodeLocation);
        const auto bytecode = in.take(code_length);
        if (!bytecode) return too_short;
        message.what = Upload{static_cast<std::uint16_t>((destination + 1) * 64), *bytecode};
    }
    message.header = octets.first(in.at());
    message.remaining = in.rest();
    return message;
}

Octets upload_header(OctetSpan returned_feedback, std::uint16_t destination, OctetSpan bytecode) {
    auto out = first_octet_and(returned_feedback, 0);
    out.push_back(static_cast<std::uint8_t>(bytecode.size() >> 4));
    out.push_back(static_cast<std::uint8_t>((bytecode.size() & 0x0f) << 4 | (destination / 64u - 1)));
    out.insert(out.end(), bytecode.begin(), bytecode.end());
    return out;
}

Octets reference_header(OctetSpan returned_feedback, OctetSpan partial_identifier) {
    auto out = first_octet_and(returned_feedback, static_cast<unsigned>(partial_identifier.size() / 3 - 1));
    out.insert(out.end(), partial_identifier.begin(), partial_identifier.end());
    return out;
}

Octets nack_for(const Failure& failure, OctetSpan failed_message) {
    Octets out{0xf8,
               0x00,
               0x01,
               static_cast<std::uint8_t>(failure.reason),
               failure.opcode,
               static_cast<std::uint8_t>(failure.pc >> 8),
               static_cast<std::uint8_t>(failure.pc)};
    // Of what cannot be cut out of a stream there is no hash (RFC 4077 3.2, 25).
    const auto hash =
        failure.reason == Reason::FramingError ? crypto::Sha1Digest{} : crypto::sha1(failed_message);
    out.insert(out.end(), hash.begin(), hash.end());
    out.insert(out.end(), failure.details.begin(), failure.details.end());
    return out;
}

}  // namespace ims::sigcomp
