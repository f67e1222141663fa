#include "hss/shell/host.hpp"

#include "common/runtime/trace_route.hpp"
#include "common/runtime/wall_clock.hpp"
#include "hss/shell/api.hpp"
#include "hss/shell/doubt_routes.hpp"

#include <boost/asio/post.hpp>

namespace ims::hss {
namespace {

constexpr auto reconnect_interval = 1s;
constexpr std::size_t max_jobs = 1'000;
// A changed service profile may concern everybody: S-CSCFs are told at the pace of their answers.
constexpr std::size_t pushes_at_once = 256;

cx::Answer too_busy(const cx::Request& request) {
    const auto refuse = [](auto answer) -> cx::Answer {
        answer.result = cx::ResultCode::TooBusy;
        return answer;
    };
    return std::visit(
        overloaded{
            [&](const cx::UserAuthorizationRequest&) { return refuse(cx::UserAuthorizationAnswer{}); },
            [&](const cx::ServerAssignmentRequest&) { return refuse(cx::ServerAssignmentAnswer{}); },
            [&](const cx::LocationInfoRequest&) { return refuse(cx::LocationInfoAnswer{}); },
            [&](const cx::MultimediaAuthRequest&) { return refuse(cx::MultimediaAuthAnswer{}); },
            [&](const cx::RegistrationTerminationRequest&) {
                return refuse(cx::RegistrationTerminationAnswer{});
            },
            [&](const cx::PushProfileRequest&) { return refuse(cx::PushProfileAnswer{}); },
        },
        request);
}

}  // namespace

// One decision between its questions to the store.
struct Host::Serving {
    Hss::Handling handling;
    trace::Memory::Turn turn;
    Done done;
};

Host::Host(runtime::Process& process, Settings settings)
    : process_{process},
      settings_{std::move(settings)},
      hss_{settings_.policy},
      memory_{settings_.trace.octets},
      tracing_{process_, memory_, settings_.trace,
               [] { return std::vector<std::pair<sip::Transport, IpEndpoint>>{}; }},
      reconnect_timer_{process.io()} {}
Host::~Host() = default;

void Host::post(std::function<void()> on_loop) {
    boost::asio::post(process_.io(), std::move(on_loop));
}
void Host::note_from_worker(Note note) {
    // The log takes lines from any thread, so a process that dies has said why; counting is the loop's.
    post([this, noted = std::move(note)] { this->note(noted); });
}

// What the shell itself has to say; a decision's notes are in its turn.
void Host::note(const Note& note) {
    process_.note(note);
    memory_.note(note, runtime::wall_clock());
}

bool Host::start(std::string& why) {
    connecting_ = std::make_unique<Worker>(max_jobs);
    provisioning_ = std::make_unique<Worker>(max_jobs);
    const auto notes = [this](Note note) { note_from_worker(std::move(note)); };
    store_ = std::make_shared<AsyncStore>(
        process_.io(), settings_.database, *settings_.secrets, cache_, notes,
        [this](std::function<void()> job) { connecting_->post(std::move(job)); });
    auto provisioning = settings_.database;
    provisioning.remembered = 0;  // it reads what is, and writes it whole
    provisioning_store_ = std::make_unique<PostgresStore>(provisioning, *settings_.secrets, cache_, notes);
    keep_connected();

    diameter_ = std::make_unique<diameter::Service>(
        process_.io(), settings_.diameter, [this](diameter::Service::Event e) { on_event(std::move(e)); });
    diameter_->tap([this](const diameter::Service::Wire& wire) {
        if (tracing_.on()) tracing_.see(wire);
    });
    try {
        diameter_->start();
    } catch (const std::runtime_error& e) {
        why = std::string{"diameter: "} + e.what();
        return false;
    }
    runtime::add_trace_route(process_, memory_, [this] {
        std::vector<std::string> texts;
        for (const auto& at : diameter_->listening()) texts.push_back("TCP " + at.text());
        for (const auto& at : diameter_->listening_sctp()) texts.push_back("SCTP " + at.text());
        return texts;
    });
    add_doubt_routes(process_, *this);
    if (!settings_.api) return true;
    api_ = std::make_unique<Api>(*this, process_, *settings_.api, settings_.policy);
    return api_->start(why);
}

// An idle HSS must come back to its database before somebody asks. That it is away shows at once.
void Host::keep_connected() {
    store_->connect();
    reconnect_timer_.expires_after(reconnect_interval);
    reconnect_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) keep_connected();
    });
}

bool Host::provision(std::function<void(PostgresStore&)> work) {
    return provisioning_->post([this, work = std::move(work)] { work(*provisioning_store_); });
}

void Host::on_event(diameter::Service::Event event) {
    std::visit(overloaded{
                   [&](cx::RequestArrived& r) { on_request(std::move(r)); },
                   [&](cx::AnswerArrived& a) {
                       const auto turn = turn_of(a.id);
                       memory_.keep(turn, a, runtime::wall_clock());
                       cx_.arrived(a, std::chrono::steady_clock::now());
                       on_push_done(a.id, std::move(a.answer), turn);
                   },
                   [&](cx::SendFailed& f) {
                       const auto turn = turn_of(f.id);
                       memory_.keep(turn, f, runtime::wall_clock());
                       cx_.failed(f, std::chrono::steady_clock::now());
                       on_push_done(f.id, std::nullopt, turn);
                   },
                   [&](Note& n) { note(n); },
               },
               event);
}

trace::Memory::Turn Host::turn_of(cx::RequestId push) {
    const auto found = pushed_.find(push);
    return found == pushed_.end() ? trace::Memory::Turn{} : memory_.begin(found->second.request);
}

void Host::reply(cx::Reply reply, trace::Memory::Turn turn) {
    memory_.keep(turn, reply, runtime::wall_clock());
    cx_.answered(reply, std::chrono::steady_clock::now());
    if (diameter_) diameter_->reply(std::move(reply));
}

void Host::on_request(cx::RequestArrived arrived) {
    const auto turn = memory_.begin(arrived.request);
    memory_.keep(turn, arrived, runtime::wall_clock());
    cx_.asked(arrived, std::chrono::steady_clock::now());
    if (draining_ || under_way_ >= settings_.max_waiting)
        return reply({arrived.id, too_busy(arrived.request)}, turn);
    auto handling = hss_.handling(std::move(arrived.request),
                                  {std::move(arrived.origin_host), std::move(arrived.origin_realm)}, random_);
    serve(std::move(handling), turn, [this, id = arrived.id, turn](Hss::Outcome& outcome) {
        reply({id, std::move(outcome.answer)}, turn);
    });
}

void Host::serve(Hss::Handling handling, trace::Memory::Turn turn, Done done) {
    ++under_way_;
    const auto serving = std::make_shared<Serving>(Serving{std::move(handling), turn, std::move(done)});
    advance(serving, serving->handling.start());
}

void Host::advance(const std::shared_ptr<Serving>& serving, std::optional<StoreRequest> asked) {
    if (asked)
        return store_->ask(std::move(*asked), [this, serving](StoreAnswer answer) {
            advance(serving, serving->handling.resume(std::move(answer)));
        });
    --under_way_;
    auto& outcome = serving->handling.outcome();
    for (const auto& note : outcome.notes) {
        process_.note(note);
        memory_.keep(serving->turn, note, runtime::wall_clock());
    }
    serving->done(outcome);
    send(std::move(outcome.pushes));
}

void Host::send(std::vector<Push> pushes) {
    for (auto& push : pushes) waiting_pushes_.push_back(std::move(push));
    send_waiting();
}

void Host::send_waiting() {
    while (!waiting_pushes_.empty() && pushed_.size() < pushes_at_once) {
        auto push = std::move(waiting_pushes_.front());
        waiting_pushes_.pop_front();
        const cx::RequestId id{next_push_++};
        const bool rtr = std::holds_alternative<cx::RegistrationTerminationRequest>(push.request);
        process_.note(
            Note{Severity::Info, rtr ? "hss.rtr.sent" : "hss.ppr.sent", {{"peer", push.destination_host}}});
        cx::Send send{id, push.request, push.destination_host};
        memory_.keep(memory_.begin(send.request), send, runtime::wall_clock());
        cx_.sent(send, std::chrono::steady_clock::now());
        pushed_.emplace(id, std::move(push));
        diameter_->send(std::move(send));  // may fail at once
    }
}

void Host::on_push_done(cx::RequestId id, std::optional<cx::Answer> answer, trace::Memory::Turn turn) {
    auto node = pushed_.extract(id);
    if (!node) return;
    serve(hss_.handling(std::move(node.mapped()), std::move(answer)), turn, [](const Hss::Outcome&) {});
    send_waiting();
}

// SIGHUP. What sockets, connections and keys hang on needs a restart, and the note says so.
void Host::reload(runtime::Document& document, const std::vector<std::string>&) {
    auto next = read_settings(document.root());
    Note note{Severity::Info, "hss.reloaded"};
    const auto join = [](const std::vector<std::string_view>& sections) {
        std::string text;
        for (const auto s : sections) (text += text.empty() ? "" : " ") += s;
        return text.empty() ? std::string{"nothing"} : text;
    };
    std::vector<std::string_view> changed, restart;
    if (next.policy != settings_.policy) changed.push_back("hss");
    if (next.max_waiting != settings_.max_waiting) changed.push_back("database.max_waiting");
    if (next.diameter != settings_.diameter) restart.push_back("diameter");
    if (next.database != settings_.database || next.secrets != settings_.secrets)
        restart.push_back("database");
    if (next.api != settings_.api) restart.push_back("api");
    if (next.trace != settings_.trace) restart.push_back("trace");
    settings_.policy = next.policy;
    settings_.max_waiting = next.max_waiting;
    hss_.set_policy(std::move(next.policy));
    process_.note(note.with("changed", join(changed)).with("needs_restart", join(restart)));
}

void Host::drain() {
    draining_ = true;
}
bool Host::idle() const {
    return under_way_ == 0 && provisioning_->waiting() == 0 && pushed_.empty() && waiting_pushes_.empty();
}

void Host::stop(std::function<void()> stopped) {
    reconnect_timer_.cancel();
    api_.reset();
    provisioning_.reset();
    connecting_.reset();
    store_->close();
    if (!diameter_) return stopped();
    diameter_->stop(std::move(stopped));
}

runtime::Health Host::health() const {
    const bool connected = store_ && store_->connected();
    return {connected, {{"database", connected ? "connected" : "away"}}};
}

void Host::collect(runtime::Exposition& out) const {
    out.gauge("hss_database_connected", "1 if the database answers.", store_ && store_->connected() ? 1 : 0);
    out.gauge("hss_requests_waiting", "Requests waiting for the database.", static_cast<double>(under_way_));
    out.gauge("hss_pushes_unanswered", "RTR and PPR not answered yet.",
              static_cast<double>(pushed_.size() + waiting_pushes_.size()));
    cx_.collect(out);
    tracing_.collect(out);
    if (!diameter_) return;
    for (const auto& peer : diameter_->peers())
        out.gauge("diameter_peer_open", "1 if the connection to the peer is open (RFC 6733 5.6).",
                  peer.state == "I-Open" || peer.state == "R-Open" ? 1 : 0, {{"peer", peer.identity}});
}

}  // namespace ims::hss
