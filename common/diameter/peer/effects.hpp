#pragma once
#include "common/base/note.hpp"
#include "common/base/strong.hpp"
#include "common/base/text.hpp"
#include "common/diameter/peer/config.hpp"
#include "common/diameter/types/cx.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace ims::diameter {

using ConnectionId = Strong<struct ConnectionTag, std::uint64_t>;

// What a Node wants done by whoever has the sockets.

struct Connect {  // answered by Node::connected or Node::connect_failed
    ConnectionId connection;
    std::string identity;  // whom we expect there: the name a TLS certificate must bear
    std::string host;
    std::uint16_t port = 0;
    PeerTransport transport = PeerTransport::Tcp;
    std::vector<std::string> further_hosts{};  // over SCTP, of the same peer
};
struct Transmit {
    ConnectionId connection;
    Octets octets;
};
struct Close {  // once everything transmitted before has left; also ends a Connect under way
    ConnectionId connection;
};
struct Stopped {};  // the end of Node::stop

using Effect = std::variant<Transmit, cx::AnswerArrived, cx::RequestArrived, cx::SendFailed, Connect, Close,
                            Stopped, Note>;
using Effects = std::vector<Effect>;

}  // namespace ims::diameter
