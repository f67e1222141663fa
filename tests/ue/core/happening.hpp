#pragma once
#include "common/base/ip.hpp"
#include "common/base/strong.hpp"
#include "common/sdp/sdp.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What a UE has to tell the person, or the test, that holds it.
namespace ims::ue {

using CallHandle = Strong<struct CallHandleTag, std::uint32_t>;        // of this UE; never used again
using RequestHandle = Strong<struct RequestHandleTag, std::uint32_t>;  // a MESSAGE or OPTIONS

struct Challenged {
    std::string algorithm;
    enum class Verdict : std::uint8_t {
        Answered,
        SynchronisationFailure,
        MacFailure
    } verdict = Verdict::Answered;
};
struct Registered {
    std::chrono::seconds expires{0};
    std::vector<std::string> associated_uris;  // P-Associated-URI, in order
    std::vector<std::string> service_route;
    bool refreshed = false;                   // a re-registration
    std::string public_gruu, temporary_gruu;  // of this device, where it asked for them
};
struct RegistrationFailed {
    int status = 0;  // 0: no answer, or the network did not authenticate itself
    std::string reason;
};
struct Deregistered {
    bool by_network = false;
    std::string event;  // of the reg event: "rejected", "deactivated", ...
};
struct RegistrationStateNotified {  // a NOTIFY of the reg event
    std::uint32_t version = 0;
    std::string state;  // active or terminated, of the UE's own identity
};
struct MessageReceived {
    std::string from;  // P-Asserted-Identity, else From
    std::string text;
    std::string content_type;
};
struct MessageDelivered {
    RequestHandle request;
    int status = 200;
};
struct MessageFailed {
    RequestHandle request;
    int status = 0;  // 0: no answer
    std::string reason;
};
struct OptionsAnswered {
    RequestHandle request;
    int status = 0;
};
struct IncomingCall {
    CallHandle call;
    std::string from;    // P-Asserted-Identity, else From
    std::string called;  // P-Called-Party-ID, else Request-URI
};
struct CallProgress {
    CallHandle call;
    int status = 0;  // 180, 183, ...
    std::string reason;
};
struct CallEstablished {
    CallHandle call;
    std::optional<IpEndpoint> remote_media;
    std::uint8_t payload_type = 8;  // RFC 3551 6: 8 PCMA, 0 PCMU
};
struct MediaChanged {  // re-INVITE or UPDATE took effect
    CallHandle call;
    std::optional<IpEndpoint> remote_media;
    sdp::Direction direction = sdp::Direction::SendRecv;  // as this UE sees it
};
struct CallEnded {
    enum class Cause : std::uint8_t {
        HungUp,         // this side sent BYE and it was answered
        PeerHungUp,     // BYE received
        Cancelled,      // this side gave up before the answer
        PeerCancelled,  // the caller gave up
        Rejected,       // the called side (or the network) said no: status
        RejectedByUs,
        NoAnswer,  // no response at all, or the ACK never came
    };
    CallHandle call;
    Cause cause = Cause::HungUp;
    int status = 0;
    std::string reason;
};

using Happening =
    std::variant<Challenged, Registered, RegistrationFailed, Deregistered, RegistrationStateNotified,
                 MessageReceived, MessageDelivered, MessageFailed, OptionsAnswered, IncomingCall,
                 CallProgress, CallEstablished, MediaChanged, CallEnded>;

std::string_view text(CallEnded::Cause cause);

}  // namespace ims::ue
