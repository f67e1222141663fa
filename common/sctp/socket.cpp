#include "common/sctp/socket.hpp"

#include "common/base/time.hpp"
#include "common/sctp/socket_addresses.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <netinet/sctp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace ims::sctp {

namespace {

// RFC 9260 16 has RTO.Initial 1 s, RTO.Min 1 s, RTO.Max 60 s, Path.Max.Retrans 5, Association.Max.Retrans 10
// and HB.interval 30 s, which is a minute until a dead way or peer is known to be. Signalling cannot wait so
// long; RTO.Min stays above the 200 ms that a peer may keep a SACK back.
constexpr Duration rto_initial = 1s, rto_min = 500ms, rto_max = 3s;
constexpr std::uint16_t path_max_retrans = 4, association_max_retrans = 8;
constexpr Duration heartbeat_interval = 10s;
constexpr std::uint16_t streams = 16;  // to us; peers may use more than stream 0

std::uint32_t milliseconds(Duration d) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

std::error_code last_error() {
    return {errno, std::generic_category()};
}

template <class T>
std::error_code set(int descriptor, int level, int option, const T& value) {
    if (setsockopt(descriptor, level, option, &value, sizeof value) == 0) return {};
    return last_error();
}

std::error_code prepare(int descriptor) {
    sctp_initmsg init{};
    init.sinit_num_ostreams = init.sinit_max_instreams = streams;
    sctp_rtoinfo rto{};
    rto.srto_initial = milliseconds(rto_initial);
    rto.srto_min = milliseconds(rto_min);
    rto.srto_max = milliseconds(rto_max);
    sctp_assocparams association{};
    association.sasoc_asocmaxrxt = association_max_retrans;
    sctp_paddrparams path{};
    path.spp_hbinterval = milliseconds(heartbeat_interval);
    path.spp_pathmaxrxt = path_max_retrans;
    path.spp_flags = SPP_HB_ENABLE;
    const int on = 1;
    std::error_code error = set(descriptor, IPPROTO_SCTP, SCTP_INITMSG, init);
    if (!error) error = set(descriptor, IPPROTO_SCTP, SCTP_RTOINFO, rto);
    if (!error) error = set(descriptor, IPPROTO_SCTP, SCTP_ASSOCINFO, association);
    if (!error) error = set(descriptor, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
    if (!error) error = set(descriptor, IPPROTO_SCTP, SCTP_NODELAY, on);
    if (!error) error = set(descriptor, IPPROTO_SCTP, SCTP_RECVRCVINFO, on);
    for (const auto type : {SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE, SCTP_SEND_FAILED_EVENT,
                            SCTP_SHUTDOWN_EVENT, SCTP_PARTIAL_DELIVERY_EVENT}) {
        sctp_event event{};
        event.se_assoc_id = SCTP_FUTURE_ASSOC;
        event.se_type = static_cast<std::uint16_t>(type);
        event.se_on = 1;
        if (!error) error = set(descriptor, IPPROTO_SCTP, SCTP_EVENT, event);
    }
    return error;
}

union Control {
    cmsghdr align;
    std::array<char, 256> octets;
};

}  // namespace

bool would_block(const std::error_code& error) {
    const auto value = error.value();
    return value == EAGAIN || value == EWOULDBLOCK || value == EINPROGRESS || value == EINTR;
}

bool available(std::string& why) {
    auto socket = Socket::open(false);
    if (socket) return true;
    why = socket.error();
    return false;
}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

Result<Socket, std::string> Socket::open(bool v6) {
    Socket socket{
        ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP)};
    if (socket.descriptor_ < 0) {
        const auto error = last_error();
        if (error.value() == EPROTONOSUPPORT || error.value() == ESOCKTNOSUPPORT)
            return std::string{"this kernel has no SCTP: load module sctp (modprobe sctp)"};
        return error.message();
    }
    if (const auto error = prepare(socket.descriptor_)) return "SCTP: " + error.message();
    return socket;
}

std::error_code Socket::bind(const SctpEndpoint& at) {
    const int on = 1;
    if (at.port != 0)
        if (const auto error = set(descriptor_, SOL_SOCKET, SO_REUSEADDR, on)) return error;
    // The first address chooses the port of all, where it is a free one.
    SctpEndpoint first{{at.addresses.empty() ? IpAddress{} : at.addresses.front()}, at.port};
    PackedAddresses one{first};
    if (sctp_bindx(descriptor_, one.data(), one.count(), SCTP_BINDX_ADD_ADDR) != 0) return last_error();
    if (at.addresses.size() < 2) return {};
    const auto bound = local();
    SctpEndpoint further{{at.addresses.begin() + 1, at.addresses.end()}, at.port};
    if (!bound.empty()) further.port = bound.front().port;
    PackedAddresses others{further};
    if (sctp_bindx(descriptor_, others.data(), others.count(), SCTP_BINDX_ADD_ADDR) != 0) return last_error();
    return {};
}

std::error_code Socket::listen(int backlog) {
    if (::listen(descriptor_, backlog) != 0) return last_error();
    return {};
}

std::error_code Socket::connect(const SctpEndpoint& to) {
    PackedAddresses addresses{to};
    sctp_assoc_t ignored = 0;
    if (sctp_connectx(descriptor_, addresses.data(), addresses.count(), &ignored) != 0) return last_error();
    return {};
}

std::error_code Socket::accept(Socket& accepted) {
    const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return last_error();
    accepted = Socket{descriptor};
    return {};
}

std::error_code Socket::take_error() {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return last_error();
    return {error, std::generic_category()};
}

std::error_code Socket::send(std::string_view message, const Sending& how) {
    sctp_sndinfo info{};
    info.snd_flags = how.unordered ? SCTP_UNORDERED : 0;
    info.snd_ppid = htonl(how.payload_protocol);
    info.snd_context = how.context;
    Control control{};
    iovec part{const_cast<char*>(message.data()), message.size()};  // only read
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.octets.data();
    header.msg_controllen = CMSG_SPACE(sizeof info);
    auto* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = IPPROTO_SCTP;
    item->cmsg_type = SCTP_SNDINFO;
    item->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(item), &info, sizeof info);
    if (::sendmsg(descriptor_, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return last_error();
    return {};
}

std::error_code Socket::receive(std::span<char> into, Piece& piece) {
    Control control{};
    iovec part{into.data(), into.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.octets.data();
    header.msg_controllen = control.octets.size();
    const auto n = ::recvmsg(descriptor_, &header, MSG_DONTWAIT);
    if (n < 0) return last_error();
    piece = {};
    piece.octets = static_cast<std::size_t>(n);
    piece.notification = (header.msg_flags & MSG_NOTIFICATION) != 0;
    piece.last = (header.msg_flags & MSG_EOR) != 0;
    for (auto* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level != IPPROTO_SCTP || item->cmsg_type != SCTP_RCVINFO) continue;
        sctp_rcvinfo info{};
        std::memcpy(&info, CMSG_DATA(item), sizeof info);
        piece.stream = info.rcv_sid;
        piece.payload_protocol = ntohl(info.rcv_ppid);
    }
    return {};
}

std::vector<IpEndpoint> Socket::local() const {
    sockaddr* addresses = nullptr;
    const int count = sctp_getladdrs(descriptor_, 0, &addresses);
    if (count <= 0) return {};
    auto all = endpoints_of(addresses, count);
    sctp_freeladdrs(addresses);
    return all;
}

std::vector<IpEndpoint> Socket::peer() const {
    sockaddr* addresses = nullptr;
    const int count = sctp_getpaddrs(descriptor_, 0, &addresses);
    if (count <= 0) return {};
    auto all = endpoints_of(addresses, count);
    sctp_freepaddrs(addresses);
    sockaddr_storage primary{};
    socklen_t size = sizeof primary;
    if (getpeername(descriptor_, reinterpret_cast<sockaddr*>(&primary), &size) == 0)
        std::stable_partition(all.begin(), all.end(),
                              [first = endpoint_of(primary)](const IpEndpoint& e) { return e == first; });
    return all;
}

void Socket::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace ims::sctp
