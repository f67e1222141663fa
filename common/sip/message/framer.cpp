#include "common/sip/message/framer.hpp"

#include "common/base/text.hpp"

#include <optional>

namespace ims::sip {

namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::string_view end_of_headers = "\r\n\r\n";

struct Length {
    enum class Kind : std::uint8_t { Known, Missing, Bad } kind = Kind::Missing;
    std::uint64_t octets = 0;
};

// Is it perhaps Content-Length, or its compact form, that the text begins with?
bool may_say_length(std::string_view text) {
    constexpr std::string_view before_length = "content-";
    if (text.empty()) return false;
    if (lower(text[0]) == 'l') return true;
    return lower(text[0]) == 'c' && text.size() > before_length.size() &&
           lower(text[before_length.size()]) == 'l';
}

// Content-Length of a head that ends with an empty line.
Length content_length(std::string_view head) {
    Length found;
    for (auto lf = head.find('\n', 1); lf != std::string_view::npos; lf = head.find('\n', lf + 1)) {
        const auto begin = lf + 1;
        if (!may_say_length(head.substr(begin)) || head[lf - 1] != '\r') continue;
        auto end = head.find(crlf, begin);
        while (end + 2 < head.size() && (head[end + 2] == ' ' || head[end + 2] == '\t'))
            end = head.find(crlf, end + 2);
        const auto line = head.substr(begin, end - begin);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos ||
            header_id(trim(line.substr(0, colon))) != HeaderId::ContentLength)
            continue;
        const auto octets = parse_number(trim(line.substr(colon + 1)));
        // Two lengths that differ: nobody can know where the next message begins.
        if (!octets || (found.kind == Length::Kind::Known && found.octets != *octets))
            return {Length::Kind::Bad, 0};
        found = {Length::Kind::Known, *octets};
    }
    return found;
}

}  // namespace

Framer::Item Framer::next() {
    const auto broken = [this](int status, std::string_view what, std::string_view head = {}) {
        broken_ = true;
        Item item = Broken{status, what, std::string{head}};
        pending_.clear();
        begin_ = scanned_ = 0;
        return item;
    };
    if (broken_) return Broken{400, "the stream was given up", {}};

    auto text = std::string_view{pending_}.substr(begin_);
    if (text.starts_with('\r') && scanned_ == 0) {
        if (text.size() == 1 || text == "\r\n\r") return NeedMore{};
        if (text[1] != '\n') return broken(400, "stray CR between messages");
        if (text.starts_with(end_of_headers)) {
            consume(4);
            half_ping_ = false;
            return Ping{};
        }
        const bool second_half = half_ping_;
        half_ping_ = text.size() == 2 && !second_half;
        consume(2);
        if (second_half) return Ping{};
        return Pong{};
    }
    if (text.empty()) return NeedMore{};
    half_ping_ = false;

    const auto end = text.find(end_of_headers, scanned_ < 3 ? 0 : scanned_ - 3);
    if (end == std::string_view::npos) {
        scanned_ = text.size();
        if (text.size() > limit_) return broken(513, "headers too large");
        return NeedMore{};
    }
    scanned_ = end + 3;
    const auto head = text.substr(0, end + 4);
    if (head.size() > limit_) return broken(513, "headers too large");
    const auto length = content_length(head);
    if (length.kind == Length::Kind::Missing) return broken(400, "no Content-Length on a stream", head);
    if (length.kind == Length::Kind::Bad) return broken(400, "bad Content-Length", head);
    if (length.octets > limit_ - head.size()) return broken(513, "message too large", head);
    const auto total = head.size() + static_cast<std::size_t>(length.octets);
    if (text.size() < total) return NeedMore{};

    if (begin_ == 0 && pending_.size() == total) {  // the usual case: one message, whole, and nothing else
        auto message = make_buffer(std::move(pending_));
        pending_ = {};
        scanned_ = 0;
        return message;
    }
    auto message = make_buffer(std::string{text.substr(0, total)});
    consume(total);
    return message;
}

void Framer::consume(std::size_t octets) {
    begin_ += octets;
    scanned_ = 0;
    if (begin_ == pending_.size() || begin_ > limit_) {
        pending_.erase(0, begin_);
        begin_ = 0;
    }
}

}  // namespace ims::sip
