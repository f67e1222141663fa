#pragma once
#include "common/diameter/net/service.hpp"
#include "common/runtime/process.hpp"
#include "hss/core/hss.hpp"
#include "hss/shell/settings.hpp"
#include "hss/shell/workers.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <unordered_map>

#include <boost/asio/steady_timer.hpp>

namespace ims::hss {

class Api;

// The HSS as a process: Diameter on the loop, decisions and the database on workers, answers back on the
// loop.
class Host final : public runtime::Hosted {
  public:
    Host(runtime::Process& process, Settings settings);
    ~Host() override;

    bool start(std::string& why) override;
    void drain() override;
    bool idle() const override;
    void stop(std::function<void()> stopped) override;
    runtime::Health health() const override;
    void collect(runtime::Exposition& out) const override;

    void send(std::vector<Push> pushes);                // on the loop
    void post(std::function<void()> on_loop);           // from any thread
    void note_from_worker(Note note);                   // from any thread
    Workers& provisioning() { return *provisioning_; }  // one thread: bulk work leaves the others alone
    bool draining() const { return draining_; }
    const Policy& policy() const { return settings_.policy; }

  private:
    void on_event(diameter::Service::Event event);
    void on_request(cx::RequestArrived request);
    void send_waiting();
    void on_push_done(cx::RequestId id, std::optional<cx::Answer> answer);
    std::unique_ptr<PostgresStore> make_store();
    void probe_database();

    runtime::Process& process_;
    Settings settings_;
    Hss hss_;
    std::shared_ptr<CatalogueCache> cache_ = std::make_shared<CatalogueCache>();
    std::atomic<bool> database_connected_{false};
    bool draining_ = false;
    std::unordered_map<cx::RequestId, Push> pushed_;
    std::deque<Push> waiting_pushes_;
    std::uint64_t next_push_ = 1;
    boost::asio::steady_timer probe_timer_;
    std::unique_ptr<diameter::Service> diameter_;
    std::unique_ptr<Api> api_;
    std::unique_ptr<Workers> workers_;
    std::unique_ptr<Workers> provisioning_;
};

}  // namespace ims::hss
