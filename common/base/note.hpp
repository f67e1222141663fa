#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ims {

// What a core has to say about a decision. No prose glued from strings: an id, a severity and fields; the
// shell writes the line, counts the id (every id is a counter) and keeps it for later questions.
//
// Ids are lower case words joined by dots, the node's or layer's first: "scscf.registration.accepted",
// "sip.message.malformed". They are literals: their storage outlives everything.
//
// Field names in use (one meaning each): call_id, impi, impu, icid, method, status, reason, peer, flow,
// header, offset, timer, branch, request_uri, detail. Keys, authentication vectors and passwords are never
// fields.
enum class Severity : std::uint8_t {
    Trace,    // one per message; for the person following one call
    Info,     // one per procedure: registered, called, deregistered
    Warning,  // somebody else is wrong or away, and we coped
    Error,    // an operator must act; the note says on what
};

struct Note {
    struct Field {
        std::string_view name;
        std::string value;
        bool operator==(const Field&) const = default;
    };

    std::string_view id;
    Severity severity = Severity::Info;
    std::vector<Field> fields;

    Note() = default;
    Note(Severity s, std::string_view note_id, std::vector<Field> f = {})
        : id{note_id}, severity{s}, fields{std::move(f)} {}

    Note& with(std::string_view name, std::string value) {
        fields.push_back({name, std::move(value)});
        return *this;
    }
    // The first field of that name, or an empty text.
    std::string_view field(std::string_view name) const {
        for (const auto& f : fields)
            if (f.name == name) return f.value;
        return {};
    }
    bool operator==(const Note&) const = default;
};

}  // namespace ims
