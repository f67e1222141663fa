// Against iproute2: what one end makes by hand, with the words of `ip xfrm`, must understand what we make.
#include "tests/kernel/ipsec/world.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;
using ipsec::Encryption, ipsec::Integrity;

namespace {

// TS 33.203 annex I in the kernel's words, for IK 0001..0f and CK f0f1..ff; the salts by openssl dgst -mac
// HMAC.
constexpr std::array<std::uint8_t, 16> ik{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr std::array<std::uint8_t, 16> ck{0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
                                          0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
const std::string ik_text = "0x000102030405060708090a0b0c0d0e0f",
                  ck_text = "0xf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
const std::string sha1 = "auth-trunc 'hmac(sha1)' " + ik_text + "00000000 96 ";
const std::string md5 = "auth-trunc 'hmac(md5)' " + ik_text + " 96 ";
const std::string aes = "enc 'cbc(aes)' " + ck_text;
const std::string des3 = "enc 'cbc(des3_ede)' " + ck_text + "f0f1f2f3f4f5f6f7";
const std::string null = "enc 'ecb(cipher_null)' ''";

const std::vector<std::pair<ipsec::Transform, std::string>> words{
    {{Integrity::HmacMd5_96, Encryption::Null}, md5 + null},
    {{Integrity::HmacMd5_96, Encryption::DesEde3Cbc}, md5 + des3},
    {{Integrity::HmacMd5_96, Encryption::AesCbc}, md5 + aes},
    {{Integrity::HmacSha1_96, Encryption::Null}, sha1 + null},
    {{Integrity::HmacSha1_96, Encryption::DesEde3Cbc}, sha1 + des3},
    {{Integrity::HmacSha1_96, Encryption::AesCbc}, sha1 + aes},
    {{Integrity::AesGmac, Encryption::Null}, "aead 'rfc4543(gcm(aes))' " + ik_text + "7fe4b555 128"},
    {{Integrity::Null, Encryption::AesGcm}, "aead 'rfc4106(gcm(aes))' " + ck_text + "1f4b3323 128"}};

// The UE's four states and policies.
void by_hand(const Host& host, const SaSet& ue, const std::string& algorithms) {
    std::string all = "true";  // one shell for all: forking is slow there
    for (const auto& a : associations(ue)) {
        const auto from = a.source.address.text(), to = a.destination.address.text();
        const auto spi = std::to_string(a.spi);
        all += (" && ip xfrm state add src " + from + " dst " + to + " proto esp spi " + spi + " reqid " +
                spi + " mode transport replay-window 32 " + algorithms);
        all += (" && ip xfrm policy add dir " + std::string{a.inbound ? "in" : "out"} + " src " + from +
                " dst " + to + " sport " + std::to_string(a.source.port) + " dport " +
                std::to_string(a.destination.port) + " tmpl src " + from + " dst " + to +
                " proto esp reqid " + spi + " mode transport");
    }
    host.run(all);
}

}  // namespace

TEST_CASE("a UE made with ip xfrm and a P-CSCF made by us understand each other, with each transform",
          "[TS33.203-7.1][TS33.203-I]") {
    Street street;
    for (const auto family : families) {
        for (const auto& [transform, algorithms] : words) {
            CAPTURE(transform.text(), family == IpAddress::Family::V6);
            const auto ends = Street::ends(family, transform);
            auto order = install(ends.pcscf);
            order.keys = expand(transform, ik, ck);
            REQUIRE(text(street.pcscf.install(order)) == "done");
            by_hand(street.ue_host, ends.ue, algorithms);
            const auto& p = ends.pcscf.own;
            const auto& u = ends.pcscf.peer;
            const auto pcscf_server = udp(street.pcscf_host, {p.address, p.server_port});
            const auto pcscf_client = udp(street.pcscf_host, {p.address, p.client_port});
            const auto ue_server = udp(street.ue_host, {u.address, u.server_port});
            const auto ue_client = udp(street.ue_host, {u.address, u.client_port});
            CHECK(send(ue_client, {p.address, p.server_port}, "REGISTER"));
            CHECK(receive(pcscf_server) == "REGISTER");
            CHECK(send(pcscf_client, {u.address, u.server_port}, "200"));
            CHECK(receive(ue_server) == "200");
            CHECK(text(street.pcscf.remove({.set = ends.pcscf})) == "done");
            CHECK(text(street.ue.remove({.set = ends.ue})) == "done");
        }
    }
    CHECK(*street.ue.count() == ipsec::Count{0, 0});
}
