#pragma once
#include "common/diameter/codec/members.hpp"
#include "common/diameter/codec/scan.hpp"

#include <boost/container/small_vector.hpp>

struct avp;

namespace ims::diameter::codec {

// The first thing that was wrong in a message whose octets are sound.
struct ReadFault {
    ResultCode code;
    Octets failed_avp;
    std::string detail;
};

// Reads one level of a message that libfdproto has parsed. Private to common/diameter/codec.
class Reader {
  public:
    static constexpr bool writes = false;

    // A whole message; `raw`: the same AVPs as octets, for Failed-AVP.
    Reader(void* message, std::span<const RawAvp> raw, std::optional<ReadFault>& fault);
    // What is in a Grouped AVP.
    Reader(void* group, std::optional<ReadFault>& fault);

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
        for (const auto& child : children_)
            if (child.avp == avp) get(child, values.emplace_back());
    }
    template <class T>
    void at_least_one(Avp avp, std::vector<T>& values) {
        many(avp, values);
        if (values.empty()) missing(avp);
    }
    template <class T>
    void grouped_list(Avp group, Avp member, std::vector<T>& values) {
        if (const auto* found = only(group)) Reader{found->handle, *fault_}.many(member, values);
    }
    template <class T>
    void number_of(Avp, std::vector<T>&) {}  // the items speak for themselves
    void presence(Avp avp, bool& present) { present = only(avp) != nullptr; }
    void mandatory_bit(bool& mandatory) const { mandatory = mandatory_; }

  private:
    struct Child {
        Avp avp;  // Avp::Count: unknown
        void* handle;
        std::size_t index;
    };

    void collect(void* parent);
    const Child* only(Avp avp);  // nullptr: absent; a second one is a fault
    void missing(Avp avp);

    void get(const Child& child, std::string& v) const;
    void get(const Child& child, Octets& v) const;
    void get(const Child& child, std::uint32_t& v) const;
    void get(const Child& child, std::uint64_t& v) const;
    void get(const Child& child, IpAddress& v) const;
    template <class Tag>
    void get(const Child& child, Strong<Tag, std::string>& v) const {
        std::string text;
        get(child, text);
        v = Strong<Tag, std::string>{std::move(text)};
    }
    template <class T>
    void get(const Child& child, T& v) const {
        if constexpr (std::is_enum_v<T>) {
            std::uint32_t number = 0;
            get(child, number);
            v = static_cast<T>(number);
        } else {
            Reader inner{child.handle, *fault_};
            members(inner, v);
        }
    }

    boost::container::small_vector<Child, 24> children_;
    std::span<const RawAvp> raw_;
    std::optional<ReadFault>* fault_;
    bool mandatory_ = false;
};

}  // namespace ims::diameter::codec
