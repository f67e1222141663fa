#include "hss/shell/host.hpp"

#include "common/crypto/seal.hpp"
#include "common/runtime/buffered_random.hpp"
#include "hss/shell/api.hpp"

#include <boost/asio/post.hpp>

namespace ims::hss {
namespace {

constexpr auto probe_interval = 1s;
// A changed service profile may concern everybody: S-CSCFs are told at the pace of their answers.
constexpr std::size_t pushes_at_once = 256;

// Requests about one user go to one worker: by IMPI where there is one, as an IMPU may be any of several.
std::size_t key_of(const cx::Request& request) {
    return std::visit(
        overloaded{
            [](const cx::ServerAssignmentRequest& r) {
                if (r.user_name) return std::hash<Impi>{}(*r.user_name);
                return r.public_identity.empty() ? std::size_t{0}
                                                 : std::hash<Impu>{}(r.public_identity.front());
            },
            [](const cx::LocationInfoRequest& r) { return std::hash<Impu>{}(r.public_identity); },
            [](const auto& r) { return std::hash<Impi>{}(r.user_name); },
        },
        request);
}

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

Random& worker_random() {
    thread_local crypto::SystemRandom system;
    thread_local runtime::BufferedRandom buffered{system};
    return buffered;
}

}  // namespace

Host::Host(runtime::Process& process, Settings settings)
    : process_{process}, settings_{std::move(settings)}, hss_{settings_.policy}, probe_timer_{process.io()} {}
Host::~Host() = default;

std::unique_ptr<PostgresStore> Host::make_store() {
    return std::make_unique<PostgresStore>(settings_.database, *settings_.secrets, cache_,
                                           [this](Note note) { note_from_worker(std::move(note)); });
}

void Host::post(std::function<void()> on_loop) {
    boost::asio::post(process_.io(), std::move(on_loop));
}
void Host::note_from_worker(Note note) {
    // The log takes lines from any thread, so a process that dies has said why; counting is the loop's.
    post([this, note = std::move(note)] { process_.note(note); });
}

bool Host::start(std::string& why) {
    workers_ =
        std::make_unique<Workers>(settings_.workers, settings_.max_waiting, [this] { return make_store(); });
    provisioning_ = std::make_unique<Workers>(1, 1'000, [this] { return make_store(); });
    probe_database();

    diameter_ = std::make_unique<diameter::Service>(
        process_.io(), settings_.diameter, [this](diameter::Service::Event e) { on_event(std::move(e)); });
    try {
        diameter_->start();
    } catch (const std::runtime_error& e) {
        why = std::string{"diameter: "} + e.what();
        return false;
    }
    if (!settings_.api) return true;
    api_ = std::make_unique<Api>(*this, process_, *settings_.api, settings_.policy);
    return api_->start(why);
}

// An idle HSS must know, too, that its database is away; and come back to it before somebody asks.
void Host::probe_database() {
    provisioning_->post(0, [this](PostgresStore& store) {
        const auto away =
            store.connection().run(true, [&](pqxx::connection_base& c) { store.catalogue(c, {}); });
        database_connected_ = !away;
    });
    probe_timer_.expires_after(probe_interval);
    probe_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) probe_database();
    });
}

void Host::on_event(diameter::Service::Event event) {
    std::visit(overloaded{
                   [&](cx::RequestArrived& r) { on_request(std::move(r)); },
                   [&](cx::AnswerArrived& a) { on_push_done(a.id, std::move(a.answer)); },
                   [&](cx::SendFailed& f) { on_push_done(f.id, std::nullopt); },
                   [&](Note& n) { process_.note(n); },
               },
               event);
}

void Host::on_request(cx::RequestArrived arrived) {
    const auto id = arrived.id;
    const auto key = key_of(arrived.request);
    auto request = std::make_shared<cx::RequestArrived>(std::move(arrived));
    const bool taken = !draining_ && workers_->post(key, [this, request](PostgresStore& store) {
        auto outcome = std::make_shared<Hss::Outcome>(hss_.handle(
            request->request, {request->origin_host, request->origin_realm}, store, worker_random()));
        post([this, id = request->id, outcome] {
            for (const auto& note : outcome->notes) process_.note(note);
            diameter_->reply({id, std::move(outcome->answer)});
            send(std::move(outcome->pushes));
        });
    });
    if (!taken) diameter_->reply({id, too_busy(request->request)});
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
        pushed_.emplace(id, std::move(push));
        diameter_->send(std::move(send));  // may fail at once
    }
}

void Host::on_push_done(cx::RequestId id, std::optional<cx::Answer> answer) {
    auto node = pushed_.extract(id);
    if (!node || !workers_) return;
    auto push = std::make_shared<Push>(std::move(node.mapped()));
    workers_->post(key_of(push->request), [this, push, answer = std::move(answer)](PostgresStore& store) {
        auto outcome = std::make_shared<Hss::Outcome>(hss_.handle_push_answer(*push, answer, store));
        post([this, outcome] {
            for (const auto& note : outcome->notes) process_.note(note);
            send(std::move(outcome->pushes));
        });
    });
    send_waiting();
}

void Host::drain() {
    draining_ = true;
}
bool Host::idle() const {
    return workers_->waiting() == 0 && pushed_.empty() && waiting_pushes_.empty();
}

void Host::stop(std::function<void()> stopped) {
    probe_timer_.cancel();
    api_.reset();
    workers_.reset();
    provisioning_.reset();
    if (!diameter_) return stopped();
    diameter_->stop(std::move(stopped));
}

runtime::Health Host::health() const {
    const bool connected = database_connected_;
    return {connected, {{"database", connected ? "connected" : "away"}}};
}

void Host::collect(runtime::Exposition& out) const {
    out.gauge("hss_database_connected", "1 if the database answers.", database_connected_ ? 1 : 0);
    out.gauge("hss_requests_waiting", "Requests waiting for a worker or being worked on.",
              static_cast<double>(workers_ ? workers_->waiting() : 0));
    out.gauge("hss_pushes_unanswered", "RTR and PPR not answered yet.",
              static_cast<double>(pushed_.size() + waiting_pushes_.size()));
    if (!diameter_) return;
    for (const auto& peer : diameter_->peers())
        out.gauge("diameter_peer_open", "1 if the connection to the peer is open (RFC 6733 5.6).",
                  peer.state == "I-Open" || peer.state == "R-Open" ? 1 : 0, {{"peer", peer.identity}});
}

}  // namespace ims::hss
