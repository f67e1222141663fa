#pragma once
#include "common/diameter/codec/members.hpp"

namespace ims::diameter::codec {

// Appends AVPs to a message, as libfdproto would write them (tests/unit/diameter/by_libfdproto.hpp compares).
// Private to common/diameter/codec.
class Writer {
  public:
    static constexpr bool writes = true;

    explicit Writer(Octets& message) : Writer{message, 0} {}

    template <class T>
    void required(Avp avp, const T& v) {
        put(avp, v);
    }
    template <class T>
    void optional(Avp avp, const std::optional<T>& v) {
        if (v) put(avp, *v);
    }
    template <class T>
    void many(Avp avp, const std::vector<T>& values) {
        for (const auto& v : values) put(avp, v);
    }
    template <class T>
    void at_least_one(Avp avp, const std::vector<T>& values) {
        many(avp, values);
    }
    template <class T>
    void grouped_list(Avp group, Avp member, const std::vector<T>& values) {
        if (values.empty()) return;
        const auto at = begin(group);
        Writer{message_, at}.many(member, values);
        end(at);
    }
    template <class T>
    void number_of(Avp avp, const std::vector<T>& values) {
        if (!values.empty()) put(avp, static_cast<std::uint32_t>(values.size()));
    }
    void presence(Avp avp, bool present) {
        if (present) put(avp, std::uint32_t{0});
    }
    void mandatory_bit(bool mandatory);  // of the group being written

    void put(Avp avp, std::span<const std::uint8_t> octets);
    void put(Avp avp, std::string_view v) { put(avp, octets_of(v)); }
    void put(Avp avp, const std::string& v) { put(avp, octets_of(v)); }
    void put(Avp avp, const Octets& v) { put(avp, std::span<const std::uint8_t>{v}); }
    void put(Avp avp, std::uint32_t v);
    void put(Avp avp, std::uint64_t v);
    void put(Avp avp, const IpAddress& v);
    template <class Tag>
    void put(Avp avp, const Strong<Tag, std::string>& v) {
        put(avp, octets_of(v.value()));
    }
    template <class T>
    void put(Avp avp, const T& v) {
        if constexpr (std::is_enum_v<T>) {
            put(avp, static_cast<std::uint32_t>(v));
        } else {
            const auto at = begin(avp);
            Writer inner{message_, at};
            members(inner, v);
            end(at);
        }
    }

  private:
    Writer(Octets& message, std::size_t group) : message_{message}, group_{group} {}

    // The header of an AVP whose length is not known yet: where it begins. end() puts the length in.
    std::size_t begin(Avp avp);
    void end(std::size_t at);

    Octets& message_;
    std::size_t group_;  // where the AVP begins whose members are written; 0: the message itself
};

}  // namespace ims::diameter::codec
