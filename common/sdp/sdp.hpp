#pragma once
#include "common/base/ip.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Session descriptions (RFC 8866) as values.
//
//   v= o= s= i= u= e= p= c= b= (t= r= z=) k= a=      the session
//   m= i= c= b= k= a=                                each media section
//
// A description in the order of the grammar is printed to the octet (with CRLF). Lines out of order within
// their section are understood and printed in order.
namespace ims::sdp {

struct Error {
    std::size_t line = 0;   // from 1; one past the last if something is missing at the end
    std::string_view what;  // a literal: "port is no number"
    bool operator==(const Error&) const = default;
};

struct Origin {  // o=, 5.2
    std::string username = "-";
    std::string session_id;       // digits without a bound on their number
    std::string session_version;  // likewise
    std::string net_type = "IN";
    std::string address_type;
    std::string address;
    bool operator==(const Origin&) const = default;
};

struct Connection {  // c=, 5.7
    std::string net_type = "IN";
    std::string address_type;
    std::string address;  // of a multicast group with "/ttl/count"

    Connection() = default;
    explicit Connection(const IpAddress& ip);
    Connection(std::string net, std::string type, std::string where)
        : net_type{std::move(net)}, address_type{std::move(type)}, address{std::move(where)} {}
    std::optional<IpAddress> ip() const;  // nothing for a name or another network
    bool operator==(const Connection&) const = default;
};

struct Bandwidth {     // b=, 5.8
    std::string type;  // "AS", "RS", "RR", "TIAS"
    std::uint64_t value = 0;
    bool operator==(const Bandwidth&) const = default;
};

struct Timing {  // t= with its r= and z=, 5.9 to 5.11
    std::string start = "0";
    std::string stop = "0";
    std::vector<std::string> repeats;  // as they stand
    std::optional<std::string> zones;
    bool operator==(const Timing&) const = default;
};

struct Attribute {  // a=, 5.13
    std::string name;
    std::optional<std::string> value;
    bool operator==(const Attribute&) const = default;
};

class Attributes {
  public:
    Attributes() = default;
    Attributes(std::initializer_list<Attribute> list) : list_{list} {}

    bool has(std::string_view name) const {
        return find(name) != nullptr;
    }  // names have a case (RFC 8866 5.13)
    const Attribute* find(std::string_view name) const;
    std::optional<std::string_view> get(std::string_view name) const;  // the first one's value
    void add(std::string_view name, std::optional<std::string_view> value = {});
    std::size_t remove(std::string_view name);  // how many there were

    bool empty() const { return list_.empty(); }
    std::size_t size() const { return list_.size(); }
    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }
    bool operator==(const Attributes&) const = default;

  private:
    std::vector<Attribute> list_;
};

enum class Direction : std::uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };  // 6.7
std::string_view direction_text(Direction d);
Direction reversed(Direction d);  // as the other side sees it

struct Media {
    std::string type;  // "audio"
    std::uint16_t port = 0;
    std::optional<std::uint32_t> port_count;
    std::string protocol;  // "RTP/AVP"
    std::vector<std::string> formats;
    std::optional<std::string> information;
    std::vector<Connection> connections;
    std::vector<Bandwidth> bandwidths;
    std::optional<std::string> key;
    Attributes attributes;

    bool rejected() const { return port == 0; }  // RFC 3264 6
    bool operator==(const Media&) const = default;
};

struct Session {
    Origin origin;
    std::string name = "-";
    std::optional<std::string> information;
    std::optional<std::string> uri;
    std::vector<std::string> emails;
    std::vector<std::string> phones;
    std::optional<Connection> connection;
    std::vector<Bandwidth> bandwidths;
    std::vector<Timing> timings{Timing{}};
    std::optional<std::string> key;
    Attributes attributes;
    std::vector<Media> media;

    // Lines end with CRLF or LF (RFC 8866 5). A type letter nobody knows spoils the whole description (RFC
    // 8866 5).
    static Result<Session, Error> parse(std::string_view text);
    void print(std::string& out) const;
    std::string text() const;

    // What holds for one section: its own line, or else the session's.
    const Connection* connection_of(const Media& m) const;
    std::optional<IpEndpoint> endpoint_of(
        const Media& m) const;                     // where the side that wrote this wants it sent
    Direction direction_of(const Media& m) const;  // sendrecv if nothing is said (RFC 8866 6.7)

    bool operator==(const Session&) const = default;
};

}  // namespace ims::sdp
