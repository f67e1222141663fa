#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace ims {

// The extended regular expressions of service point triggers (TS 29.228 Annex F: POSIX ERE, IEEE
// 1003.1-2004), compiled once and remembered. They come from the HSS and are matched with what users send, so
// the time is linear in the text and the memory is bounded, whatever the expression (RE2). What POSIX leaves
// undefined and operators write nevertheless (\d, \w, \s, \b) is understood as Perl has it.
class Patterns {
  public:
    enum class Case : std::uint8_t { Sensitive, Insensitive };
    enum class Extent : std::uint8_t { Part, Whole };  // a match anywhere in the text, or of all of it

    Patterns();
    ~Patterns();
    Patterns(Patterns&&) noexcept;
    Patterns& operator=(Patterns&&) noexcept;

    // Nothing if the pattern is no regular expression, or one that needs too much memory.
    std::optional<bool> match(std::string_view pattern, std::string_view text, Extent extent = Extent::Part,
                              Case letters = Case::Sensitive);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims
