#include "common/sip/message/params.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/scanner.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace ims::sip {

namespace {

// The four octets in front of each parameter.
struct Head {
    std::uint32_t name_length : 8;
    std::uint32_t value_length : 22;
    std::uint32_t has_value : 1;
    std::uint32_t quoted : 1;

    std::size_t octets() const { return sizeof(Head) + name_length + value_length; }
};
static_assert(sizeof(Head) == 4);

Head head_at(const char* at) {
    Head head;
    std::memcpy(&head, at, sizeof head);
    return head;
}

std::string_view name_at(const char* at, const Head& head) {
    return {at + sizeof(Head), head.name_length};
}

Param param_at(const char* at) {
    const auto head = head_at(at);
    Param p{name_at(at, head), {}, head.quoted != 0};
    if (head.has_value != 0)
        p.value = std::string_view{at + sizeof(Head) + head.name_length, head.value_length};
    return p;
}

// Where the parameter of that name begins; the end if there is none.
std::size_t place_of(std::string_view packed, std::string_view name) {
    std::size_t at = 0;
    while (at < packed.size()) {
        const auto head = head_at(packed.data() + at);
        if (head.name_length == name.size() && iequals(name_at(packed.data() + at, head), name)) break;
        at += head.octets();
    }
    return at;
}

bool fits(const Param& p) {
    return p.name.size() <= Params::most_name_octets &&
           p.value.value_or("").size() <= Params::most_value_octets;
}

Head head_of(const Param& p) {
    Head head{};
    head.name_length = static_cast<std::uint32_t>(p.name.size()) & 0xff;
    head.value_length = static_cast<std::uint32_t>(p.value ? p.value->size() : 0) & Params::most_value_octets;
    head.has_value = p.value ? 1 : 0;
    head.quoted = p.quoted ? 1 : 0;
    return head;
}

void pack(const Head& head, const Param& p, char* at) {
    std::memcpy(at, &head, sizeof head);
    at = std::copy(p.name.begin(), p.name.end(), at + sizeof head);
    if (p.value) std::copy(p.value->begin(), p.value->end(), at);
}

}  // namespace

Param Params::Iterator::operator*() const {
    return param_at(at_);
}

Params::Iterator& Params::Iterator::operator++() {
    at_ += head_at(at_).octets();
    return *this;
}

std::optional<Param> Params::find(std::string_view name) const {
    const auto at = place_of(packed_.text(), name);
    if (at == packed_.size()) return std::nullopt;
    return param_at(packed_.data() + at);
}

std::optional<std::string_view> Params::get(std::string_view name) const {
    const auto p = find(name);
    return p ? p->value : std::nullopt;
}

bool Params::add(const Param& p) {
    if (!fits(p)) return false;
    const auto head = head_of(p);
    pack(head, p, packed_.append(head.octets()));
    return true;
}

// In the place of the one with this name, whose spelling stays, or at the end.
void Params::replace(const Param& p) {
    assert(fits(p));
    const auto at = place_of(packed_.text(), p.name);
    auto head = head_of(p);
    if (at == packed_.size()) return pack(head, p, packed_.append(head.octets()));
    const auto begin = sizeof(Head) + head.name_length;
    char* const place =
        packed_.replace(at + begin, head_at(packed_.data() + at).value_length, head.value_length);
    if (p.value) std::copy(p.value->begin(), p.value->end(), place);
    std::memcpy(place - begin, &head, sizeof head);
}

void Params::set(std::string_view name, std::optional<std::string_view> value) {
    replace({name, value, false});
}

void Params::set_quoted(std::string_view name, std::string_view value) {
    replace({name, value, true});
}

bool Params::remove(std::string_view name) {
    bool removed = false;
    for (auto at = place_of(packed_.text(), name); at < packed_.size(); at = place_of(packed_.text(), name)) {
        packed_.replace(at, head_at(packed_.data() + at).octets(), 0);
        removed = true;
    }
    return removed;
}

std::size_t Params::size() const {
    return static_cast<std::size_t>(std::distance(begin(), end()));
}

void Params::print(std::string& out, char separator) const {
    for (const auto& p : *this) {
        out += separator;
        print_param(p, out);
    }
}

void print_param(const Param& p, std::string& out) {
    out += p.name;
    if (!p.value) return;
    out += '=';
    if (p.quoted)
        scan::print_quoted(*p.value, out);
    else
        out += *p.value;
}

}  // namespace ims::sip
