#pragma once
#include "common/sip/message/flow.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ims {

// A node that speaks SigComp with some of its peers. It marks what is to be compressed (sip::Transmit), sees
// nothing but text, and knows whom a flow belongs to; common/compression does the rest.
class Compressing {
  public:
    virtual ~Compressing() = default;

    // The compartment (RFC 3320 3.1) of who is at the other end: one for each registration (RFC 5049 9.3),
    // and none before it may be (TS 24.229 8.1.1, 8.2.1). Having one means that the states which a message on
    // this way asks for are kept.
    struct Compartment {
        std::string name;
        std::string impi = {};  // for notes; may be empty
        // The peer has it too: what is sent may name what it keeps. Else a connection to it begins with
        // SigComp all the same.
        bool established = true;
    };
    using Way = std::variant<sip::Flow, sip::Target>;
    virtual std::optional<Compartment> compartment(const Way& way) = 0;
    // Those that are over since it was last asked.
    virtual std::vector<std::string> take_closed_compartments() = 0;
    // Where the answer to what came on this flow goes: a NACK goes there too.
    virtual sip::Flow reply_flow(const sip::Flow& arrived) = 0;
};

}  // namespace ims
