#pragma once
#include "common/crypto/seal.hpp"
#include "common/diameter/net/service.hpp"
#include "common/runtime/buffered_random.hpp"
#include "common/runtime/cx_measurements.hpp"
#include "common/runtime/process.hpp"
#include "common/runtime/tracing.hpp"
#include "common/trace/memory.hpp"
#include "hss/core/hss.hpp"
#include "hss/postgres/postgres_store.hpp"
#include "hss/shell/settings.hpp"
#include "hss/shell/worker.hpp"

#include <deque>
#include <memory>
#include <unordered_map>

#include <boost/asio/steady_timer.hpp>

namespace ims::hss {

class Api;

// The HSS as a process: Diameter, decisions and the database of requests on the loop; provisioning, which may
// take long, and what blocks while connecting, on threads.
class Host final : public runtime::Hosted {
  public:
    Host(runtime::Process& process, Settings settings);
    ~Host() override;

    bool start(std::string& why) override;
    void drain() override;
    bool idle() const override;
    void stop(std::function<void()> stopped) override;
    void reload(runtime::Document& document, const std::vector<std::string>& changed) override;
    runtime::Health health() const override;
    void collect(runtime::Exposition& out) const override;

    void send(std::vector<Push> pushes);       // on the loop
    void post(std::function<void()> on_loop);  // from any thread
    void note_from_worker(Note note);          // from any thread
    // Runs on a thread of its own: bulk work leaves requests alone. False: too much is waiting.
    bool provision(std::function<void(PostgresStore&)> work);
    bool draining() const { return draining_; }
    const Policy& policy() const { return hss_.policy(); }

  private:
    using Done = std::function<void(Hss::Outcome&)>;
    struct Serving;

    void on_event(diameter::Service::Event event);
    void on_request(cx::RequestArrived request);
    void serve(Hss::Handling handling, trace::Memory::Turn turn, Done done);
    void advance(const std::shared_ptr<Serving>& serving, std::optional<StoreRequest> asked);
    void send_waiting();
    void on_push_done(cx::RequestId id, std::optional<cx::Answer> answer, trace::Memory::Turn turn);
    trace::Memory::Turn turn_of(cx::RequestId push);
    void reply(cx::Reply reply, trace::Memory::Turn turn);
    void note(const Note& note);
    void keep_connected();

    runtime::Process& process_;
    Settings settings_;
    Hss hss_;
    crypto::SystemRandom system_random_;
    runtime::BufferedRandom random_{system_random_};
    runtime::CxMeasurements cx_;
    trace::Memory memory_;
    runtime::Tracing tracing_;
    std::shared_ptr<CatalogueCache> cache_ = std::make_shared<CatalogueCache>();
    bool draining_ = false;
    std::size_t under_way_ = 0;
    std::unordered_map<cx::RequestId, Push> pushed_;
    std::deque<Push> waiting_pushes_;
    std::uint64_t next_push_ = 1;
    boost::asio::steady_timer reconnect_timer_;
    std::unique_ptr<diameter::Service> diameter_;
    std::unique_ptr<Api> api_;
    std::shared_ptr<AsyncStore> store_;
    std::unique_ptr<PostgresStore> provisioning_store_;
    std::unique_ptr<Worker> connecting_, provisioning_;
};

}  // namespace ims::hss
