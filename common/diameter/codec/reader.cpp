#include "common/diameter/codec/reader.hpp"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

namespace ims::diameter::codec {

namespace {

const avp_hdr& header_of(void* handle) {
    avp_hdr* header = nullptr;
    fd_msg_avp_hdr(static_cast<avp*>(handle), &header);
    return *header;
}

std::span<const std::uint8_t> octets(void* handle) {
    const auto* value = header_of(handle).avp_value;
    if (!value) return {};
    return {value->os.data, value->os.len};
}

}  // namespace

Reader::Reader(void* message, std::span<const RawAvp> raw, std::optional<ReadFault>& fault)
    : raw_{raw}, fault_{&fault} {
    collect(message);
}

Reader::Reader(void* group, std::optional<ReadFault>& fault)
    : fault_{&fault}, mandatory_{(header_of(group).avp_flags & AVP_FLAG_MANDATORY) != 0} {
    collect(group);
}

void Reader::collect(void* parent) {
    msg_or_avp* child = nullptr;
    for (fd_msg_browse_internal(parent, MSG_BRW_FIRST_CHILD, &child, nullptr); child != nullptr;) {
        const auto& h = header_of(child);
        const auto* d = find(h.avp_code, (h.avp_flags & AVP_FLAG_VENDOR) != 0 ? h.avp_vendor : 0);
        children_.push_back({d ? d->avp : Avp::Count, child, children_.size()});
        msg_or_avp* next = nullptr;
        fd_msg_browse_internal(child, MSG_BRW_NEXT, &next, nullptr);
        child = next;
    }
}

const Reader::Child* Reader::only(Avp avp) {
    const Child* found = nullptr;
    for (const auto& child : children_) {
        if (child.avp != avp) continue;
        if (!found) {
            found = &child;
            continue;
        }
        if (!*fault_) {
            // RFC 6733 7.1.5: the first instance beyond the allowed number.
            Octets second = example(avp);
            if (child.index < raw_.size())
                second.assign(raw_[child.index].octets.begin(), raw_[child.index].octets.end());
            *fault_ = ReadFault{ResultCode::AvpOccursTooManyTimes, std::move(second),
                                std::string{definition(avp).name} + " occurs more than once"};
        }
        break;
    }
    return found;
}

void Reader::missing(Avp avp) {
    if (*fault_) return;
    *fault_ =
        ReadFault{ResultCode::MissingAvp, example(avp), std::string{definition(avp).name} + " is missing"};
}

void Reader::get(const Child& child, std::string& v) const {
    v = text_of(octets(child.handle));
}

void Reader::get(const Child& child, Octets& v) const {
    const auto o = octets(child.handle);
    v.assign(o.begin(), o.end());
}

void Reader::get(const Child& child, std::uint32_t& v) const {
    const auto* value = header_of(child.handle).avp_value;
    if (!value) return;
    if (definition(child.avp).type != Type::Time) {
        v = value->u32;
        return;
    }
    v = 0;
    for (const auto o : octets(child.handle)) v = v << 8 | o;
}

void Reader::get(const Child& child, std::uint64_t& v) const {
    if (const auto* value = header_of(child.handle).avp_value) v = value->u64;
}

void Reader::get(const Child& child, IpAddress& v) const {
    const auto o = octets(child.handle);  // its length was checked against its family
    if (o.size() == 6) v = IpAddress::v4({o[2], o[3], o[4], o[5]});
    if (o.size() == 18) {
        std::array<std::uint8_t, 16> address{};
        std::copy(o.begin() + 2, o.end(), address.begin());
        v = IpAddress::v6(address);
    }
}

}  // namespace ims::diameter::codec
