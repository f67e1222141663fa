#include "common/diameter/codec/dictionary.hpp"

#include "common/diameter/codec/scan.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

namespace ims::diameter::codec {

namespace {

// What libfdproto has to say about our peers' octets we say ourselves, with a Malformed.
void no_log(int, const char*, va_list) {}

// Our own dictionary cannot fail to load on any input; if it does, the library is not the one we were built
// for.
void must(int error, const char* what) {
    if (error == 0) return;
    std::fprintf(stderr, "libfdproto: %s: error %d\n", what, error);
    std::abort();
}

dict_avp_basetype base_type(Type type) {
    switch (type) {
        case Type::OctetString:
        case Type::Utf8String:
        case Type::DiameterIdentity:
        case Type::DiameterUri:
        case Type::Address:
        case Type::Time: return AVP_TYPE_OCTETSTRING;
        case Type::Unsigned32: return AVP_TYPE_UNSIGNED32;
        case Type::Unsigned64: return AVP_TYPE_UNSIGNED64;
        case Type::Integer32:
        case Type::Enumerated: return AVP_TYPE_INTEGER32;
        case Type::Grouped: return AVP_TYPE_GROUPED;
    }
    return AVP_TYPE_OCTETSTRING;
}

char* mutable_name(const char* literal) {
    return const_cast<char*>(literal);
}  // libfdproto copies it

}  // namespace

Dictionary::Dictionary() {
    must(fd_log_handler_register(no_log), "fd_log_handler_register");
    must(fd_libproto_init(), "fd_libproto_init");
    must(fd_dict_init(&handle_), "fd_dict_init");

    for (auto [id, name] : {std::pair{10415U, "3GPP"}, std::pair{13019U, "ETSI"}}) {
        dict_vendor_data data{id, mutable_name(name)};
        must(fd_dict_new(handle_, DICT_VENDOR, &data, nullptr, nullptr), name);
    }
    for (const auto& d : definitions()) {
        dict_avp_data data{};
        data.avp_code = d.code;
        data.avp_vendor = d.vendor;
        data.avp_name = mutable_name(d.name);
        data.avp_flag_mask = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY;
        data.avp_flag_val = static_cast<std::uint8_t>((d.vendor != 0 ? AVP_FLAG_VENDOR : 0) |
                                                      (d.mandatory ? AVP_FLAG_MANDATORY : 0));
        data.avp_basetype = base_type(d.type);
        must(fd_dict_new(handle_, DICT_AVP, &data, nullptr, &avps_[static_cast<std::size_t>(d.avp)]), d.name);
    }

    dict_application_data application{cx::application_id, mutable_name("3GPP Cx/Dx")};
    must(fd_dict_new(handle_, DICT_APPLICATION, &application, nullptr, nullptr), "Cx");
    struct Names {
        std::uint32_t code;
        const char *request, *answer;
        bool proxiable;
    };
    static constexpr std::array<Names, 9> names{{
        {command_cer, "Capabilities-Exchange-Request", "Capabilities-Exchange-Answer", false},
        {command_dwr, "Device-Watchdog-Request", "Device-Watchdog-Answer", false},
        {command_dpr, "Disconnect-Peer-Request", "Disconnect-Peer-Answer", false},
        {300, "User-Authorization-Request", "User-Authorization-Answer", true},
        {301, "Server-Assignment-Request", "Server-Assignment-Answer", true},
        {302, "Location-Info-Request", "Location-Info-Answer", true},
        {303, "Multimedia-Auth-Request", "Multimedia-Auth-Answer", true},
        {304, "Registration-Termination-Request", "Registration-Termination-Answer", true},
        {305, "Push-Profile-Request", "Push-Profile-Answer", true},
    }};
    static_assert(names.size() == std::tuple_size_v<decltype(commands_)>);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& n = names[i];
        const auto add = [&](const char* name, bool request, dict_object** object) {
            dict_cmd_data data{};
            data.cmd_code = n.code;
            data.cmd_name = mutable_name(name);
            data.cmd_flag_mask = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE;
            data.cmd_flag_val = static_cast<std::uint8_t>((request ? CMD_FLAG_REQUEST : 0) |
                                                          (n.proxiable ? CMD_FLAG_PROXIABLE : 0));
            must(fd_dict_new(handle_, DICT_COMMAND, &data, nullptr, object), name);
        };
        commands_[i].code = n.code;
        add(n.request, true, &commands_[i].request);
        add(n.answer, false, &commands_[i].answer);
    }
}

const Dictionary& Dictionary::get() {
    static const Dictionary dictionary;
    return dictionary;
}

dict_object* Dictionary::command(std::uint32_t code, bool request) const {
    for (const auto& c : commands_)
        if (c.code == code) return request ? c.request : c.answer;
    return nullptr;
}

}  // namespace ims::diameter::codec
