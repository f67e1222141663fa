#include "common/base/text.hpp"
#include "common/sip/message/message.hpp"
#include "common/sip/message/scanner.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace ims::sip {

// Reads a message once from the front. The first mistake decides the answer; reading goes on after it,
// because that answer wants the Via, From, To, Call-ID and CSeq.
class MessageParser {
  public:
    MessageParser(Buffer buffer, const Limits& limits) : limits_{limits} {
        message_.buffer_ = std::move(buffer);
        text_ = *message_.buffer_;
    }

    Result<Message, ParseFailure> run() {
        message_.start_line_edited_ = false;
        if (text_.size() > limits_.message_octets) {
            fail(513, "Message Too Large", limits_.message_octets);
            text_ = text_.substr(0, limits_.message_octets);
        }
        // RFC 3261 7.5: CRLFs in front of the start line are ignored.
        while (text_.substr(at_, 2) == "\r\n") at_ += 2;
        read_start_line();
        read_header_lines();
        check_via();
        check_address(HeaderId::From, "From");
        check_address(HeaderId::To, "To");
        check_call_id();
        check_cseq();
        check_max_forwards();
        read_body();
        if (!failure_) return std::move(message_);
        failure_->answerable =
            request_ && message_.method_ != Method::Ack && !message_.top_via().host.empty();
        if (failure_->answerable) failure_->partial = std::move(message_);
        return std::move(*failure_);
    }

  private:
    void fail(int status, std::string reason, std::size_t offset, HeaderId header = HeaderId::Unknown) {
        if (failure_) return;
        failure_.emplace();
        failure_->status = status;
        failure_->reason = std::move(reason);
        failure_->offset = offset;
        failure_->header = header;
    }

    std::size_t offset_of(const char* place) const { return static_cast<std::size_t>(place - text_.data()); }

    // ---- RFC 3261 7.1 and 7.2

    void read_start_line() {
        auto end = text_.find("\r\n", at_);
        if (end == std::string_view::npos) {
            fail(400, "Start line not terminated", text_.size());
            end = text_.size();
        }
        message_.start_line_begin_ = static_cast<std::uint32_t>(at_);
        message_.start_line_end_ = static_cast<std::uint32_t>(end);
        const auto line = text_.substr(at_, end - at_);
        if (line.size() > limits_.header_octets) fail(414, "Request-URI Too Long", at_);
        if (line.starts_with("SIP/") || istarts_with(line, "SIP/"))
            read_status_line(line);
        else
            read_request_line(line);
        at_ = std::min(end + 2, text_.size());
    }

    void read_status_line(std::string_view line) {
        request_ = false;
        const auto code = line.size() >= 11 ? line.substr(8, 3) : std::string_view{};
        const auto status = parse_number(code);
        constexpr std::string_view version = "SIP/2.0 ";
        if ((!line.starts_with(version) && !iequals(line.substr(0, version.size()), version)) || !status ||
            *status < 100 || *status > 699 || (line.size() > 11 && line[11] != ' ') ||
            scan::has_line_break(line))
            return fail(400, "Bad Status-Line", at_);
        message_.status_ = static_cast<int>(*status);
        message_.reason_ = line.substr(std::min<std::size_t>(12, line.size()));
    }

    void read_request_line(std::string_view line) {
        request_ = true;
        scan::Scanner s{line};
        const auto method = s.take_while(scan::Token);
        message_.method_ = parse_method(method);
        if (message_.method_ == Method::Other) message_.method_name_ = method;
        // One SP, the URI without any, one SP, the version and nothing after it.
        if (method.empty() || !s.take(' ')) return fail(400, "Bad Request-Line", at_ + s.at());
        const auto uri_begin = at_ + s.at();
        const auto uri_length = s.rest().find(' ');
        if (uri_length == std::string_view::npos) return fail(400, "Bad Request-Line", at_ + line.size());
        const auto version = s.rest().substr(uri_length + 1);
        if (version != "SIP/2.0" && !iequals(version, "SIP/2.0")) {
            const bool other =
                istarts_with(version, "SIP/") && version.find_first_of(" \r\n") == std::string_view::npos;
            return fail(other ? 505 : 400, other ? "Version Not Supported" : "Bad Request-Line",
                        uri_begin + uri_length + 1);
        }
        auto uri = std::make_shared<Uri>();
        if (const auto error = codec::parse(s.rest().substr(0, uri_length), *uri))
            return fail(400, "Bad Request-URI", uri_begin + error->offset);
        // RFC 3261 19.1.1 allows no headers here; they must not become headers of ours (RFC 4475 3.1.2.11).
        if (!uri->headers.empty()) return fail(400, "Request-URI With Headers", uri_begin);
        message_.request_uri_ = std::move(uri);
    }

    // ---- RFC 3261 7.3

    void read_header_lines() {
        message_.lines_.reserve(32);
        const auto most =
            std::min<std::size_t>(limits_.header_lines, std::numeric_limits<std::uint16_t>::max());
        for (;;) {
            if (at_ + 1 < text_.size() && text_[at_] == '\r' && text_[at_ + 1] == '\n') {
                at_ += 2;
                return;
            }
            if (at_ >= text_.size()) return fail(400, "Header Not Terminated", text_.size());
            if (message_.lines_.size() == most) return fail(400, "Too Many Header Lines", at_);
            read_header_line();
        }
    }

    // Inline, both of them: they are gone through for each line of each message.
    [[gnu::always_inline]] void read_header_line() {
        const auto begin = at_;
        const auto* const line = text_.data() + begin;
        const auto* const line_end = end_of_line();
        const auto length = static_cast<std::size_t>(line_end - line);
        if (length > limits_.header_octets) return fail(400, "Header Too Long", begin);
        const auto* colon = scan::first_colon(line, line_end);
        auto name_length = static_cast<std::size_t>(colon - line);
        auto id = header_id({line, name_length});
        if (id == HeaderId::Unknown || colon == line_end) {  // a name nobody knows, or white space behind it
            name_length = scan::length_of({line, length}, scan::Token);
            colon = line + name_length;
            while (colon != line_end && (*colon == ' ' || *colon == '\t')) ++colon;
            if (name_length == 0 || colon == line_end || *colon != ':')
                return fail(400, "Bad Header Line", offset_of(colon));
            id = header_id({line, name_length});
        }
        const auto* value = colon + 1;
        const auto* value_end = line_end;
        while (value != value_end && scan::is(*value, scan::Space)) ++value;
        while (value_end != value && scan::is(value_end[-1], scan::Space)) --value_end;

        if (!message_.had(id)) {
            message_.note_id(id);
            first_[static_cast<std::size_t>(id)] = static_cast<std::uint16_t>(message_.lines_.size());
        } else {
            repeated_[Message::word(id)] |= Message::bit(id);
        }
        auto& e = message_.lines_.emplace_back();
        e.line = line;
        e.length = static_cast<std::uint32_t>(length);
        e.name_length = static_cast<std::uint32_t>(name_length);
        e.value_begin = static_cast<std::uint32_t>(value - line);
        e.value_length = static_cast<std::uint32_t>(value_end - value);
        e.id = id;
        e.ended = regular_;
    }

    // Where the line at at_ ends, its folds included; at_ moves behind its CRLF.
    [[gnu::always_inline]] const char* end_of_line() {
        const auto* const end = text_.data() + text_.size();
        const auto* from = text_.data() + at_;
        for (;;) {
            const auto* const place = scan::first_control(from, end);
            if (end - place < 2) break;
            if (place[0] != '\r' || place[1] != '\n') {
                if (scan::is(*place, scan::LineBreak)) break;
                from = place + 1;
                continue;
            }
            from = place + 2;
            if (from != end && (*from == ' ' || *from == '\t')) continue;
            at_ = offset_of(from);
            regular_ = true;
            return place;
        }
        regular_ = false;
        return text_.data() + end_of_irregular_line();
    }

    // The same of a line in which CR and LF are not always together, or that does not end.
    std::size_t end_of_irregular_line() {
        auto from = at_;
        for (;;) {
            const auto* found =
                static_cast<const char*>(std::memchr(text_.data() + from, '\n', text_.size() - from));
            if (found == nullptr) {
                fail(400, "Header Not Terminated", text_.size());
                at_ = text_.size();
                return at_;
            }
            const auto lf = static_cast<std::size_t>(found - text_.data());
            const auto* cr = static_cast<const char*>(std::memchr(text_.data() + from, '\r', lf - from));
            // A lone CR or LF is where two parsers of one message begin to disagree about its lines.
            if (cr == nullptr || cr + 1 != found) fail(400, "Stray CR Or LF", cr == nullptr ? lf : from);
            from = lf + 1;
            if (from < text_.size() && (text_[from] == ' ' || text_[from] == '\t')) continue;
            at_ = from;
            return cr != nullptr && cr + 1 == found ? lf - 1 : lf;
        }
    }

    // ---- what every element needs

    Message::Entry* first(HeaderId id) {
        return message_.had(id) ? &message_.lines_[first_[static_cast<std::size_t>(id)]] : nullptr;
    }

    bool repeated(HeaderId id) const { return (repeated_[Message::word(id)] & Message::bit(id)) != 0; }

    Message::Entry* only(HeaderId id, std::string_view name, bool required) {
        auto* const one = first(id);
        if (one != nullptr && !repeated(id)) return one;
        return missing_or_repeated(one, id, name, required);
    }

    Message::Entry* missing_or_repeated(Message::Entry* one, HeaderId id, std::string_view name,
                                        bool required) {
        if (one == nullptr && required) fail(400, "Missing " + std::string{name}, at_, id);
        if (one == nullptr) return one;
        const auto* second = one + 1;
        while (second->id != id) ++second;
        fail(400, "Duplicate " + std::string{name}, offset_of(second->line), id);
        return one;
    }

    void bad(HeaderId id, const Message::Entry& e, std::size_t within) {
        fail(400, "Bad " + std::string{header_name(id)}, offset_of(e.value().data()) + within, id);
    }

    void check_via() {
        auto* const e = first(HeaderId::Via);
        if (e == nullptr) return fail(400, "Missing Via", at_, HeaderId::Via);
        const auto branch = codec::branch_of_via(e->value().substr(0, codec::first_value_length(e->value())));
        if (!branch) return bad(HeaderId::Via, *e, branch.error().offset);
        if (branch->data() != nullptr) e->see(*branch);
        // RFC 4475 3.2.1: the cookie alone names no transaction.
        if (*branch == "z9hG4bK") bad(HeaderId::Via, *e, 0);
    }

    void check_address(HeaderId id, std::string_view name) {
        auto* const e = only(id, name, true);
        if (e == nullptr) return;
        std::string_view tag;
        if (const auto error = codec::check_address(e->value(), tag)) return bad(id, *e, error->offset);
        if (tag.data() != nullptr) e->see(tag);
    }

    void check_call_id() {
        const auto* e = only(HeaderId::CallId, "Call-ID", true);
        if (e == nullptr) return;
        const auto value = e->value();
        const auto space = scan::find(value, scan::Space);
        if (value.empty() || space != std::string_view::npos)
            bad(HeaderId::CallId, *e, value.empty() ? 0 : space);
    }

    void check_cseq() {
        const auto* e = only(HeaderId::CSeq, "CSeq", true);
        if (e == nullptr) return;
        codec::CSeqText cseq;
        if (const auto error = codec::parse(e->value(), cseq)) return bad(HeaderId::CSeq, *e, error->offset);
        if (request_) {
            // RFC 3261 8.1.1.5
            if (cseq.method != message_.method_ ||
                (cseq.method == Method::Other && cseq.method_name != message_.method_name_))
                fail(400, "CSeq Method Does Not Match", offset_of(e->value().data()), HeaderId::CSeq);
            return;
        }
        message_.method_ = cseq.method;
        if (cseq.method == Method::Other) message_.method_name_ = cseq.method_name;
    }

    void check_max_forwards() {
        const auto* e = only(HeaderId::MaxForwards, "Max-Forwards", false);
        if (e == nullptr) return;
        const auto hops = parse_number(e->value());
        if (!hops || *hops > 255) bad(HeaderId::MaxForwards, *e, 0);  // RFC 3261 20.22
    }

    // RFC 3261 18.3: what is more than Content-Length says is not part of the message; less is a mistake.
    void read_body() {
        const auto rest = text_.size() - at_;
        auto length = rest;
        const Message::Entry* one = nullptr;
        if (const auto* line = first(HeaderId::ContentLength)) {
            const auto* const last = repeated(HeaderId::ContentLength) ? &message_.lines_.back() : line;
            for (; line <= last; ++line) {
                if (line->id != HeaderId::ContentLength) continue;
                const auto octets = parse_number(line->value());
                if (!octets) return bad(HeaderId::ContentLength, *line, 0);
                if (one != nullptr && *octets != length)
                    return fail(400, "Duplicate Content-Length", offset_of(line->line),
                                HeaderId::ContentLength);
                if (*octets > rest)
                    return fail(400, "Content-Length Too Large", offset_of(line->value().data()),
                                HeaderId::ContentLength);
                one = line;
                length = static_cast<std::size_t>(*octets);
            }
        }
        message_.body_begin_ = static_cast<std::uint32_t>(at_);
        message_.body_length_ = static_cast<std::uint32_t>(length);
    }

    const Limits& limits_;
    Message message_;
    std::string_view text_;
    std::size_t at_ = 0;
    bool request_ = true;
    bool regular_ = true;  // the line read last: it ends with CRLF, and has no CR or LF outside of CRLF
    // The first line of each id, if had() says there is one.
    std::array<std::uint16_t, static_cast<std::size_t>(HeaderId::Unknown) + 1> first_{};
    std::array<std::uint64_t, 2> repeated_{};  // ids of more than one line
    std::optional<ParseFailure> failure_;
};

Result<Message, ParseFailure> Message::parse(Buffer buffer, const Limits& limits) {
    return MessageParser{std::move(buffer), limits}.run();
}

Result<Message, ParseFailure> Message::parse(std::string_view text, const Limits& limits) {
    return parse(make_buffer(std::string{text}), limits);
}

}  // namespace ims::sip
