#include "common/sip/transaction/key.hpp"

#include "common/base/text.hpp"

#include <algorithm>

namespace ims::sip {

bool has_magic_cookie(std::string_view branch) {
    return branch.size() > magic_cookie.size() && istarts_with(branch, magic_cookie);
}

namespace {

// RFC 3261 7.3.1: parameter values and hosts compare without case.
void append_lower(std::string& key, std::string_view text) {
    const auto begin = static_cast<std::ptrdiff_t>(key.size());
    key += text;
    std::transform(key.begin() + begin, key.end(), key.begin() + begin, lower);
}

}  // namespace

std::string server_key(const Message& request, const ViaValue& top_via, Method method) {
    if (method == Method::Ack) method = Method::Invite;
    const auto name = method == request.method() ? request.method_name() : method_text(method);
    std::string key;
    key.reserve(96);
    key += name;
    key += ' ';
    const auto branch = top_via.branch();
    if (has_magic_cookie(branch)) {
        append_lower(key, branch);
        key += ' ';
        key += top_via.sent_by();
        return key;
    }
    key += "2543 ";
    request.request_uri().print(key);
    for (auto part : {request.from_tag(), request.call_id(), branch}) {
        key += '\n';
        key += part;
    }
    key += '\n';
    key += std::to_string(request.cseq_number());
    key += '\n';
    key += top_via.sent_by();
    if (method != Method::Invite && method != Method::Cancel) {
        key += '\n';
        key += request.to_tag();
    }
    return key;
}

}  // namespace ims::sip
