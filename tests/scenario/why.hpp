#pragma once
#include "tests/support/world/why.hpp"

#include <string>
#include <string_view>

namespace ims::world {

inline crypto::MilenageKeys& milenage(ue::Config& c) {
    return std::get<crypto::MilenageKeys>(std::get<ue::Card>(c.credentials).keys);
}

// A phone that is no test UE says something to the P-CSCF.
inline void says(World& world, const std::string& phone, std::string text) {
    world.on<Node>(phone, [&](Node&, TimePoint, Effects& out) {
        out.emplace_back(sip::Transmit{
            0, sip::make_buffer(std::move(text)),
            sip::Target{sip::Transport::Udp, *IpEndpoint::parse("127.0.1.10:5060"), std::nullopt}});
    });
}

// Its first REGISTER; `more` are further header lines, `via` is what it believes to be.
inline std::string a_register(const std::string& imsi, unsigned cseq, std::string_view more = {},
                              const std::string& via = "127.0.2.1:5060") {
    const auto domain = std::string{home};
    const auto impu = "sip:" + imsi + "@" + domain;
    return "REGISTER sip:" + domain + " SIP/2.0\r\nVia: SIP/2.0/UDP " + via + ";branch=z9hG4bKr" +
           std::to_string(cseq) + ";rport\r\nMax-Forwards: 70\r\nFrom: <" + impu + ">;tag=t\r\nTo: <" + impu +
           ">\r\nCall-ID: raw-" + imsi + "\r\nCSeq: " + std::to_string(cseq) +
           " REGISTER\r\nContact: <sip:" + imsi + "@" + via +
           ">;expires=3600\r\nAuthorization: Digest username=\"" + imsi + "@" + domain + "\",realm=\"" +
           domain + "\",nonce=\"\",uri=\"sip:" + domain + "\",response=\"\"\r\n" + std::string{more} +
           "Content-Length: 0\r\n\r\n";
}

}  // namespace ims::world
