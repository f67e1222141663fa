#pragma once
#include "common/sigcomp/state.hpp"
#include "common/sigcomp/udvm.hpp"

#include <string>
#include <string_view>

namespace ims::sigcomp::test {

inline Octets octets(std::string_view hexadecimal) {
    return *unhex(hexadecimal);
}

// A decompressor with one compartment: what RFC 4465 is run on.
struct Bench {
    Parameters ours;
    StateStore states;
    Compartment compartment{states, 2048};

    Result<Decompressed, Failure> run(OctetSpan message, TransportKind kind = TransportKind::MessageBased) {
        return decompress(message, kind, ours, states);
    }
    Result<Decompressed, Failure> run(std::string_view hexadecimal) { return run(octets(hexadecimal)); }
    static void grant(const Decompressed& d, Compartment& to) {
        for (const auto& one : d.requests) {
            if (const auto* create = std::get_if<CreateRequest>(&one)) to.create(*create);
            if (const auto* free = std::get_if<FreeRequest>(&one)) to.free(*free);
        }
    }
    // As run(), and the application names the compartment.
    Result<Decompressed, Failure> accepted(std::string_view hexadecimal) {
        auto result = run(hexadecimal);
        if (result) grant(*result, compartment);
        return result;
    }
};

inline std::string reason_of(const Result<Decompressed, Failure>& r) {
    return r ? std::string{"none"} : std::string{reason_text(r.error().reason)};
}
inline std::string output_of(const Result<Decompressed, Failure>& r) {
    return r ? hex(octets_of(r->text)) : "failed: " + reason_of(r);
}

}  // namespace ims::sigcomp::test
