#include "common/sip/message/message.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/scanner.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <limits>

namespace ims::sip {

namespace {

// The first semicolon at or after `from` that is outside of quotes and <>.
std::size_t find_semicolon(std::string_view text, std::size_t from) {
    for (auto i = scan::find(text, scan::MayEndParam, from); i < text.size();
         i = scan::find(text, scan::MayEndParam, i + 1)) {
        if (text[i] == ';') return i;
        if (text[i] == '<') {
            i = text.find('>', i);
            if (i == std::string_view::npos) break;
        } else {
            for (++i; i < text.size() && text[i] != '"'; ++i)
                if (text[i] == '\\') ++i;
        }
    }
    return std::string_view::npos;
}

// The tag of a From or To without decoding the rest.
std::string_view tag_of(std::string_view value) {
    // Nearly always it comes first behind the >, and nothing is quoted.
    constexpr std::string_view usual = ">;tag=";
    const auto close = value.find('"') == std::string_view::npos ? value.find('>') : std::string_view::npos;
    if (close != std::string_view::npos && value.substr(close).starts_with(usual)) {
        const auto rest = value.substr(close + usual.size());
        return trim(rest.substr(0, rest.find(';')));
    }
    auto at = find_semicolon(value, 0);
    while (at != std::string_view::npos) {
        const auto next = find_semicolon(value, at + 1);
        const auto param = value.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
        const auto equal = param.find('=');
        if (equal != std::string_view::npos && iequals(trim(param.substr(0, equal)), "tag"))
            return trim(param.substr(equal + 1));
        at = next;
    }
    return {};
}

}  // namespace

std::string& detail::scratch() {
    thread_local std::string text;
    text.clear();
    return text;
}

// ---- building

Message Message::request(Method method, Uri request_uri) {
    Message m;
    m.method_ = method;
    m.request_uri_ = std::make_shared<const Uri>(std::move(request_uri));
    m.lines_.reserve(16);
    return m;
}

Message Message::request(std::string_view method, Uri request_uri) {
    auto m = request(parse_method(method), std::move(request_uri));
    if (m.method_ == Method::Other) m.method_name_ = m.kept(method);
    return m;
}

Message Message::response(const Message& request, int status, std::string_view reason,
                          std::string_view to_tag) {
    Message m;
    m.buffer_ = request.buffer_;
    m.edits_ = request.edits_;
    m.method_ = request.method_;
    m.method_name_ = request.method_name_;
    m.set_status(status, reason);
    m.lines_.reserve(16);
    for (const auto& line : request.lines_)
        if (line.id == HeaderId::Via) m.add_entry(line);
    for (const auto id :
         {HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq, HeaderId::Timestamp}) {
        if (id == HeaderId::Timestamp && status != 100) continue;
        const auto* line = request.find(id);
        if (line == nullptr) continue;
        const bool wants_tag = id == HeaderId::To && status != 100 && !to_tag.empty();
        if (wants_tag && tag_of(line->value()).empty()) {
            auto value = std::string{line->value()};
            value += ";tag=";
            value += to_tag;
            m.add_entry(m.make_entry(id, line->name(), value));
        } else {
            m.add_entry(*line);
        }
    }
    return m;
}

const Uri& Message::no_uri() {
    static const Uri none;
    return none;
}

char* Message::room(std::size_t octets) {
    if (!edits_) edits_ = std::make_shared<TextStore>();
    return edits_->allocate(octets);
}

std::string_view Message::kept(std::string_view text) {
    auto* const place = room(text.size());
    std::copy(text.begin(), text.end(), place);
    return {place, text.size()};
}

std::string_view Message::method_name() const {
    return method_ == Method::Other ? method_name_ : method_text(method_);
}

void Message::set_request_uri(Uri uri) {
    request_uri_ = std::make_shared<const Uri>(std::move(uri));
    start_line_edited_ = true;
}

void Message::set_status(int status, std::string_view reason) {
    status_ = status;
    reason_ = reason.empty() ? default_reason(status) : kept(scan::unfold(reason));
    start_line_edited_ = true;
}

// ---- lines

Message::Entry Message::make_entry(HeaderId id, std::string_view name, std::string_view value) {
    // No value may bring a line of its own: what looks like a fold becomes a space.
    value = trim(value);
    std::string unfolded;
    if (scan::has_line_break(value)) value = unfolded = scan::unfold(value);
    Entry e;
    e.id = id;
    e.ended = true;
    e.name_length = static_cast<std::uint32_t>(name.size());
    e.value_begin = e.name_length + 2;
    e.value_length = static_cast<std::uint32_t>(value.size());
    e.length = e.value_begin + e.value_length;
    auto* const line = room(e.length + 2);
    auto* at = std::copy(name.begin(), name.end(), line);
    *at++ = ':';
    *at++ = ' ';
    at = std::copy(value.begin(), value.end(), at);
    *at++ = '\r';
    *at = '\n';
    e.line = line;
    return e;
}

void Message::add_entry(const Entry& e) {
    static_assert(static_cast<std::size_t>(HeaderId::Unknown) < 128);
    note_id(e.id);
    lines_.push_back(e);
}

void Message::Entry::see(std::string_view part) {
    const auto begin = static_cast<std::size_t>(part.data() - line);
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
    if (begin > most || part.size() > most) return;
    seen_begin = static_cast<std::uint16_t>(begin);
    seen_length = static_cast<std::uint16_t>(part.size());
}

const Message::Entry* Message::first_line(HeaderId id) const {
    for (const auto& line : lines_)
        if (line.id == id) return &line;
    return nullptr;
}

void Message::insert_entry(HeaderId id, const Entry& e, bool first) {
    const auto same = [id](const Entry& line) { return line.id == id; };
    auto at = lines_.end();
    if (!had(id)) {
        note_id(id);
    } else if (first) {
        at = std::find_if(lines_.begin(), lines_.end(), same);
    } else {
        const auto last = std::find_if(lines_.rbegin(), lines_.rend(), same);
        if (last != lines_.rend()) at = last.base();
    }
    // RFC 3261 7.3.1: what a proxy needs goes to the top.
    const bool none = at == lines_.end() && (first || lines_.empty() || !same(lines_.back()));
    if (none && id == HeaderId::Via) {
        at = lines_.begin();
    } else if (none && (id == HeaderId::Route || id == HeaderId::RecordRoute || id == HeaderId::Path)) {
        at = std::find_if(lines_.rbegin(), lines_.rend(), [](const Entry& l) {
                 return l.id == HeaderId::Via;
             }).base();
    }
    lines_.insert(at, e);
}

bool Message::has(std::string_view name) const {
    return raw(name).has_value();
}

std::optional<std::string_view> Message::raw(std::string_view name) const {
    const auto id = header_id(name);
    if (id != HeaderId::Unknown) return raw(id);
    for (const auto& line : lines_)
        if (line.id == HeaderId::Unknown && iequals(line.name(), name)) return line.value();
    return std::nullopt;
}

std::vector<std::string_view> Message::raw_all(HeaderId id) const {
    std::vector<std::string_view> values;
    if (!had(id)) return values;
    values.reserve(static_cast<std::size_t>(
        std::count_if(lines_.begin(), lines_.end(), [id](const Entry& line) { return line.id == id; })));
    each_raw(id, [&](std::string_view value) { values.push_back(value); });
    return values;
}

void Message::set_raw(HeaderId id, std::string_view value) {
    assert(id != HeaderId::Unknown);
    auto e = make_entry(id, header_name(id), value);
    if (!had(id)) return insert_entry(id, e, false);
    const auto at =
        std::find_if(lines_.begin(), lines_.end(), [id](const Entry& line) { return line.id == id; });
    if (at == lines_.end()) return insert_entry(id, e, false);
    *at = e;
    lines_.erase(std::remove_if(at + 1, lines_.end(), [id](const Entry& line) { return line.id == id; }),
                 lines_.end());
}

void Message::append_raw(std::string_view name, std::string_view value) {
    const auto id = header_id(name);
    auto e = make_entry(id, name, value);
    if (id == HeaderId::Unknown)
        add_entry(e);
    else
        insert_entry(id, e, false);
}

void Message::prepend_raw(HeaderId id, std::string_view value) {
    assert(id != HeaderId::Unknown);
    insert_entry(id, make_entry(id, header_name(id), value), true);
}

std::vector<Message::Line> Message::lines() const {
    std::vector<Line> all;
    all.reserve(lines_.size());
    for (const auto& line : lines_) all.push_back({line.id, line.name(), line.value()});
    return all;
}

void Message::remove(HeaderId id) {
    if (!had(id)) return;
    std::erase_if(lines_, [id](const Entry& line) { return line.id == id; });
    forget_id(id);
}

void Message::remove(std::string_view name) {
    const auto id = header_id(name);
    if (id != HeaderId::Unknown) return remove(id);
    std::erase_if(lines_, [&](const Entry& line) { return line.id == id && iequals(line.name(), name); });
}

void Message::remove_first_value(HeaderId id) {
    if (!had(id)) return;
    const auto at =
        std::find_if(lines_.begin(), lines_.end(), [id](const Entry& line) { return line.id == id; });
    if (at == lines_.end()) return;
    const auto value = at->value();
    const auto length = codec::first_value_length(value);
    const auto rest = length < value.size() ? trim(value.substr(length + 1)) : std::string_view{};
    if (rest.empty())
        lines_.erase(at);
    else
        *at = make_entry(id, at->name(), rest);
}

void Message::replace_first_value(HeaderId id, std::string_view value) {
    const auto e = make_entry(id, header_name(id), value);
    const auto at = !had(id) ? lines_.end()
                             : std::find_if(lines_.begin(), lines_.end(),
                                            [id](const Entry& line) { return line.id == id; });
    if (at == lines_.end()) return insert_entry(id, e, true);
    const auto before = at->value();
    const auto length = codec::first_value_length(before);
    const auto rest = length < before.size() ? trim(before.substr(length + 1)) : std::string_view{};
    if (rest.empty()) {
        *at = e;
    } else {
        *at = make_entry(id, at->name(), rest);
        lines_.insert(at, e);
    }
}

// ---- what everybody asks for

std::string_view Message::call_id() const {
    return raw(HeaderId::CallId).value_or(std::string_view{});
}

CSeqValue Message::cseq() const {
    auto value = get<h::CSeq>();
    return value ? std::move(*value) : CSeqValue{};
}

std::string_view Message::from_tag() const {
    const auto* e = find(HeaderId::From);
    if (e == nullptr) return {};
    return e->has_seen() ? e->seen() : tag_of(e->value());
}

std::string_view Message::to_tag() const {
    const auto* e = find(HeaderId::To);
    if (e == nullptr) return {};
    return e->has_seen() ? e->seen() : tag_of(e->value());
}

ViaValue Message::top_via() const {
    const auto value = raw(HeaderId::Via).value_or(std::string_view{});
    return codec::via_as_far_as_readable(value.substr(0, codec::first_value_length(value)));
}

std::string_view Message::top_branch() const {
    const auto* e = find(HeaderId::Via);
    if (e == nullptr) return {};
    if (e->has_seen()) return e->seen();
    const auto branch = codec::branch_of_via(e->value().substr(0, codec::first_value_length(e->value())));
    return branch ? *branch : std::string_view{};
}

std::uint32_t Message::cseq_number() const {
    const auto value = raw(HeaderId::CSeq).value_or(std::string_view{});
    return codec::cseq_number(value);
}

bool Message::has_option(HeaderId list, std::string_view option_tag) const {
    if (!had(list)) return false;
    for (const auto& line : lines_) {
        if (line.id != list) continue;
        auto rest = line.value();
        while (!rest.empty()) {
            const auto one = rest.substr(0, rest.find(','));
            if (iequals(trim(one), option_tag)) return true;
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        }
    }
    return false;
}

// ---- body

std::string_view Message::body() const {
    if (own_body_) return *own_body_;
    return buffer_ ? std::string_view{*buffer_}.substr(body_begin_, body_length_) : std::string_view{};
}

void Message::set_body(std::string body, std::string_view content_type) {
    set_raw(HeaderId::ContentType, content_type);
    set_raw(HeaderId::ContentLength, std::to_string(body.size()));
    own_body_ = std::make_shared<const std::string>(std::move(body));
}

void Message::clear_body() {
    for (const auto id : {HeaderId::ContentType, HeaderId::ContentDisposition, HeaderId::ContentEncoding,
                          HeaderId::ContentLanguage, HeaderId::ContentLength})
        remove(id);
    own_body_.reset();
    body_length_ = 0;
}

// ---- writing

std::size_t Message::start_line_hint() const {
    return start_line_edited_
               ? 128 + reason_.size() + request_uri().user.size() + request_uri().headers.size()
               : start_line_end_ - start_line_begin_ + 2;
}

std::size_t Message::most_behind_start_line() const {
    constexpr std::size_t length_line = 40;  // "Content-Length: ", a number and CRLF
    constexpr std::size_t longer = 24;       // a Content-Length may become, by ": " and a number
    std::size_t octets = length_line + 2;
    for (const auto& line : lines_)
        octets += line.length + 2 + (line.id == HeaderId::ContentLength ? longer : 0);
    return octets;
}

void Message::write_start_line(std::string& out) const {
    if (!start_line_edited_) {
        out.append(*buffer_, start_line_begin_, start_line_end_ - start_line_begin_);
    } else if (is_response()) {
        out += "SIP/2.0 ";
        out += std::to_string(status_);
        out += ' ';
        out += reason_;
    } else {
        out += method_name();
        out += ' ';
        request_uri().print(out);
        out += " SIP/2.0";
    }
    out += "\r\n";
}

void Message::serialize(std::string& out) const {
    const auto content = body();
    const auto most = most_behind_start_line();
    out.reserve(out.size() + start_line_hint() + most + content.size());
    write_start_line(out);

    // Lines are gathered in room that stays, since that of a string is cleared before it can be written to.
    thread_local std::string room;
    if (room.size() < most) room.resize(most);
    auto* at = room.data();
    const auto write = [&at](const char* from, std::size_t octets) {
        std::memcpy(at, from, octets);
        at += octets;
    };
    const auto write_crlf = [&at] {
        at[0] = '\r';
        at[1] = '\n';
        at += 2;
    };
    const auto write_length = [&](std::string_view name) {
        write(name.data(), name.size());
        *at++ = ':';
        *at++ = ' ';
        at = std::to_chars(at, at + 20, content.size()).ptr;
        write_crlf();
    };

    bool has_length = false;
    const auto* const end = lines_.data() + lines_.size();
    for (const auto* line = lines_.data(); line != end;) {
        if (line->id == HeaderId::ContentLength) {
            has_length = true;
            if (parse_number(line->value()) != content.size()) {
                write_length(line->name());
                ++line;
                continue;
            }
        }
        // Neighbours leave in one piece.
        const auto* const from = line->line;
        std::size_t octets = line->length;
        bool ended = line->ended;
        for (++line;
             ended && line != end && line->line == from + octets + 2 && line->id != HeaderId::ContentLength;
             ++line) {
            octets += line->length + 2;
            ended = line->ended;
        }
        write(from, ended ? octets + 2 : octets);
        if (!ended) write_crlf();
    }
    if (!has_length) write_length(header_name(HeaderId::ContentLength));
    write_crlf();
    out.append(room.data(), static_cast<std::size_t>(at - room.data()));
    out += content;
}

std::string Message::serialize() const {
    std::string out;
    serialize(out);
    return out;
}

}  // namespace ims::sip
