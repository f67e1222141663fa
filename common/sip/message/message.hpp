#pragma once
#include "common/sip/message/codec.hpp"
#include "common/sip/message/headers.hpp"
#include "common/sip/message/text_store.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::sip {

using Buffer = std::shared_ptr<const std::string>;
inline Buffer make_buffer(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

// What a parser accepts at most; each refusal is a ParseFailure with the limit's name.
struct Limits {
    std::size_t message_octets = 65535;
    std::size_t header_lines = 256;
    std::size_t header_octets = 8192;  // one header with its folds
};

struct ParseFailure;

// A SIP message: a value. One shared immutable buffer, an index of header lines into it, and the lines that
// were edited since. A copy (a fork) shares the buffer and the store of edited lines, in which every edit is
// a line of its own: copies are cheap, and belong to one thread together. Lines nobody touched leave exactly
// as they came, in order, unknown headers included.
//
// parse() frames the message, indexes its lines and checks what every element needs: the start line with its
// Request-URI, the top Via, From, To, Call-ID, CSeq (its method against the start line), Max-Forwards and
// Content-Length if there. Everything else is decoded when asked, and gives the same answer each time.
class Message {
  public:
    static Result<Message, ParseFailure> parse(Buffer buffer, const Limits& limits = {});
    static Result<Message, ParseFailure> parse(std::string_view text, const Limits& limits = {});  // copies

    static Message request(Method method, Uri request_uri);
    static Message request(std::string_view method, Uri request_uri);
    // RFC 3261 8.2.6: Via, From, To, Call-ID, CSeq of the request; Timestamp with a 100. `to_tag` is added to
    // To if it has none and the status is not 100. An empty reason means the default one.
    static Message response(const Message& request, int status, std::string_view reason = {},
                            std::string_view to_tag = {});

    bool is_request() const { return status_ == 0; }
    bool is_response() const { return status_ != 0; }

    // Requests
    Method method() const { return method_; }  // of a response: the CSeq method
    std::string_view method_name() const;
    const Uri& request_uri() const { return request_uri_ ? *request_uri_ : no_uri(); }
    void set_request_uri(Uri uri);
    // Responses
    int status() const { return status_; }  // 0 for a request
    std::string_view reason() const { return reason_; }
    void set_status(int status, std::string_view reason = {});

    // ---- headers
    bool has(HeaderId id) const { return find(id) != nullptr; }
    bool has(std::string_view name) const;  // any header, known or not, any case
    template <class H>
    bool has() const {
        return has(H::id);
    }

    // The first value of the header. error().absent() tells a missing header from a malformed one.
    template <class H>
    Parsed<typename H::Value> get() const;
    // All values of all lines in order; empty if there is none; the first malformed one ends it.
    template <class H>
    Parsed<std::vector<typename H::Value>> all() const;

    template <class H>
    void set(const typename H::Value& value);  // the only value, in place of the first line or appended
    template <class H>
    void set_all(const std::vector<typename H::Value>& values);  // one line per value
    template <class H>
    void prepend(const typename H::Value& value);  // a new first value, on a line of its own
    template <class H>
    void append(const typename H::Value& value);  // a new last value, on a line of its own
    template <class H>
    void remove() {
        remove(H::id);
    }
    template <class H>
    void remove_first() {
        remove_first_value(H::id);
    }  // one value of a list header; its line goes with the last

    void remove(HeaderId id);
    void remove(std::string_view name);
    void remove_first_value(HeaderId id);

    // Raw access: the trimmed value of the first line of that name, or of every such line.
    std::optional<std::string_view> raw(HeaderId id) const {
        const Entry* e = find(id);
        return e == nullptr ? std::nullopt : std::optional{e->value()};
    }
    std::optional<std::string_view> raw(std::string_view name) const;
    std::vector<std::string_view> raw_all(HeaderId id) const;
    // The same values, shown to `f` one after the other.
    template <class F>
    void each_raw(HeaderId id, F f) const {
        if (!had(id)) return;
        for (const auto& line : lines_)
            if (line.id == id) f(line.value());
    }
    void set_raw(HeaderId id, std::string_view value);  // replaces all lines of it
    void append_raw(std::string_view name, std::string_view value);
    void prepend_raw(HeaderId id, std::string_view value);
    // In place of the first value of a list header, on a line of its own.
    void replace_first_value(HeaderId id, std::string_view value);
    // Every line in order, as (id, name, value).
    struct Line {
        HeaderId id;
        std::string_view name;
        std::string_view value;
    };
    std::vector<Line> lines() const;
    std::size_t header_count() const { return lines_.size(); }

    // ---- what everybody asks for (checked by parse(); a built message must have them)
    std::string_view call_id() const;
    CSeqValue cseq() const;
    std::uint32_t cseq_number() const;
    std::string_view from_tag() const;  // empty if none
    std::string_view to_tag() const;
    ViaValue top_via() const;
    std::string_view top_branch() const;  // of the top Via; empty if none
    bool has_option(HeaderId list,
                    std::string_view option_tag) const;  // Supported, Require, Proxy-Require, Allow

    // ---- body
    std::string_view body() const;
    void set_body(std::string body, std::string_view content_type);  // also Content-Length
    void clear_body();                                               // and the headers that describe it

    // Writes the message with a Content-Length (RFC 3261 20.14: always there on streams; we write it
    // everywhere).
    void serialize(std::string& out) const;
    std::string serialize() const;

  private:
    // A line without its CRLF, in the shared buffer or, if edited ("Name: value"), in the store. Half a cache
    // line.
    struct Entry {
        const char* line = nullptr;
        std::uint32_t length = 0;
        std::uint32_t name_length = 0;
        std::uint32_t value_begin = 0;  // of the trimmed value, within the line
        std::uint32_t value_length = 0;
        HeaderId id = HeaderId::Unknown;
        bool ended = false;  // CRLF stands behind it
        // What parse() saw in it: the branch of the first Via value, the tag of From and To. 0: did not look.
        std::uint16_t seen_begin = 0;
        std::uint16_t seen_length = 0;

        std::string_view name() const { return {line, name_length}; }
        std::string_view value() const { return {line + value_begin, value_length}; }
        bool has_seen() const { return seen_begin != 0; }
        std::string_view seen() const { return {line + seen_begin, seen_length}; }
        void see(std::string_view part);
    };

    static_assert(sizeof(Entry) == 32);

    Message() = default;
    static const Uri& no_uri();
    char* room(std::size_t octets);
    std::string_view kept(std::string_view text);  // a copy of it that lives as long as this message
    friend class MessageParser;

    Entry make_entry(HeaderId id, std::string_view name, std::string_view value);
    void insert_entry(HeaderId id, const Entry& e, bool first);
    void add_entry(const Entry& e);  // behind all others
    const Entry* find(HeaderId id) const { return had(id) ? first_line(id) : nullptr; }
    const Entry* first_line(HeaderId id) const;
    bool had(HeaderId id) const { return (had_[word(id)] & bit(id)) != 0; }
    void note_id(HeaderId id) { had_[word(id)] |= bit(id); }
    void forget_id(HeaderId id) { had_[word(id)] &= ~bit(id); }
    static std::size_t word(HeaderId id) { return static_cast<std::size_t>(id) / 64; }
    static std::uint64_t bit(HeaderId id) { return 1ULL << (static_cast<std::size_t>(id) % 64); }
    void write_start_line(std::string& out) const;
    std::size_t start_line_hint() const;
    std::size_t most_behind_start_line() const;

    Buffer buffer_;
    std::shared_ptr<TextStore> edits_;  // made by the first edit
    std::vector<Entry> lines_;
    std::array<std::uint64_t, 2> had_{};  // the ids that are in lines_ or were: most are asked for in vain
    Method method_ = Method::Other;
    std::string_view method_name_;  // of Method::Other only; in the buffer or in edits_
    std::shared_ptr<const Uri> request_uri_;
    bool start_line_edited_ = true;  // false: written as it stands in the buffer
    std::uint32_t start_line_begin_ = 0;
    std::uint32_t start_line_end_ = 0;
    int status_ = 0;
    std::string_view reason_;  // as method_name_, or a literal
    std::uint32_t body_begin_ = 0;
    std::uint32_t body_length_ = 0;
    std::shared_ptr<const std::string> own_body_;
};

// Why a message was refused, what to answer, and as much of the message as is needed for that answer.
struct ParseFailure {
    int status = 400;    // what RFC 3261 wants answered: 400, 505, 513, 414 ...
    std::string reason;  // a reason phrase that names the mistake: "Bad CSeq"
    HeaderId header = HeaderId::Unknown;
    std::size_t offset = 0;   // in the message
    bool answerable = false;  // a request other than ACK with a Via to go back by; what it has of From, To,
                              // Call-ID and CSeq is copied as it stands
    std::optional<Message> partial;  // set if answerable: pass it to Message::response()
};

// ---- templates

template <class H>
Parsed<typename H::Value> Message::get() const {
    const Entry* e = find(H::id);
    if (e == nullptr) return ParseError{ParseError::Kind::Absent, 0, "absent"};
    auto value = e->value();
    if constexpr (H::list) value = value.substr(0, codec::first_value_length(value));
    return codec::parse_value<H>(value);
}

template <class H>
Parsed<std::vector<typename H::Value>> Message::all() const {
    std::vector<typename H::Value> values;
    if (!had(H::id)) return values;
    for (const auto& line : lines_) {
        if (line.id != H::id) continue;
        auto rest = line.value();
        do {
            const auto length = H::list ? codec::first_value_length(rest) : rest.size();
            if (length == 0 && rest.empty()) break;  // an empty list is allowed where the grammar says so
            if (const auto error = codec::parse_header<H>(rest.substr(0, length), values.emplace_back()))
                return *error;
            if (length >= rest.size()) break;
            rest.remove_prefix(length + 1);
        } while (true);
    }
    return values;
}

namespace detail {
std::string& scratch();  // empty; its room stays from one header to the next

template <class V>
std::string_view printed(const V& value) {
    auto& text = scratch();
    codec::print(value, text);
    return text;
}
}  // namespace detail

template <class H>
void Message::set(const typename H::Value& value) {
    set_raw(H::id, detail::printed(value));
}

template <class H>
void Message::set_all(const std::vector<typename H::Value>& values) {
    remove(H::id);
    for (const auto& value : values) append<H>(value);
}

template <class H>
void Message::prepend(const typename H::Value& value) {
    insert_entry(H::id, make_entry(H::id, header_name(H::id), detail::printed(value)), true);
}

template <class H>
void Message::append(const typename H::Value& value) {
    insert_entry(H::id, make_entry(H::id, header_name(H::id), detail::printed(value)), false);
}

}  // namespace ims::sip
