#include "tests/support/world/application_server.hpp"

#include <utility>

namespace ims::world {

namespace {

sip::ElementConfig listening_at(const IpEndpoint& at) {
    sip::ElementConfig config;
    config.listen = {{sip::Transport::Udp, at}, {sip::Transport::Tcp, at}};
    return config;
}

}  // namespace

ApplicationServer::ApplicationServer(IpEndpoint at, Random& random)
    : own_{sip::Uri::sip({}, at.address.uri_text(), at.port)},
      random_{random},
      element_{listening_at(at), random} {
    own_.params.set("lr");
}

void ApplicationServer::handle(const Event& event, TimePoint now, Effects& out) {
    std::visit(overloaded{
                   [&](const sip::Received& e) { element_.handle(e, now, outputs_); },
                   [&](const sip::TransportFailed& e) { element_.handle(e, now, outputs_); },
                   [&](const sip::FlowClosed& e) { element_.handle(e, now, outputs_); },
                   [](const auto&) {},
               },
               event);
    work_off(now, out);
}

void ApplicationServer::handle_timeout(TimePoint now, Effects& out) {
    element_.handle_timeout(now, outputs_);
    work_off(now, out);
}

void ApplicationServer::work_off(TimePoint now, Effects& out) {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        auto output = std::move(outputs_[i]);
        std::visit(overloaded{
                       [&](sip::Transmit& t) { out.emplace_back(std::move(t)); },
                       [&](sip::dns::Query& q) { out.emplace_back(std::move(q)); },
                       [&](Note& n) { out.emplace_back(std::move(n)); },
                       [&](sip::RequestArrived& r) { arrived(r, now); },
                       [&](sip::AckArrived& a) {
                           element_.forward_ack({std::move(a.request), {}, 1000, {}, {}}, now, outputs_);
                       },
                       [&](sip::ResponseToForward& r) {
                           element_.respond(r.transaction, std::move(r.response), now, outputs_);
                       },
                       [](const auto&) {},
                   },
                   output);
    }
    outputs_.clear();
}

void ApplicationServer::arrived(sip::RequestArrived& r, TimePoint now) {
    sip::Branch branch{std::move(r.request), {}, 1000, {}, {}};
    if (branch.request.to_tag().empty()) {
        served.push_back(std::string{branch.request.method_name()} + ' ' +
                         std::string{branch.request.raw("P-Served-User").value_or("-")});
        if (answers)
            return element_.respond(r.transaction,
                                    sip::Message::response(branch.request, *answers, {}, random_.token(4)),
                                    now, outputs_);
        if (diverts_to) branch.request.set_request_uri(*sip::Uri::parse(*diverts_to));
        branch.record_route = sip::NameAddr{own_};
    }
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(branch));
    element_.forward(r.transaction, std::move(branches), now, outputs_);
}

}  // namespace ims::world
