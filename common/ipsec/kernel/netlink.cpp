#include "common/ipsec/kernel/netlink.hpp"

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

namespace ims::ipsec {

namespace {

Failure failed(int error, const char* what) {
    return {error == ENOBUFS || error == ENOMEM ? Failure::Kind::Resources : Failure::Kind::Other,
            std::string{what} + ": " + std::strerror(error)};
}

// What one receive brought. Wiped: a listed state has its keys in it.
struct Received {
    unsigned char* octets = nullptr;
    int length = 0;
    Received() = default;
    Received(const Received&) = delete;
    Received& operator=(const Received&) = delete;
    ~Received() {
        if (octets == nullptr) return;
        explicit_bzero(octets, static_cast<std::size_t>(length));
        std::free(octets);
    }
    bool from(nl_sock* socket) {
        sockaddr_nl sender{};
        length = nl_recv(socket, &sender, &octets, nullptr);
        return length > 0;
    }
};

// NLMSGERR_ATTR_MSG of an answer whose request was not repeated in it (NETLINK_CAP_ACK).
std::string own_words(nlmsghdr& header) {
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
    auto* attribute = nlmsg_find_attr(&header, sizeof(nlmsgerr), NLMSGERR_ATTR_MSG);
    if (attribute == nullptr) return {};
    const auto* text = static_cast<const char*>(nla_data(attribute));
    return {text, strnlen(text, static_cast<std::size_t>(nla_len(attribute)))};
}

Answer answer_in(nlmsghdr& header) {
    const auto* error = static_cast<const nlmsgerr*>(nlmsg_data(&header));
    return {-error->error, own_words(header)};
}

}  // namespace

Batch::~Batch() {
    explicit_bzero(octets_.data(), octets_.size());
}

void Batch::append(std::span<const std::uint8_t> octets) {
    assert(octets_.size() + octets.size() + NLMSG_ALIGNTO <= octets_.capacity());  // it must not move: wiping
    octets_.insert(octets_.end(), octets.begin(), octets.end());
    octets_.resize(NLMSG_ALIGN(octets_.size()), 0);
}

nlmsghdr& Batch::header(std::size_t n) {
    return *reinterpret_cast<nlmsghdr*>(octets_.data() + starts_[n]);
}

void Batch::start(std::uint16_t type, std::uint16_t flags, std::span<const std::uint8_t> body) {
    starts_.push_back(octets_.size());
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    append({reinterpret_cast<const std::uint8_t*>(&head), sizeof head});
    append(body);
    header(size() - 1).nlmsg_len = static_cast<std::uint32_t>(octets_.size() - starts_.back());
}

void Batch::attribute(std::uint16_t type, std::span<const std::uint8_t> value) {
    nlattr head{};
    head.nla_type = type;
    head.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + value.size());
    append({reinterpret_cast<const std::uint8_t*>(&head), sizeof head});
    append(value);
    header(size() - 1).nlmsg_len = static_cast<std::uint32_t>(octets_.size() - starts_.back());
}

Result<Netlink, Failure> Netlink::open(unsigned group) {
    Netlink netlink;
    netlink.socket_.reset(nl_socket_alloc());
    auto* socket = netlink.socket_.get();
    if (socket == nullptr) return failed(ENOMEM, "netlink");
    errno = 0;
    if (nl_connect(socket, NETLINK_XFRM) < 0) {
        const int error = errno;
        if (error == EPROTONOSUPPORT || error == EAFNOSUPPORT)
            return Failure{
                Failure::Kind::NoXfrm,
                "this kernel has no XFRM (CONFIG_XFRM_USER, module xfrm_user): IPsec is not there"};
        return failed(error, "netlink socket for XFRM");
    }
    const int descriptor = nl_socket_get_fd(socket);
    const int on = 1;
    // Old kernels know neither: then there are no words with an error, and our own message comes back in it.
    static_cast<void>(setsockopt(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on));
    static_cast<void>(setsockopt(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on));
    static_cast<void>(nl_socket_set_msg_buf_size(socket, 32 * 1024));  // a dump's datagram
    if (group != 0) {
        if (nl_socket_add_membership(socket, static_cast<int>(group)) < 0)
            return failed(errno, "listening to XFRM");
        if (nl_socket_set_nonblocking(socket) < 0) return failed(errno, "netlink socket for XFRM");
    }
    return netlink;
}

std::optional<Failure> Netlink::send(Batch& batch) {
    for (std::size_t n = 0; n < batch.size(); ++n) {
        auto& header = batch.header(n);
        header.nlmsg_seq = nl_socket_use_seq(socket_.get());
        header.nlmsg_pid = nl_socket_get_local_port(socket_.get());
    }
    errno = 0;
    if (nl_sendto(socket_.get(), batch.octets_.data(), batch.octets_.size()) < 0)
        return failed(errno, "asking XFRM");
    return std::nullopt;
}

Result<std::vector<Answer>, Failure> Netlink::ask(Batch& batch) {
    std::vector<Answer> answers(batch.size());
    if (answers.empty()) return answers;
    // The kernel does them in order and tells every error; that all went well it need tell only once.
    batch.header(answers.size() - 1).nlmsg_flags |= NLM_F_ACK;
    if (auto failure = send(batch)) return std::move(*failure);
    const auto first = batch.header(0).nlmsg_seq;
    for (bool last = false; !last;) {
        Received received;
        if (!received.from(socket_.get())) return failed(errno, "the answer of XFRM");
        auto* header = reinterpret_cast<nlmsghdr*>(received.octets);
        for (int left = received.length; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
            const auto n = header->nlmsg_seq - first;
            if (header->nlmsg_type != NLMSG_ERROR || n >= answers.size()) continue;  // of an earlier request
            answers[n] = answer_in(*header);
            last = n + 1 == answers.size();
        }
    }
    return answers;
}

Result<Answer, Failure> Netlink::query(Batch& batch, const See& see) {
    if (auto failure = send(batch)) return std::move(*failure);
    const auto sequence = batch.header(0).nlmsg_seq;
    const bool many = (batch.header(0).nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    while (true) {
        Received received;
        if (!received.from(socket_.get())) return failed(errno, "the answer of XFRM");
        auto* header = reinterpret_cast<nlmsghdr*>(received.octets);
        for (int left = received.length; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
            if (header->nlmsg_seq != sequence) continue;
            if (header->nlmsg_type == NLMSG_DONE) return Answer{};
            if (header->nlmsg_type == NLMSG_ERROR) return answer_in(*header);
            see(*header);
            if (!many) return Answer{};
        }
    }
}

void Netlink::listen(const See& see) {
    while (true) {
        Received received;
        if (!received.from(socket_.get())) return;
        auto* header = reinterpret_cast<nlmsghdr*>(received.octets);
        for (int left = received.length; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
            see(*header);
    }
}

int Netlink::descriptor() const {
    return nl_socket_get_fd(socket_.get());
}

}  // namespace ims::ipsec
