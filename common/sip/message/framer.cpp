#include "common/sip/message/framer.hpp"

#include "common/base/text.hpp"

#include <array>
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
inline bool may_say_length(std::string_view text) {
    constexpr std::string_view before_length = "content-";
    const auto is = [text](std::size_t at, char c) { return (text[at] | 0x20) == c; };
    if (text.empty()) return false;
    return is(0, 'l') || (is(0, 'c') && text.size() > before_length.size() && is(before_length.size(), 'l'));
}

// What the line at `begin` of a head that ends with an empty line has to say about the length.
void read_length(std::string_view head, std::size_t begin, Length& found) {
    auto end = head.find(crlf, begin);
    while (end + 2 < head.size() && (head[end + 2] == ' ' || head[end + 2] == '\t'))
        end = head.find(crlf, end + 2);
    const auto line = head.substr(begin, end - begin);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || header_id(trim(line.substr(0, colon))) != HeaderId::ContentLength)
        return;
    const auto octets = parse_number(trim(line.substr(colon + 1)));
    // Two lengths that differ: nobody can know where the next message begins.
    if (!octets || (found.kind == Length::Kind::Known && found.octets != *octets) ||
        found.kind == Length::Kind::Bad)
        found = {Length::Kind::Bad, 0};
    else
        found = {Length::Kind::Known, *octets};
}

// Looks at a head line by line, from `scanned` on, where no empty line was found before that.
struct HeadLines {
    std::size_t octets = std::string_view::npos;  // up to behind its empty line
    std::array<std::size_t, 4> lengths{};         // the lines seen that may say its length
    std::size_t length_count = 0;                 // of all such lines

    HeadLines(std::string_view text, std::size_t scanned) {
        for (auto lf = text.find('\n', scanned); lf != std::string_view::npos && lf + 2 < text.size();
             lf = text.find('\n', lf + 1)) {
            if (lf == 0 || text[lf - 1] != '\r') continue;
            const auto begin = lf + 1;
            if (text[begin] == '\r' && text[begin + 1] == '\n') {
                octets = begin + 2;
                return;
            }
            if (!may_say_length(text.substr(begin))) continue;
            if (length_count < lengths.size()) lengths[length_count] = begin;
            ++length_count;
        }
    }
};

Length content_length(std::string_view head) {
    Length found;
    for (auto lf = head.find('\n', 1); lf != std::string_view::npos; lf = head.find('\n', lf + 1))
        if (head[lf - 1] == '\r' && may_say_length(head.substr(lf + 1))) read_length(head, lf + 1, found);
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

    const auto from = scanned_ < 3 ? 0 : scanned_ - 3;
    const HeadLines lines{text, from};
    if (lines.octets == std::string_view::npos) {
        scanned_ = text.size();
        if (text.size() > limit_) return broken(513, "headers too large");
        return NeedMore{};
    }
    scanned_ = lines.octets - 1;
    const auto head = text.substr(0, lines.octets);
    if (head.size() > limit_) return broken(513, "headers too large");
    Length length;
    if (from == 0 && lines.length_count <= lines.lengths.size())
        for (std::size_t i = 0; i < lines.length_count; ++i) read_length(head, lines.lengths[i], length);
    else
        length = content_length(head);
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
