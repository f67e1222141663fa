#pragma once
#include "common/base/random.hpp"
#include "hss/core/memory_store.hpp"
#include "icscf/core/icscf.hpp"
#include "pcscf/core/pcscf.hpp"
#include "scscf/core/scscf.hpp"
#include "tests/support/world/application_server.hpp"
#include "tests/support/world/hss_node.hpp"
#include "tests/support/world/wire.hpp"
#include "tests/ue/core/ue.hpp"

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

// A whole IMS in one process under virtual time: UEs, P-CSCF, I-CSCF, S-CSCF and HSS on a wire in memory. A
// scenario reads like a call flow:
//
//   World world;
//   auto& alice = world.ue("alice");
//   auto& bob = world.ue("bob");
//   alice.registers();
//   bob.registers();
//   world.run();
//   alice.calls(bob);
//   REQUIRE(world.until([&] { return bob.is_ringing(); }));
namespace ims::world {

inline constexpr std::string_view home = "ims.mnc001.mcc001.3gppnetwork.org";

struct Options {
    Duration latency = 5ms;
    std::uint64_t seed = 1;
    bool udp_only = false;  // large requests too, so that each of them can be lost
    bool security_required = false;
    bool ipsec = false;        // security is required, and UEs and P-CSCF have IPsec
    bool connections = false;  // the P-CSCF listens for TLS and WebSockets too: World::first_hop()
    bool ipv6 = false;         // the P-CSCF listens on IPv6 too: World::on_ipv6()
    std::size_t max_transactions = 200'000;
    bool proves_each_turn = true;  // Wire::prove_disks()
    pcscf::Config pcscf;           // uri, security and, if it is empty, visited_network are set here
    scscf::Config scscf;
    Options() {}
};

class World;

// A UE and the person who holds it. Lives as long as its world.
class Phone {
  public:
    // ---- what the person does
    void registers();
    void deregisters();
    void calls(const Phone& other);
    void calls(const Impu& number);
    void answers();
    void rejects(int status);
    void hangs_up();
    void holds();
    void updates();
    void sends(std::string_view text, const Phone& other);
    void sends(std::string_view text, const Impu& number);
    void asks_options_of(const Phone& other);
    void picks_up_at_once(bool automatic = true);

    // ---- what the person sees
    bool is_registered() const;
    std::chrono::seconds granted_expiry() const;  // of the last 200
    bool is_ringing() const;                      // somebody calls
    bool hears_ringing() const;                   // the other side is alerted
    bool is_in_call() const;
    bool has_no_call() const;
    bool is_busy_with_nothing() const;  // no transaction under way
    template <class T>
    const T* last() const {  // the last happening of a kind, or null
        for (auto h = happenings().rbegin(); h != happenings().rend(); ++h)
            if (const auto* found = std::get_if<T>(&*h)) return found;
        return nullptr;
    }
    template <class T>
    std::size_t count() const {
        std::size_t n = 0;
        for (const auto& h : happenings()) n += std::holds_alternative<T>(h) ? 1U : 0U;
        return n;
    }
    const std::vector<ue::Happening>& happenings() const;
    void forgets_what_happened();

    const std::string& name() const { return name_; }
    Impi impi() const;
    Impu impu() const;    // the one it registers
    Impu number() const;  // tel:+MSISDN
    ue::Ue& ue();

  private:
    friend class World;
    Phone(World& world, std::string name, ue::Config config)
        : world_{world}, name_{std::move(name)}, config_{std::move(config)} {}
    template <class F>
    auto act(F f);
    void look() const;  // takes over what happened

    World& world_;
    std::string name_;
    ue::Config config_;
    mutable std::vector<ue::Happening> happenings_;
    mutable std::optional<ue::CallHandle> call_;
    mutable bool ringing_ = false, hears_ringing_ = false, in_call_ = false;
};

class World : public Wire {
  public:
    explicit World(Options options = {});
    ~World() override;

    // A subscriber with a phone; `change` adjusts it before it is switched on.
    Phone& ue(const std::string& name, const std::function<void(ue::Config&)>& change = {});
    Phone& phone(const std::string& name);
    // A UE whose first hop this is, with a password; with `connections`.
    static void first_hop(ue::Config& c, sip::Transport transport);
    static void on_ipv6(ue::Config& c);  // a UE that has nothing else; with `ipv6`
    void everybody_looks();              // takes over what happened, before a UE forgets it in a restart

    pcscf::Pcscf& pcscf() { return static_cast<pcscf::Pcscf&>(*host("pcscf").node); }
    icscf::Icscf& icscf() { return static_cast<icscf::Icscf&>(*host("icscf").node); }
    scscf::Scscf& scscf() { return static_cast<scscf::Scscf&>(*host("scscf").node); }
    // Application servers at 127.0.1.51, .52 and so on, each with a criterion for the method and session case
    // in every subscriber's profile, in the order of the calls. To be called before anybody registers.
    void application_server(const std::string& name, const std::string& method, SessionCase session_case,
                            std::optional<DefaultHandling> default_handling = {});
    ApplicationServer& server(std::string_view name) {
        return static_cast<ApplicationServer&>(*host(name).node);
    }
    hss::MemoryStore& hss_store() { return store_; }
    bool is_udp_only() const { return options_.udp_only; }

    // What the HSS sends of its own: RTR, PPR.
    void push(const std::vector<hss::Push>& pushes);

    // Until nothing is under way, every retransmission is over and every node is idle, but not longer than
    // `limit`.
    void run(Duration limit = 400s);
    // Until it holds; false if it does not within `limit`.
    bool until(const std::function<bool()>& condition, Duration limit = 400s);

  protected:
    void on_cx(Host& from, const cx::Send& send) override;
    void on_cx(Host& from, const cx::Reply& reply) override;
    void on_down(const Host& host) override;

  private:
    sip::ElementConfig element(const IpEndpoint& at) const;
    bool all_idle();

    Options options_;
    std::list<SeededRandom> randoms_;  // one for each start of a node
    // A Diameter request that waits for its answer.
    struct Asked {
        std::string from, to;
        std::uint64_t starts = 0;  // of `from`
        cx::RequestId id;          // as `from` knows it
    };
    void cannot_deliver(const Asked& asked, cx::SendFailed::Reason reason);

    hss::MemoryStore store_;  // the database: it outlives every HSS
    std::map<std::uint64_t, Asked> asked_;
    std::uint64_t last_asked_ = 0;
    std::deque<Phone> phones_;
    std::uint64_t last_seed_ = 0;
    unsigned servers_ = 0;
};

}  // namespace ims::world
