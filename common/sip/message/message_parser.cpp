#include "common/base/text.hpp"
#include "common/sip/message/message.hpp"
#include "common/sip/message/scanner.hpp"

#include <array>
#include <cstring>

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
        if (istarts_with(line, "SIP/"))
            read_status_line(line);
        else
            read_request_line(line);
        at_ = std::min(end + 2, text_.size());
    }

    void read_status_line(std::string_view line) {
        request_ = false;
        const auto code = line.size() >= 11 ? line.substr(8, 3) : std::string_view{};
        const auto status = parse_number(code);
        if (!iequals(line.substr(0, 8), "SIP/2.0 ") || !status || *status < 100 || *status > 699 ||
            (line.size() > 11 && line[11] != ' ') ||
            scan::find(line, scan::LineBreak) != std::string_view::npos)
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
        if (!iequals(version, "SIP/2.0")) {
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
        for (;;) {
            if (at_ + 1 < text_.size() && text_[at_] == '\r' && text_[at_ + 1] == '\n') {
                at_ += 2;
                return;
            }
            if (at_ >= text_.size()) return fail(400, "Header Not Terminated", text_.size());
            if (message_.lines_.size() == limits_.header_lines)
                return fail(400, "Too Many Header Lines", at_);
            read_header_line();
        }
    }

    void read_header_line() {
        Message::Entry e;
        const auto begin = at_;
        const auto end = end_of_line();
        const auto line = text_.substr(begin, end - begin);
        if (line.size() > limits_.header_octets) return fail(400, "Header Too Long", begin);
        auto i = std::min(line.find(':'), line.size());
        auto name = line.substr(0, i);
        e.id = header_id(name);
        if (e.id == HeaderId::Unknown || i == line.size()) {  // a name nobody knows, or white space behind it
            i = scan::length_of(line, scan::Token);
            name = line.substr(0, i);
            while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
            if (name.empty() || i == line.size() || line[i] != ':')
                return fail(400, "Bad Header Line", begin + i);
            e.id = header_id(name);
        }
        ++i;
        auto value_end = line.size();
        while (i < value_end && scan::is(line[i], scan::Space)) ++i;
        while (value_end > i && scan::is(line[value_end - 1], scan::Space)) --value_end;

        e.line = line.data();
        e.length = static_cast<std::uint32_t>(line.size());
        e.name_length = static_cast<std::uint32_t>(name.size());
        e.value_begin = static_cast<std::uint32_t>(i);
        e.value_length = static_cast<std::uint32_t>(value_end - i);
        if (message_.had(e.id)) repeated_[Message::word(e.id)] |= Message::bit(e.id);
        message_.add_entry(e);
    }

    // Where the line at at_ ends, its folds included; at_ moves behind its CRLF.
    std::size_t end_of_line() {
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

    const Message::Entry* only(HeaderId id, std::string_view name, bool required) {
        const auto* const one = message_.find(id);
        if (one == nullptr && required) fail(400, "Missing " + std::string{name}, at_, id);
        if (one == nullptr || (repeated_[Message::word(id)] & Message::bit(id)) == 0) return one;
        const auto* second = one + 1;
        while (second->id != id) ++second;
        fail(400, "Duplicate " + std::string{name}, offset_of(second->line), id);
        return one;
    }

    void bad(HeaderId id, const Message::Entry& e, std::size_t within) {
        fail(400, "Bad " + std::string{header_name(id)}, offset_of(e.value().data()) + within, id);
    }

    void check_via() {
        const auto* e = message_.find(HeaderId::Via);
        if (e == nullptr) return fail(400, "Missing Via", at_, HeaderId::Via);
        const auto branch = codec::branch_of_via(e->value().substr(0, codec::first_value_length(e->value())));
        if (!branch) return bad(HeaderId::Via, *e, branch.error().offset);
        message_.branch_line_ = e->line;
        message_.branch_ = *branch;
        // RFC 4475 3.2.1: the cookie alone names no transaction.
        if (*branch == "z9hG4bK") bad(HeaderId::Via, *e, 0);
    }

    void check_address(HeaderId id, std::string_view name) {
        const auto* e = only(id, name, true);
        if (e == nullptr) return;
        if (const auto error = codec::check_address(e->value())) bad(id, *e, error->offset);
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
        const auto cseq = codec::parsed<CSeqValue>(e->value());
        if (!cseq) return bad(HeaderId::CSeq, *e, cseq.error().offset);
        if (request_) {
            // RFC 3261 8.1.1.5
            if (cseq->method_name != message_.method_name())
                fail(400, "CSeq Method Does Not Match", offset_of(e->value().data()), HeaderId::CSeq);
            return;
        }
        message_.method_ = cseq->method;
        if (cseq->method == Method::Other) message_.method_name_ = message_.kept(cseq->method_name);
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
        const Message::Entry* first = nullptr;
        for (const auto& line : message_.lines_) {
            if (line.id != HeaderId::ContentLength) continue;
            const auto octets = parse_number(line.value());
            if (!octets) return bad(HeaderId::ContentLength, line, 0);
            if (first != nullptr && *octets != length)
                return fail(400, "Duplicate Content-Length", offset_of(line.line), HeaderId::ContentLength);
            if (*octets > rest)
                return fail(400, "Content-Length Too Large", offset_of(line.value().data()),
                            HeaderId::ContentLength);
            first = &line;
            length = static_cast<std::size_t>(*octets);
        }
        message_.body_begin_ = static_cast<std::uint32_t>(at_);
        message_.body_length_ = static_cast<std::uint32_t>(length);
    }

    const Limits& limits_;
    Message message_;
    std::string_view text_;
    std::size_t at_ = 0;
    bool request_ = true;
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
