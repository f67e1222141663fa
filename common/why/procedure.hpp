#pragma once
#include "common/why/story.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::why {

// One thing somebody wanted: a registration, a call, a message. What has the same Call-ID, what services did
// and asked because of it, and of a registration only its last attempt: what came after an earlier one had
// its answer.
struct Procedure {
    enum class Kind : std::uint8_t { Registration, Deregistration, Call, Message, Other };
    enum class End : std::uint8_t {
        Success,
        Failure,    // the one who asked was told no
        Cancelled,  // he gave up himself (487)
        Open,       // nothing final was sent to him
    };

    const Story* story = nullptr;
    Kind kind = Kind::Other;
    End end = End::Open;
    std::string call_id;
    std::string entrance;  // the service that heard of it first
    std::string ue;        // the address it came from
    std::string method;
    int status = 0;    // of the final response that was sent to who asked; 0: none
    std::string who;   // URI in From
    std::string whom;  // Request-URI; of a registration the URI in To
    std::string impi;  // of a registration
    std::int64_t began = 0, last = 0;
    std::vector<const Entry*> entries;

    // ---- what causes ask. Null or nothing: there is no such entry.
    const Entry* note(std::string_view id) const;  // the last
    const Entry* note(std::string_view id, std::string_view field, std::string_view contains) const;
    const Entry* cx_answer(std::string_view command) const;                           // the last
    const Entry* cx_answer(std::string_view command, std::string_view result) const;  // "5001" in it
    const Entry* cx_request(std::string_view command) const;
    const Entry* cx_failed() const;
    // The last SIP message that passes `wanted`.
    template <class F>
    const Entry* sip(F wanted) const {
        const Entry* found = nullptr;
        for (const auto* e : entries)
            if (e->kind == Entry::Kind::Sip && e->message && wanted(*e)) found = e;
        return found;
    }
    const Entry* to_ue(int response_status) const;               // the last such response sent to who asked
    const Entry* from_ue(std::string_view wanted_method) const;  // the first request of who asked
    bool is_failure() const { return end == End::Failure || end == End::Open; }
    std::string title() const;  // "registration of sip:...", "call from ... to ..."
};

// In the order of their beginnings. Requests of the services themselves (reg event, NOTIFY) are not among
// them.
std::vector<Procedure> procedures_of(const Story& story);

}  // namespace ims::why
