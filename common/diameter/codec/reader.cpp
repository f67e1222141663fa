#include "common/diameter/codec/reader.hpp"

#include "common/diameter/codec/header.hpp"

#include <algorithm>
#include <array>

namespace ims::diameter::codec {

Reader::Reader(const RawAvp& group, std::optional<ReadFault>& fault) : group_{&group}, fault_{&fault} {
    for (auto rest = group.value(); !rest.empty();) of_group_.push_back(take_avp(rest));
    avps_ = of_group_;
}

const RawAvp* Reader::only(Avp avp) {
    const auto is_it = [&](const RawAvp& each) { return each.is(avp); };
    const auto first = std::find_if(avps_.begin(), avps_.end(), is_it);
    if (first == avps_.end()) return nullptr;
    const auto second = std::find_if(first + 1, avps_.end(), is_it);
    if (second != avps_.end() && !*fault_) {
        // RFC 6733 7.1.5: the first instance beyond the allowed number; of what is in a group, an example.
        const auto octets = second->octets;
        *fault_ = ReadFault{ResultCode::AvpOccursTooManyTimes,
                            group_ == nullptr ? Octets(octets.begin(), octets.end()) : example(avp),
                            std::string{definition(avp).name} + " occurs more than once"};
    }
    return &*first;
}

void Reader::missing(Avp avp) {
    if (*fault_) return;
    *fault_ =
        ReadFault{ResultCode::MissingAvp, example(avp), std::string{definition(avp).name} + " is missing"};
}

void Reader::get(const RawAvp& avp, std::uint32_t& v) {
    v = u32(avp.value());
}

void Reader::get(const RawAvp& avp, std::uint64_t& v) {
    const auto o = avp.value();
    v = std::uint64_t{u32(o)} << 32 | u32(o.subspan(4));
}

void Reader::get(const RawAvp& avp, IpAddress& v) {
    const auto o = avp.value();  // its length was checked against its family
    if (o.size() == 6) v = IpAddress::v4({o[2], o[3], o[4], o[5]});
    if (o.size() == 18) {
        std::array<std::uint8_t, 16> address{};
        std::copy(o.begin() + 2, o.end(), address.begin());
        v = IpAddress::v6(address);
    }
}

}  // namespace ims::diameter::codec
