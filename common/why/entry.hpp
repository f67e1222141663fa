#pragma once
#include "common/base/result.hpp"
#include "common/sip/message/message.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What services remember, as plain structs: what GET /trace gives (common/trace/question.hpp), read back.
namespace ims::why {

struct Entry {
    enum class Kind : std::uint8_t {
        Sip,
        CxRequest,
        CxAnswer,
        CxFailed,  // no answer will come
        Note,
        TransportFailed,
        FlowClosed,
        DnsQuery,
        DnsAnswer,
    };
    std::string service;  // whose memory: "pcscf"
    std::int64_t at = 0;  // microseconds since 1970
    std::uint64_t turn = 0;
    Kind kind = Kind::Note;
    bool out = false;      // sent by the service
    std::uint64_t id = 0;  // of Cx: joins a request and its answer

    // Sip
    std::string transport, local, remote;
    std::string text;
    std::optional<sip::Message> message;  // nothing: it cannot be parsed

    std::string name;    // Cx: the command; Note: its id; Dns: the type
    bool grave = false;  // a Note that is a warning or an error
    std::map<std::string, std::string, std::less<>> fields;

    std::string_view field(std::string_view field_name) const;
    bool is_request() const { return message && message->is_request(); }
    int status() const { return message ? message->status() : 0; }  // 0: no response
};

// One service's answer.
struct Account {
    std::string service;
    std::int64_t now = 0;  // when it was asked
    std::vector<std::string> listening;
    std::vector<std::string> call_ids, icids, identities;  // other names of what was asked about
    std::uint64_t left_off = 0;
    std::vector<Entry> entries;
};
struct Silence {
    std::string why;  // "connection refused"
};
Result<Account, Silence> read_account(std::string_view json);

}  // namespace ims::why
