#include "common/diameter/codec/judge.hpp"

#include "common/diameter/codec/dictionary.hpp"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

namespace ims::diameter::codec {

bool libfdproto_accepts(std::span<const std::uint8_t> octets) {
    // It takes the buffer over, and frees it with the message.
    auto* buffer = static_cast<std::uint8_t*>(std::malloc(octets.size()));
    if (!buffer) throw std::bad_alloc{};
    std::memcpy(buffer, octets.data(), octets.size());
    msg* m = nullptr;
    if (fd_msg_parse_buffer(&buffer, octets.size(), &m) != 0) {
        std::free(buffer);
        return false;
    }
    const auto free_message = [](msg* message) { fd_msg_free(message); };
    const std::unique_ptr<msg, decltype(free_message)> message{m};
    fd_pei error{};
    const int failed = fd_msg_parse_dict(m, Dictionary::get().handle(), &error);
    if (error.pei_avp_free && error.pei_avp) fd_msg_free(error.pei_avp);
    return failed == 0;
}

}  // namespace ims::diameter::codec
