#include "tests/ue/shell/ladder.hpp"

#include "common/sip/message/message.hpp"

#include <algorithm>

namespace ims::ue {

namespace {

constexpr std::size_t width = 64;  // between the two lines

// "INVITE sip:bob@ims.exam.. (1)": the number is worth more than the end of a long URI.
std::string what(std::string_view text, std::size_t room) {
    const auto message = sip::Message::parse(text);
    if (!message) return std::string{text.substr(0, std::min(text.find('\r'), room))};
    const auto cseq = message->cseq();
    auto head = message->is_response()
                    ? std::to_string(message->status()) + " " + std::string{message->reason()}
                    : std::string{message->method_name()} + " " + message->request_uri().text();
    const auto tail = " (" + std::to_string(cseq.number) +
                      (message->is_response() ? " " + cseq.method_name : std::string{}) + ")";
    const auto left = room - std::min(room, tail.size());
    if (head.size() > left) head = head.substr(0, left - std::min<std::size_t>(left, 2)) + "..";
    return head + tail;
}

}  // namespace

void Ladder::heads(const IpEndpoint& ue, const IpEndpoint& pcscf) {
    const auto right = pcscf.text();
    std::fprintf(out_, "           UE %-*s%s P-CSCF\n", static_cast<int>(width - right.size() - 1),
                 ue.text().c_str(), right.c_str());
}

void Ladder::rung(double time, std::string_view message, bool outwards) {
    const auto label = " " + what(message, width - 10) + " ";
    const auto rest = width - 5 - std::min(width - 5, label.size());
    const auto line = (outwards ? "--" : "<-") + std::string{"-"} + label + std::string(rest, '-') +
                      (outwards ? "->" : "--");
    std::fprintf(out_, "%9.3f  |%s|\n", time, line.c_str());
    if (with_messages_) {
        while (!message.empty()) {
            const auto end = std::min(message.find('\n'), message.size());
            const auto one = message.substr(0, end);
            std::fprintf(out_, "             %.*s\n",
                         static_cast<int>(one.ends_with('\r') ? one.size() - 1 : one.size()), one.data());
            message.remove_prefix(std::min(end + 1, message.size()));
        }
        std::fputc('\n', out_);
    }
    std::fflush(out_);
}

void Ladder::sent(double time, std::string_view message) {
    rung(time, message, true);
}
void Ladder::received(double time, std::string_view message) {
    rung(time, message, false);
}

}  // namespace ims::ue
