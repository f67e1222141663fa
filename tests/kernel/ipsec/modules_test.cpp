// Before any module is loaded, on a kernel that cannot load them by itself: what each failure is called.
#include "tests/kernel/ipsec/world.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;
using Kind = ipsec::Failure::Kind;

namespace {

// The verdict on each transform over IPv4.
std::vector<ipsec::Ability> probe(const Host& host) {
    auto abilities = host.kernel().probe();
    std::erase_if(abilities, [](const auto& a) { return a.family == IpAddress::Family::V6; });
    return abilities;
}

bool says(const ipsec::Ability& ability, Kind kind, const std::string& word) {
    INFO(ability.transform.text() << ": " << text(ability.missing));
    CHECK(ability.missing.has_value());
    return ability.missing && ability.missing->kind == kind &&
           ability.missing->text.find(word) != std::string::npos;
}

bool is_usable(const ipsec::Transform& transform) {
    const auto usable = usable_transforms();
    return std::find(usable.begin(), usable.end(), transform) != usable.end();
}

}  // namespace

TEST_CASE("what is missing in a kernel is told by its module's name, one after the other", "[no-modules]") {
    using ipsec::Encryption, ipsec::Integrity;
    const Host host{"bare"};
    const auto opened = host.in([] { return ipsec::Kernel::open(); });
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().kind == Kind::NoXfrm);
    CHECK(opened.error().text.find("xfrm_user") != std::string::npos);

    // Neither algorithms nor ESP.
    run("modprobe -d /run/modules xfrm_user");
    for (const auto& a : probe(host)) {
        if (!is_usable(a.transform)) continue;
        const bool gcm =
            a.transform.encryption == Encryption::AesGcm || a.transform.integrity == Integrity::AesGmac;
        CHECK(says(a, Kind::Algorithm, gcm ? "gcm" : "hmac"));
        CHECK(says(a, Kind::Algorithm, a.transform.text()));
    }

    // The algorithms, but no ESP: IPv6 is not there at all.
    for (const auto* module : {"hmac", "md5", "sha1_generic", "cbc", "des_generic", "aes_generic",
                               "crypto_null", "gcm", "ghash_generic", "ctr", "ccm"})
        static_cast<void>(runs(std::string{"modprobe -d /run/modules "} + module));  // some are built in
    for (const auto& a : host.kernel().probe())
        if (is_usable(a.transform))
            CHECK(says(a, Kind::Module, a.family == IpAddress::Family::V6 ? "esp6" : "esp4"));

    // ESP, but not what joins cipher and hash, or makes initialization vectors.
    run("modprobe -d /run/modules esp4");
    for (const auto& a : probe(host)) {
        if (!is_usable(a.transform)) continue;
        const bool gcm =
            a.transform.encryption == Encryption::AesGcm || a.transform.integrity == Integrity::AesGmac;
        CHECK(says(a, Kind::Module, gcm ? "seqiv" : "authenc"));
    }
    for (const auto* module : {"authenc", "seqiv", "sha512_generic", "drbg"})
        run(std::string{"modprobe -d /run/modules "} + module);
    for (const auto& a : probe(host)) {
        if (!is_usable(a.transform)) continue;
        const bool cbc =
            a.transform.encryption == Encryption::AesCbc || a.transform.encryption == Encryption::DesEde3Cbc;
        if (cbc)
            CHECK(says(a, Kind::Module, "echainiv"));
        else
            CHECK(text(a.missing) == "done");
    }
    run("modprobe -d /run/modules echainiv");
    for (const auto& a : probe(host)) CHECK(!a.missing == is_usable(a.transform));
    CHECK(*host.kernel().count() == ipsec::Count{0, 0});
}
