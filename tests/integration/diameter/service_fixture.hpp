#pragma once
#include "common/base/result.hpp"
#include "common/diameter/net/service.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace ims::diameter {

constexpr auto patience = std::chrono::seconds{20};  // a test that waits longer has failed

// A Service and everything it has said.
struct Host {
    Host(boost::asio::io_context& io, Config config)
        : service{io, std::move(config), [this](auto e) { take(std::move(e)); }} {}

    void take(Service::Event event) {
        std::visit(overloaded{
                       [this](cx::AnswerArrived& a) { answers.push_back(std::move(a)); },
                       [this](cx::SendFailed& f) { failures.push_back(std::move(f)); },
                       [this](cx::RequestArrived& r) {
                           requests.push_back(r);
                           if (on_request) on_request(r);
                       },
                       [this](Note& n) { notes.push_back(std::move(n)); },
                   },
                   event);
    }
    // Answers a MAR with what it was asked for.
    void answer_mars() {
        on_request = [this](const cx::RequestArrived& r) {
            const auto& mar = std::get<cx::MultimediaAuthRequest>(r.request);
            cx::MultimediaAuthAnswer maa;
            maa.result = ResultCode::Success;
            maa.user_name = mar.user_name;
            maa.public_identity = mar.public_identity;
            service.reply({r.id, maa});
        };
    }
    void send_mar(std::uint64_t id, std::optional<std::string> destination_host = {}) {
        cx::MultimediaAuthRequest mar;
        mar.user_name = Impi{"user" + std::to_string(id) + "@ims.example"};
        mar.public_identity = Impu{"sip:user" + std::to_string(id) + "@ims.example"};
        mar.sip_auth_data_item.sip_authentication_scheme = "Digest-AKAv1-MD5";
        mar.server_name = "sip:scscf.ims.example";
        service.send({cx::RequestId{id}, mar, std::move(destination_host)});
    }
    bool noted(std::string_view id) const {
        for (const auto& n : notes)
            if (n.id == id) return true;
        return false;
    }
    // The field "reason" of the first note with this id.
    std::string reason_of(std::string_view id) const {
        for (const auto& n : notes)
            if (n.id == id) return std::string{n.field("reason")};
        return {};
    }
    std::string state_of(std::string_view identity) const {
        for (const auto& p : service.peers())
            if (p.identity == identity) return p.state;
        return {};
    }

    std::function<void(const cx::RequestArrived&)> on_request;
    std::vector<cx::AnswerArrived> answers;
    std::vector<cx::SendFailed> failures;
    std::vector<cx::RequestArrived> requests;
    std::vector<Note> notes;
    Service service;
};

inline bool wait_until(boost::asio::io_context& io, const std::function<bool()>& true_now) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!true_now()) {
        if (std::chrono::steady_clock::now() > end) return false;
        io.restart();
        io.run_one_for(std::chrono::milliseconds{50});
    }
    return true;
}

inline Config config_of(std::string identity) {
    Config c;
    c.identity = std::move(identity);
    c.realm = "ims.example";
    c.reconnect_min = 100ms;
    c.reconnect_max = 500ms;
    return c;
}
inline IpEndpoint loopback(std::uint16_t port = 0) {
    return {IpAddress::v4({127, 0, 0, 1}), port};
}

}  // namespace ims::diameter
