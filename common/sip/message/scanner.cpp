#include "common/sip/message/scanner.hpp"

#include <utility>

namespace ims::sip::scan {

std::optional<std::string_view> Scanner::take_quoted(std::string& unescaped) {
    if (!take('"')) return std::nullopt;
    bool plain = true;
    for (;;) {
        const auto begin = at_;
        const auto stop = find(text_, NotPlainQuoted, at_);
        if (stop == std::string_view::npos) return std::nullopt;
        at_ = stop + 1;
        const auto piece = text_.substr(begin, stop - begin);
        const bool end = text_[stop] == '"';
        if (plain && end) return piece;
        if (std::exchange(plain, false)) unescaped.clear();
        unescaped += piece;
        if (end) return unescaped;
        if (text_[stop] == '\\') {
            if (done() || is(text_[at_], LineBreak)) return std::nullopt;
            unescaped += text_[at_++];
            continue;
        }
        skip_space();
        unescaped += ' ';
    }
}

std::string unfold(std::string_view text) {
    if (find(text, LineBreak) == std::string_view::npos) return std::string{text};
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is(text[i], LineBreak)) {
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
    for (auto stop = find(text, NotPlainQuoted); stop != std::string_view::npos;
         stop = find(text, NotPlainQuoted)) {
        out += text.substr(0, stop);
        const char c = text[stop];
        if (!is(c, LineBreak)) out += '\\';
        out += is(c, LineBreak) ? ' ' : c;
        text.remove_prefix(stop + 1);
    }
    out += text;
    out += '"';
}

}  // namespace ims::sip::scan
