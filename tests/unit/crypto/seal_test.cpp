#include "common/crypto/seal.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::crypto;

TEST_CASE("a sealed secret opens only with its key, its context and every octet of it") {
    SeededRandom random{1};
    const SealKey key{1, 2, 3};
    const auto plain = *unhex("465b5ce8b199b49faa5f0a2ee238a6bc");
    auto sealed = seal(key, plain, "authentication_data.k:42", random);
    CHECK(sealed.size() == 12 + plain.size() + 16);
    CHECK(unseal(key, sealed, "authentication_data.k:42") == plain);

    CHECK_FALSE(unseal(key, sealed, "authentication_data.k:43"));
    CHECK_FALSE(unseal(SealKey{1, 2, 4}, sealed, "authentication_data.k:42"));
    for (auto& octet : sealed) {
        octet ^= 0x10;
        CHECK_FALSE(unseal(key, sealed, "authentication_data.k:42"));
        octet ^= 0x10;
    }
    CHECK_FALSE(unseal(key, std::span{sealed}.first(27), ""));
    CHECK_FALSE(unseal(key, {}, ""));
}

TEST_CASE("the same secret sealed twice looks different, and an empty one can be sealed") {
    SystemRandom random;
    const SealKey key{9};
    CHECK(seal(key, octets_of("x"), "", random) != seal(key, octets_of("x"), "", random));
    const auto empty = seal(key, {}, "context", random);
    CHECK(unseal(key, empty, "context") == Octets{});
}
