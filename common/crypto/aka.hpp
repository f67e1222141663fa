#pragma once
#include "common/base/text.hpp"
#include "common/crypto/milenage.hpp"
#include "common/crypto/tuak.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// AKA (TS 33.102 6.3) on top of Milenage or TUAK: both sides.
namespace ims::crypto {

struct MilenageKeys {
    Key128 k{};
    Block opc{};
};
struct TuakKeys {
    Octets k;  // 16 or 32
    TopC topc{};
    unsigned keccak_iterations = 1;
};
using AkaKeys = std::variant<MilenageKeys, TuakKeys>;

AkaOutputs aka_functions(const AkaKeys& keys, const Block& rand, const Sqn& sqn, const Amf& amf);

Sqn sqn_from(std::uint64_t value);  // 48 bits, big endian
std::uint64_t sqn_value(const Sqn& sqn);

// Home environment (HSS)
struct Vector {
    Block rand{};
    std::array<std::uint8_t, 16> autn{};  // SQN xor AK || AMF || MAC-A
    std::array<std::uint8_t, 8> xres{};
    Key128 ck{}, ik{};
};
Vector generate_vector(const AkaKeys& keys, const Block& rand, std::uint64_t sqn, const Amf& amf);
// The SQN_MS in AUTS = SQN_MS xor AK* || MAC-S (6.3.3, AMF* = 0), or nothing if MAC-S is wrong.
std::optional<std::uint64_t> check_auts(const AkaKeys& keys, const Block& rand,
                                        const std::array<std::uint8_t, 14>& auts);

// TS 33.102 C.1.1.1, C.3.2: SQN = SEQ || IND, IND of 5 bits by default.
struct SqnScheme {
    unsigned ind_bits = 5;
    std::uint64_t delta = 1ULL << 28;  // C.2.1 limit of a jump in SEQ
    bool operator==(const SqnScheme&) const = default;
};
// The next SQN for array position `ind` after the highest one used (6.3.2, C.1.1.3).
std::uint64_t next_sqn(const SqnScheme& scheme, std::uint64_t last, unsigned ind);
// 6.3.5: after a correct AUTS the counter goes on from SQN_MS if the next SQN would not be accepted by the
// USIM.
std::uint64_t resynchronized_sqn(const SqnScheme& scheme, std::uint64_t sqn_he, std::uint64_t sqn_ms);

// USIM side (C.2): an array of SEQ by IND.
class SqnChecker {
  public:
    explicit SqnChecker(SqnScheme scheme = {})
        : scheme_{scheme}, seq_(std::size_t{1} << scheme.ind_bits, 0) {}
    bool accept(std::uint64_t sqn);       // false: out of range, SQN_MS stays
    std::uint64_t highest() const;        // SQN_MS
    void set_highest(std::uint64_t sqn);  // for tests and for restoring a card
  private:
    SqnScheme scheme_;
    std::vector<std::uint64_t> seq_;
};
struct UsimMacFailure {};
struct UsimSyncFailure {
    std::array<std::uint8_t, 14> auts{};
};
struct UsimSuccess {
    std::array<std::uint8_t, 8> res{};
    Key128 ck{}, ik{};
};
using UsimResult = std::variant<UsimSuccess, UsimSyncFailure, UsimMacFailure>;
UsimResult usim_authenticate(const AkaKeys& keys, SqnChecker& checker, const Block& rand,
                             const std::array<std::uint8_t, 16>& autn);

}  // namespace ims::crypto
