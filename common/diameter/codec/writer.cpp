#include "common/diameter/codec/writer.hpp"

#include "common/diameter/codec/dictionary.hpp"

#include <algorithm>
#include <array>
#include <new>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

namespace ims::diameter::codec {

namespace {

// libfdproto's building functions fail on misuse, which our templates exclude, and when memory is short.
void must(int error) {
    if (error != 0) throw std::bad_alloc{};
}

avp* add(void* parent, Avp id, avp_value* value) {
    avp* a = nullptr;
    must(fd_msg_avp_new(Dictionary::get().model(id), 0, &a));
    if (value) must(fd_msg_avp_setvalue(a, value));
    must(fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, a));
    return a;
}

}  // namespace

void Writer::put(Avp id, std::span<const std::uint8_t> octets) {
    static std::uint8_t nothing = 0;
    avp_value value{};
    value.os.data =
        octets.empty() ? &nothing : const_cast<std::uint8_t*>(octets.data());  // copied by setvalue
    value.os.len = octets.size();
    add(parent_, id, &value);
}

void Writer::put(Avp id, std::uint32_t v) {
    if (definition(id).type == Type::Time) {
        const std::array<std::uint8_t, 4> octets{
            static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16),
            static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)};
        return put(id, std::span<const std::uint8_t>{octets});
    }
    avp_value value{};
    value.u32 = v;  // i32 of an Enumerated shares its place
    add(parent_, id, &value);
}

void Writer::put(Avp id, std::uint64_t v) {
    avp_value value{};
    value.u64 = v;
    add(parent_, id, &value);
}

// RFC 6733 4.3.1 Address: the family of IANA's Address Family Numbers, then the address.
void Writer::put(Avp id, const IpAddress& v) {
    std::array<std::uint8_t, 18> octets{};
    octets[1] = v.is_v6() ? 2 : 1;
    const auto address = v.octets();
    std::copy(address.begin(), address.end(), octets.begin() + 2);
    put(id, std::span<const std::uint8_t>{octets}.first(2 + address.size()));
}

void Writer::mandatory_bit(bool mandatory) {
    if (!mandatory) return;
    avp_hdr* header = nullptr;
    must(fd_msg_avp_hdr(static_cast<avp*>(parent_), &header));
    header->avp_flags |= AVP_FLAG_MANDATORY;
}

void* Writer::open_group(Avp id) {
    return add(parent_, id, nullptr);
}

}  // namespace ims::diameter::codec
