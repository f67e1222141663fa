#include "common/crypto/uuid.hpp"

#include <catch2/catch.hpp>

using namespace ims::crypto;

TEST_CASE("a name based UUID is the one that others compute", "[RFC4122-4.3]") {
    const auto dns = parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    REQUIRE(dns);
    CHECK(uuid_text(name_based_uuid(*dns, "python.org")) == "886313e1-3b8a-5372-9b90-0c9aee199e5d");
}

TEST_CASE("a UUID is read as it is written, and nothing else", "[RFC4122-3]") {
    const auto uuid = parse_uuid("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6");
    REQUIRE(uuid);
    CHECK(uuid_text(*uuid) == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    for (const auto* wrong :
         {"", "f81d4fae7dec11d0a76500a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
          "f81d4fae-7dec-11d0-a765-00a0c91e6bfg", "f81d4fae-7dec-11d0-a76500a0c91e6bf6--"})
        CHECK_FALSE(parse_uuid(wrong));
}
