#include "by_libfdproto.hpp"

#include "common/diameter/codec/commands.hpp"
#include "common/diameter/codec/dictionary.hpp"
#include "common/diameter/codec/header.hpp"
#include "common/diameter/codec/members.hpp"
#include "common/diameter/codec/scan.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <tuple>

#include <boost/container/small_vector.hpp>
#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

namespace ims::diameter::by_libfdproto {

using namespace codec;

namespace {

struct FreeMessage {
    void operator()(msg* m) const { fd_msg_free(m); }
};
using OwnedMessage = std::unique_ptr<msg, FreeMessage>;
struct FreeOctets {
    void operator()(std::uint8_t* o) const { std::free(o); }
};

// Builds one level of a message in libfdproto.
class Writer {
  public:
    static constexpr bool writes = true;

    explicit Writer(void* parent) : parent_{parent} {}

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
        Writer inner{open_group(group)};
        inner.many(member, values);
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
            Writer inner{open_group(avp)};
            members(inner, v);
        }
    }

    void* open_group(Avp avp);

  private:
    void* parent_;
};

// Reads one level of a message that libfdproto has parsed.
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

OwnedMessage make(const Header& header, std::uint32_t code, std::uint32_t application, bool request) {
    msg* m = nullptr;
    if (fd_msg_new(Dictionary::get().command(code, request), 0, &m) != 0) throw std::bad_alloc{};
    OwnedMessage owned{m};
    msg_hdr* h = nullptr;
    fd_msg_hdr(m, &h);
    h->msg_appl = application;
    h->msg_hbhid = header.hop_by_hop;
    h->msg_eteid = header.end_to_end;
    if (request && header.retransmitted) h->msg_flags |= flag_retransmitted;
    return owned;
}

Octets finish(const OwnedMessage& message, const std::vector<Octets>& proxy_info) {
    std::uint8_t* buffer = nullptr;
    std::size_t length = 0;
    must(fd_msg_bufferize(message.get(), &buffer, &length));
    const std::unique_ptr<std::uint8_t, FreeOctets> owned{buffer};
    Octets octets(buffer, buffer + length);
    for (const auto& avp : proxy_info) {
        octets.insert(octets.end(), avp.begin(), avp.end());
        octets.resize(padded(octets.size()));
        put_u24(octets, 1, octets.size());
    }
    return octets;
}

struct Command {
    std::uint32_t code;
    bool request;
};
Command command_of(const BaseCommand& command) {
    return std::visit(overloaded{
                          [](const CapabilitiesExchangeRequest&) {
                              return Command{command_cer, true};
                          },
                          [](const CapabilitiesExchangeAnswer&) {
                              return Command{command_cer, false};
                          },
                          [](const DisconnectPeerRequest&) {
                              return Command{command_dpr, true};
                          },
                          [](const DisconnectPeerAnswer&) {
                              return Command{command_dpr, false};
                          },
                          [](const DeviceWatchdogRequest&) {
                              return Command{command_dwr, true};
                          },
                          [](const DeviceWatchdogAnswer&) {
                              return Command{command_dwr, false};
                          },
                      },
                      command);
}
Malformed refuse(const Header& header, const Head& head, ReadFault fault) {
    Malformed m;
    m.code = fault.code;
    m.detail = std::move(fault.detail);
    m.answer = header.request;
    m.header = header;
    m.session_id = head.session_id;
    m.proxy_info = head.proxy_info;
    m.failed_avp = std::move(fault.failed_avp);
    return m;
}

// libfdproto takes the buffer over, and frees it with the message.
OwnedMessage parse(std::span<const std::uint8_t> octets) {
    auto* buffer = static_cast<std::uint8_t*>(std::malloc(octets.size()));
    if (!buffer) throw std::bad_alloc{};
    std::memcpy(buffer, octets.data(), octets.size());
    msg* m = nullptr;
    if (fd_msg_parse_buffer(&buffer, octets.size(), &m) != 0) {
        std::free(buffer);
        return {};
    }
    OwnedMessage message{m};
    fd_pei error{};
    const int failed = fd_msg_parse_dict(m, Dictionary::get().handle(), &error);
    if (error.pei_avp_free && error.pei_avp) fd_msg_free(error.pei_avp);
    return failed == 0 ? std::move(message) : OwnedMessage{};
}

}  // namespace

Octets encode(const Header& header, const Head& head, const cx::Request& request) {
    const auto message = make(header, first_cx_command + static_cast<std::uint32_t>(request.index()),
                              cx::application_id, true);
    Writer out{message.get()};
    put_cx_request(out, head, request);
    return finish(message, head.proxy_info);
}

Octets encode(const Header& header, const Head& head, const cx::Answer& answer) {
    const auto message = make(header, first_cx_command + static_cast<std::uint32_t>(answer.index()),
                              cx::application_id, false);
    Writer out{message.get()};
    put_cx_answer(out, head, answer);
    auto octets = finish(message, head.proxy_info);
    if (const auto* code = std::get_if<ResultCode>(&cx::result(answer)); code && is_protocol_error(*code))
        octets[4] |= flag_error;
    return octets;
}

Octets encode(const Header& header, const BaseCommand& command) {
    const auto [code, request] = command_of(command);
    const auto message = make(header, code, common_messages, request);
    Writer out{message.get()};
    std::visit([&out](const auto& c) { members(out, c); }, command);
    auto octets = finish(message, {});
    if (const auto* cea = std::get_if<CapabilitiesExchangeAnswer>(&command);
        cea && is_protocol_error(cea->result_code))
        octets[4] |= flag_error;
    return octets;
}

ims::Result<Message, Malformed> decode(std::span<const std::uint8_t> octets) {
    auto scanned = scan(octets);
    if (!scanned) return scanned.error();

    Message m;
    m.header = scanned->header;
    for (const auto& avp : scanned->avps)
        if (avp.definition && avp.definition->avp == Avp::ProxyInfo)
            m.head.proxy_info.emplace_back(avp.octets.begin(), avp.octets.end());

    const auto parsed = parse(octets);
    if (!parsed) return refuse(m.header, m.head, {ResultCode::UnableToComply, {}, "refused by the parser"});
    std::optional<ReadFault> fault;
    Reader in{parsed.get(), scanned->avps, fault};
    read(in, m, fault);
    if (fault) return refuse(m.header, m.head, std::move(*fault));
    return m;
}

bool same(const ims::Result<Message, Malformed>& a, const ims::Result<Message, Malformed>& b) {
    if (a.has_value() != b.has_value()) return false;
    if (a) return a->header == b->header && a->head == b->head && a->content == b->content;
    const auto facts = [](const Malformed& m) {
        return std::tie(m.code, m.detail, m.answer, m.close, m.header, m.session_id, m.proxy_info,
                        m.failed_avp);
    };
    return facts(a.error()) == facts(b.error());
}

}  // namespace ims::diameter::by_libfdproto
