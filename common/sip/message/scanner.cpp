#include "common/sip/message/scanner.hpp"

namespace ims::sip::scan {

namespace {

bool is_line_break(char c) {
    return c == '\r' || c == '\n';
}

}  // namespace

bool Scanner::take_quoted(std::string& out) {
    if (!take('"')) return false;
    out.clear();
    for (;;) {
        const auto stop = text_.find_first_of("\"\\\r\n", at_);
        if (stop == std::string_view::npos) return false;
        out.append(text_, at_, stop - at_);
        at_ = stop + 1;
        if (text_[stop] == '"') return true;
        if (text_[stop] == '\\') {
            if (done() || is_line_break(text_[at_])) return false;
            out += text_[at_++];
            continue;
        }
        while (!done() && is(text_[at_], Space)) ++at_;
        out += ' ';
    }
}

std::string unfold(std::string_view text) {
    if (text.find_first_of("\r\n") == std::string_view::npos) return std::string{text};
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_line_break(text[i])) {
            out += text[i];
            continue;
        }
        while (i + 1 < text.size() && is(text[i + 1], Space)) ++i;
        out += ' ';
    }
    return out;
}

void print_quoted(std::string_view text, std::string& out) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += is_line_break(c) ? ' ' : c;
    }
    out += '"';
}

}  // namespace ims::sip::scan
