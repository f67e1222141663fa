#include "common/ims/patterns.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <unordered_map>

#include <re2/re2.h>

namespace ims {

namespace {

constexpr std::size_t most_patterns = 512;        // then all are forgotten, and compiled when asked for
constexpr std::int64_t memory_of_each = 1 << 17;  // octets: program and automaton
constexpr std::size_t longest_pattern = 4096;     // octets

RE2::Options options(Patterns::Case letters) {
    RE2::Options o;
    o.set_posix_syntax(true);
    o.set_perl_classes(true);
    o.set_word_boundary(true);
    o.set_case_sensitive(letters == Patterns::Case::Sensitive);
    o.set_encoding(RE2::Options::EncodingLatin1);  // octets: a header need not be UTF-8
    o.set_max_mem(memory_of_each);
    o.set_log_errors(false);
    return o;
}

bool is_plain(std::string_view pattern) {
    return !pattern.empty() && std::all_of(pattern.begin(), pattern.end(),
                                           [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

}  // namespace

struct Patterns::Impl {
    std::array<std::unordered_map<std::string, std::unique_ptr<RE2>>, 2> compiled;  // by Case

    const RE2* find(std::string_view pattern, Case letters) {
        if (pattern.size() > longest_pattern) return nullptr;
        auto& known = compiled[static_cast<std::size_t>(letters)];
        std::string key{pattern};
        if (const auto found = known.find(key); found != known.end()) return found->second.get();
        if (known.size() >= most_patterns) known.clear();
        auto made = std::make_unique<RE2>(key, options(letters));
        return known.emplace(std::move(key), std::move(made)).first->second.get();
    }
};

Patterns::Patterns() : impl_{std::make_unique<Impl>()} {}
Patterns::~Patterns() = default;
Patterns::Patterns(Patterns&&) noexcept = default;
Patterns& Patterns::operator=(Patterns&&) noexcept = default;

std::optional<bool> Patterns::match(std::string_view pattern, std::string_view text, Extent extent,
                                    Case letters) {
    // The name of a header, as nearly all patterns for one are.
    if (extent == Extent::Whole && letters == Case::Insensitive && is_plain(pattern))
        return iequals(pattern, text);
    const auto* expression = impl_->find(pattern, letters);
    if (expression == nullptr || !expression->ok()) return {};
    const re2::StringPiece piece{text.data(), text.size()};
    return expression->Match(piece, 0, piece.size(),
                             extent == Extent::Whole ? RE2::ANCHOR_BOTH : RE2::UNANCHORED, nullptr, 0);
}

}  // namespace ims
