#include "common/sdp/sdp.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>

namespace ims::sdp {

namespace {

constexpr std::array<std::string_view, 4> directions{"sendrecv", "sendonly", "recvonly", "inactive"};

std::optional<Direction> direction_in(const Attributes& attributes) {
    for (const auto& a : attributes)
        for (std::size_t i = 0; i < directions.size(); ++i)
            if (a.name == directions[i]) return static_cast<Direction>(i);
    return std::nullopt;
}

void line(std::string& out, char type, std::string_view value) {
    out += type;
    out += '=';
    out += value;
    out += "\r\n";
}

void optional_line(std::string& out, char type, const std::optional<std::string>& value) {
    if (value) line(out, type, *value);
}

void print_connection(std::string& out, const Connection& c) {
    line(out, 'c', c.net_type + ' ' + c.address_type + ' ' + c.address);
}

void print_bandwidths(std::string& out, const std::vector<Bandwidth>& bandwidths) {
    for (const auto& b : bandwidths) line(out, 'b', b.type + ':' + std::to_string(b.value));
}

void print_attributes(std::string& out, const Attributes& attributes) {
    for (const auto& a : attributes) line(out, 'a', a.value ? a.name + ':' + *a.value : a.name);
}

void print_media(std::string& out, const Media& m) {
    auto value = m.type + ' ' + std::to_string(m.port);
    if (m.port_count) value += '/' + std::to_string(*m.port_count);
    value += ' ' + m.protocol;
    for (const auto& format : m.formats) value += ' ' + format;
    line(out, 'm', value);
    optional_line(out, 'i', m.information);
    for (const auto& c : m.connections) print_connection(out, c);
    print_bandwidths(out, m.bandwidths);
    optional_line(out, 'k', m.key);
    print_attributes(out, m.attributes);
}

}  // namespace

Connection::Connection(const IpAddress& ip) : address_type{ip.is_v6() ? "IP6" : "IP4"}, address{ip.text()} {}

std::optional<IpAddress> Connection::ip() const {
    if (net_type != "IN") return std::nullopt;
    const auto parsed = IpAddress::parse(std::string_view{address}.substr(0, address.find('/')));
    if (!parsed || address_type != (parsed->is_v6() ? "IP6" : "IP4")) return std::nullopt;
    return parsed;
}

const Attribute* Attributes::find(std::string_view name) const {
    const auto at =
        std::find_if(list_.begin(), list_.end(), [&](const Attribute& a) { return a.name == name; });
    return at == list_.end() ? nullptr : &*at;
}

std::optional<std::string_view> Attributes::get(std::string_view name) const {
    const auto* a = find(name);
    if (a == nullptr || !a->value) return std::nullopt;
    return *a->value;
}

void Attributes::add(std::string_view name, std::optional<std::string_view> value) {
    list_.push_back({std::string{name}, value ? std::optional<std::string>{*value} : std::nullopt});
}

std::size_t Attributes::remove(std::string_view name) {
    return std::erase_if(list_, [&](const Attribute& a) { return a.name == name; });
}

std::string_view direction_text(Direction d) {
    return directions[static_cast<std::size_t>(d)];
}

Direction reversed(Direction d) {
    switch (d) {
        case Direction::SendOnly: return Direction::RecvOnly;
        case Direction::RecvOnly: return Direction::SendOnly;
        case Direction::SendRecv:
        case Direction::Inactive: break;
    }
    return d;
}

void Session::print(std::string& out) const {
    out += "v=0\r\n";
    line(out, 'o',
         origin.username + ' ' + origin.session_id + ' ' + origin.session_version + ' ' + origin.net_type +
             ' ' + origin.address_type + ' ' + origin.address);
    line(out, 's', name);
    optional_line(out, 'i', information);
    optional_line(out, 'u', uri);
    for (const auto& email : emails) line(out, 'e', email);
    for (const auto& phone : phones) line(out, 'p', phone);
    if (connection) print_connection(out, *connection);
    print_bandwidths(out, bandwidths);
    for (const auto& t : timings) {
        line(out, 't', t.start + ' ' + t.stop);
        for (const auto& repeat : t.repeats) line(out, 'r', repeat);
        optional_line(out, 'z', t.zones);
    }
    optional_line(out, 'k', key);
    print_attributes(out, attributes);
    for (const auto& m : media) print_media(out, m);
}

std::string Session::text() const {
    std::string out;
    print(out);
    return out;
}

const Connection* Session::connection_of(const Media& m) const {
    if (!m.connections.empty()) return &m.connections.front();
    return connection ? &*connection : nullptr;
}

std::optional<IpEndpoint> Session::endpoint_of(const Media& m) const {
    const auto* c = connection_of(m);
    const auto ip = c == nullptr ? std::nullopt : c->ip();
    if (!ip || m.rejected()) return std::nullopt;
    return IpEndpoint{*ip, m.port};
}

Direction Session::direction_of(const Media& m) const {
    if (const auto own = direction_in(m.attributes)) return *own;
    return direction_in(attributes).value_or(Direction::SendRecv);
}

}  // namespace ims::sdp
