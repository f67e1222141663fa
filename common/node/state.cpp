#include "common/node/state.hpp"

#include <algorithm>

namespace ims {

// ---- writing

void StateText::name(std::string_view kind, std::string_view key) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out_.append(kind).append(1, ' ');
    for (const char c : key) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet > ' ' && octet < 0x7f && c != '%')
            out_ += c;
        else
            out_.append(1, '%').append(1, digits[octet >> 4]).append(1, digits[octet & 15]);
    }
}

JsonText& StateText::begin(std::string_view kind, std::string_view key) {
    // Of most records: the text grows once, and not with each member.
    constexpr std::size_t usual_octets = 2048;
    if (out_.capacity() - out_.size() < usual_octets) out_.reserve(2 * out_.size() + usual_octets);
    name(kind, key);
    out_ += ' ';
    return json_.begin_object();
}

void StateText::end() {
    json_.end_object();
    out_ += '\n';
}

void StateText::gone(std::string_view kind, std::string_view key) {
    name(kind, key);
    out_ += '\n';
}

std::string state_heading(std::string_view format) {
    return "#" + std::string{format} + "\n";
}

std::string state_time(std::int64_t wall_ms) {
    return "@" + std::to_string(wall_ms) + "\n";
}

// ---- reading

bool LastWords::add(std::string_view text, std::string& why) {
    std::int64_t wall_ms = 0;
    for (std::size_t number = 1;; ++number) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return true;
        const auto line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const auto refuse = [&](std::string_view what) {
            why = "line " + std::to_string(number) + ": " + std::string{what};
            return false;
        };
        if (number == 1) {
            if (!line.starts_with('#')) return refuse("not the state of a service of ours");
            if (line.substr(1) != format_)
                return refuse("the state of " + std::string{line.substr(1, 40)} + ", not of " + format_);
            continue;
        }
        if (line.starts_with('@')) {
            const auto time = parse_number(line.substr(1));
            if (!time || *time > INT64_MAX) return refuse("not a time");
            wall_ms = static_cast<std::int64_t>(*time);
            newest_ms_ = std::max(newest_ms_, wall_ms);
            continue;
        }
        const auto kind_ends = line.find(' ');
        if (kind_ends == std::string_view::npos || kind_ends == 0) return refuse("not a record");
        const auto key_ends = line.find(' ', kind_ends + 1);
        if (key_ends == std::string_view::npos)
            last_.erase(line);
        else
            last_.insert_or_assign(line.substr(0, key_ends), Word{wall_ms, line.substr(key_ends + 1), line});
    }
}

std::vector<StateRecord> LastWords::records(TimePoint now, std::int64_t wall_ms) const {
    std::vector<StateRecord> records;
    records.reserve(last_.size());
    for (const auto& [name, word] : last_) {
        const auto age = std::chrono::milliseconds{std::max<std::int64_t>(wall_ms - word.wall_ms, 0)};
        records.push_back({name.substr(0, name.find(' ')), word.value, now - age});
    }
    return records;
}

bool LastWords::print(const std::function<bool(std::string_view piece)>& take) const {
    if (!take(state_heading(format_))) return false;
    std::vector<const Word*> words;
    words.reserve(last_.size());
    for (const auto& [name, word] : last_) words.push_back(&word);
    // By time: it is said once for all that share it.
    std::sort(words.begin(), words.end(), [](const Word* a, const Word* b) {
        return a->wall_ms != b->wall_ms ? a->wall_ms < b->wall_ms : a->line < b->line;
    });
    std::int64_t said = 0;
    for (const auto* word : words) {
        if (word->wall_ms != said && !take(state_time(word->wall_ms))) return false;
        said = word->wall_ms;
        if (!take(word->line) || !take("\n")) return false;
    }
    return true;
}

}  // namespace ims
