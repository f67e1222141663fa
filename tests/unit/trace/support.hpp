#pragma once
#include "common/trace/memory.hpp"
#include "common/trace/question.hpp"

#include <string>

#include <nlohmann/json.hpp>

namespace ims::trace::test {

inline const sip::Flow flow{sip::Transport::Udp, *IpEndpoint::parse("192.0.2.1:5060"),
                            *IpEndpoint::parse("192.0.2.9:5060"), 0};

inline WallClock at(int seconds) {
    return WallClock{std::chrono::seconds{1'000'000 + seconds}};
}

// A request as a P-CSCF sees it; `more` are further header lines.
inline std::string request(std::string_view method, std::string_view from, std::string_view to,
                           std::string_view call_id, std::string_view more = {}) {
    std::string text{method};
    text += " sip:ims.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <";
    text += from;
    text += ">;tag=1\r\nTo: <";
    text += to;
    text += ">\r\nCall-ID: ";
    text += call_id;
    text += "\r\nCSeq: 1 ";
    text += method;
    text += "\r\n";
    text += more;
    return text + "Content-Length: 0\r\n\r\n";
}

inline Event received(std::string text) {
    return sip::Received{sip::make_buffer(std::move(text)), flow, {}};
}
inline Effect sent(std::string text, std::uint64_t id = 0) {
    return sip::Transmit{id, sip::make_buffer(std::move(text)), flow};
}

inline nlohmann::json ask(const Memory& memory, std::vector<std::string> keys,
                          Question::Options options = {}) {
    Question question{memory, std::move(keys), options};
    return nlohmann::json::parse(question.answer());
}

}  // namespace ims::trace::test
