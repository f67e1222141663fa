#pragma once
#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ims::sip {

// Why a header, a URI or a message was not understood, and where.
struct ParseError {
    enum class Kind : std::uint8_t {
        Absent,     // the header is not in the message
        Malformed,  // it is, and breaks its grammar
    };
    Kind kind = Kind::Malformed;
    std::size_t offset = 0;  // of the first octet that breaks the grammar, from the start of what was parsed
    std::string_view what;   // a literal: "quoted-string not closed"

    bool absent() const { return kind == Kind::Absent; }
};

template <class T>
using Parsed = Result<T, ParseError>;

}  // namespace ims::sip
