#include "common/sip/message/codec.hpp"
#include "common/sip/message/scanner.hpp"

namespace ims::sip::codec {

void print(const std::string& value, std::string& out) {
    out += value;
}

void print(std::uint32_t value, std::string& out) {
    out += std::to_string(value);
}

void print(const NameAddr& value, std::string& out) {
    out.reserve(out.size() + value.display_name.size() + value.uri.size_hint() + value.params.size_hint() +
                8);
    if (!value.display_name.empty()) {
        scan::print_quoted(value.display_name, out);
        out += ' ';
    }
    out += '<';
    value.uri.print(out);
    out += '>';
    value.params.print(out);
}

void print(const ContactValue& value, std::string& out) {
    if (value.star)
        out += '*';
    else
        print(value.address, out);
}

void print(const ViaValue& value, std::string& out) {
    out += "SIP/2.0/";
    out += value.transport;
    out += ' ';
    out += value.host;
    if (value.port) {
        out += ':';
        out += std::to_string(*value.port);
    }
    value.params.print(out);
}

void print(const CSeqValue& value, std::string& out) {
    out += std::to_string(value.number);
    out += ' ';
    out += value.method == Method::Other ? std::string_view{value.method_name} : method_text(value.method);
}

void print(const RAckValue& value, std::string& out) {
    out += std::to_string(value.response_number);
    out += ' ';
    print(value.cseq, out);
}

void print(const TokenParams& value, std::string& out) {
    const auto begin = out.size();
    if (value.quoted)
        scan::print_quoted(value.token, out);
    else
        out += value.token;
    value.params.print(out);
    if (value.token.empty() && !value.quoted && out.size() > begin) out.erase(begin, 1);
}

void print(const AuthValue& value, std::string& out) {
    out += value.scheme;
    bool first = true;
    for (const auto& p : value.params) {
        if (!first) out += ',';
        if (!first || !value.scheme.empty()) out += ' ';
        first = false;
        print_param(p, out);
    }
}

void print(const std::vector<std::string>& value, std::string& out) {
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out += ';';
        out += value[i];
    }
}

}  // namespace ims::sip::codec
