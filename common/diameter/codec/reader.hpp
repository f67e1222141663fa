#pragma once
#include "common/diameter/codec/members.hpp"
#include "common/diameter/codec/scan.hpp"

#include <boost/container/small_vector.hpp>

namespace ims::diameter::codec {

// The first thing that was wrong in a message whose octets are sound.
struct ReadFault {
    ResultCode code;
    Octets failed_avp;
    std::string detail;
};

// Reads one level of a message that scan() has been through, so that every length and value is what its type
// wants. Private to common/diameter/codec.
class Reader {
  public:
    static constexpr bool writes = false;

    // A whole message, by the AVPs of its top level.
    Reader(std::span<const RawAvp> avps, std::optional<ReadFault>& fault) : avps_{avps}, fault_{&fault} {}
    // What is in a Grouped AVP.
    Reader(const RawAvp& group, std::optional<ReadFault>& fault);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    template <class T>
    void required(Avp avp, T& v) {
        const auto* found = only(avp);
        if (!found) return missing(avp);
        get(*found, v);
    }
    template <class T>
    void optional(Avp avp, std::optional<T>& v) {
        if (const auto* found = only(avp)) get(*found, v.emplace());
    }
    template <class T>
    void many(Avp avp, std::vector<T>& values) {
        for (const auto& each : avps_)
            if (each.is(avp)) get(each, values.emplace_back());
    }
    template <class T>
    void at_least_one(Avp avp, std::vector<T>& values) {
        many(avp, values);
        if (values.empty()) missing(avp);
    }
    template <class T>
    void grouped_list(Avp group, Avp member, std::vector<T>& values) {
        if (const auto* found = only(group)) Reader{*found, *fault_}.many(member, values);
    }
    template <class T>
    void number_of(Avp, std::vector<T>&) {}  // the items speak for themselves
    void presence(Avp avp, bool& present) { present = only(avp) != nullptr; }
    void mandatory_bit(bool& mandatory) const { mandatory = group_ != nullptr && group_->mandatory; }

  private:
    const RawAvp* only(Avp avp);  // nullptr: absent; a second one is a fault
    void missing(Avp avp);

    static void get(const RawAvp& avp, std::string& v) { v = text_of(avp.value()); }
    static void get(const RawAvp& avp, Octets& v) { v.assign(avp.value().begin(), avp.value().end()); }
    static void get(const RawAvp& avp, std::uint32_t& v);
    static void get(const RawAvp& avp, std::uint64_t& v);
    static void get(const RawAvp& avp, IpAddress& v);
    template <class Tag>
    static void get(const RawAvp& avp, Strong<Tag, std::string>& v) {
        v = Strong<Tag, std::string>{std::string{text_of(avp.value())}};
    }
    template <class T>
    void get(const RawAvp& avp, T& v) const {
        if constexpr (std::is_enum_v<T>) {
            std::uint32_t number = 0;
            get(avp, number);
            v = static_cast<T>(number);
        } else {
            Reader inner{avp, *fault_};
            members(inner, v);
        }
    }

    std::span<const RawAvp> avps_;
    const RawAvp* group_ = nullptr;  // whose AVPs they are; nullptr: the message's
    boost::container::small_vector<RawAvp, 12> of_group_;
    std::optional<ReadFault>* fault_;
};

}  // namespace ims::diameter::codec
