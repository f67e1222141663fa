#pragma once
#include "common/diameter/net/service.hpp"
#include "common/runtime/hep_sender.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/process.hpp"
#include "common/runtime/sections.hpp"
#include "common/trace/follower.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Traces a service's messages while it runs: those of the subscribers somebody asked for (trace::Follower),
// to be fetched from the admin port or sent to a collector; and all of them, where the configuration names a
// collector. docs/operations/trace.md has the admin port's side:
//
//   POST   /trace/subscribers                        (a JSON object; from the machine itself only)
//   DELETE /trace/subscribers?subscriber=KEY         (the same)
//   GET    /trace/subscribers
//   GET    /trace/messages?subscriber=KEY[&after=N]
namespace ims::runtime {

class Tracing {
  public:
    using Listening = std::function<std::vector<std::pair<sip::Transport, IpEndpoint>>()>;

    // `memory` is asked what happened before; both must live as long as the process' loop runs.
    Tracing(Process& process, const trace::Memory& memory, const TraceConfig& config, Listening listening);
    ~Tracing();

    // While nobody is traced this is all it costs.
    bool on() const { return everything_ != nullptr || follower_.on(); }

    void see(const sip::Received& received);
    void see(const sip::Transmit& transmit);
    void see(const diameter::Service::Wire& wire);
    // What the service did with a message that came in is done.
    void turn_over() { follower_.turn_over(); }

    void collect(Exposition& out) const;

  private:
    void see(trace::WireMessage message);
    void start(const HttpRequest& request, const HttpServer::Reply& reply);
    void look_back(const std::shared_ptr<trace::Question>& past, const std::function<void()>& done);
    HttpResponse stop(const HttpRequest& request);
    HttpResponse list() const;
    HttpResponse messages(const HttpRequest& request) const;
    void end_senders();

    Process& process_;
    const trace::Memory& memory_;
    Listening listening_;
    trace::Follower follower_;
    std::unique_ptr<HepSender> everything_;
    std::map<trace::Follower::Number, std::shared_ptr<HepSender>> senders_;
    HepSender::Counters ended_;  // of senders that are no more
    std::uint64_t followed_ = 0;
};

}  // namespace ims::runtime
