#pragma once
#include "common/base/result.hpp"
#include "common/ipsec/kernel/failure.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <netlink/msg.h>
#include <netlink/netlink.h>

// Private to this folder: messages to XFRM and what it answers.
namespace ims::ipsec {

// What the kernel answered to one message.
struct Answer {
    int error = 0;     // an errno, 0: done
    std::string text;  // the kernel's own words, if it has any
};

// A few messages that go to the kernel in one system call. Wipes itself: there are keys in it.
class Batch {
  public:
    explicit Batch(std::size_t capacity = 8192) { octets_.reserve(capacity); }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch();

    template <class Body>
    void begin(std::uint16_t type, const Body& body) {
        start(type, 0, {reinterpret_cast<const std::uint8_t*>(&body), sizeof body});
    }
    void begin(std::uint16_t type, int flags) { start(type, static_cast<std::uint16_t>(flags), {}); }
    template <class Value>
    void attribute(std::uint16_t type, const Value& value) {
        attribute(type, {reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
    }
    void attribute(std::uint16_t type, std::span<const std::uint8_t> value);

    std::size_t size() const { return starts_.size(); }

  private:
    friend class Netlink;
    void start(std::uint16_t type, std::uint16_t flags, std::span<const std::uint8_t> body);
    void append(std::span<const std::uint8_t> octets);
    nlmsghdr& header(std::size_t n);

    std::vector<std::uint8_t> octets_;
    std::vector<std::size_t> starts_;
};

class Netlink {
  public:
    // group: 0, or one of XFRMNLGRP_*, to listen.
    static Result<Netlink, Failure> open(unsigned group = 0);

    // One answer for each message, in their order; a failure if the conversation itself failed.
    Result<std::vector<Answer>, Failure> ask(Batch& batch);
    // A request whose answer is data: each message of it is shown.
    using See = std::function<void(nlmsghdr&)>;
    Result<Answer, Failure> query(Batch& batch, const See& see);
    // What has come to a listening socket.
    void listen(const See& see);
    int descriptor() const;

  private:
    struct Free {
        void operator()(nl_sock* s) const { nl_socket_free(s); }
    };
    std::optional<Failure> send(Batch& batch);
    std::unique_ptr<nl_sock, Free> socket_;
};

}  // namespace ims::ipsec
