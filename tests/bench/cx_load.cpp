// Registers users at an HSS at a stated rate, as an I-CSCF and an S-CSCF do it over Cx: UAR, MAR, UAR, SAR
// (TS 29.228 A.4.1). A registration again is UAR, MAR, UAR, SAR as well; a challenge is answered always.
#include "common/base/text.hpp"
#include "common/diameter/net/service.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <unordered_map>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace ims;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
    std::string hss = "127.0.0.1:3868", realm;
    std::uint64_t first_imsi = 1010000000001, first_msisdn = 15000000001;
    double rate = 400;
    unsigned users = 4000;  // asked one after the other, from the first one again when all were
    unsigned seconds = 10;
};

diameter::Config config_of(const std::string& name, const Options& options, const IpEndpoint& hss) {
    diameter::Config config;
    config.identity = name + "." + options.realm;
    config.realm = options.realm;
    config.peers = {
        {"hss." + options.realm, "", hss.address.text(), hss.port, diameter::PeerTransport::Tcp, 0, false}};
    config.reconnect_min = 100ms;
    return config;
}

class Load {
  public:
    Load(boost::asio::io_context& io, const Options& options, const IpEndpoint& hss)
        : options_{options},
          timer_{io},
          icscf_{io, config_of("icscf", options, hss), [this](diameter::Service::Event e) { on(e); }},
          scscf_{io, config_of("scscf", options, hss), [this](diameter::Service::Event e) { on(e); }} {
        icscf_.start();
        scscf_.start();
        wait_for_peers();
    }

    nlohmann::json report() const {
        auto sorted = latencies_;
        std::ranges::sort(sorted);
        const auto at = [&](double part) {
            if (sorted.empty()) return 0.0;
            const auto n = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
            return std::chrono::duration<double, std::milli>(sorted[n]).count();
        };
        const auto seconds = std::chrono::duration<double>(ended_ - began_).count();
        return {{"asked_rate", options_.rate}, {"rate", static_cast<double>(latencies_.size()) / seconds},
                {"done", latencies_.size()},   {"failed", failed_},
                {"p50_ms", at(0.5)},           {"p99_ms", at(0.99)}};
    }

  private:
    struct Registration {
        unsigned user = 0;
        int step = 0;
        Clock::time_point began;
    };

    void wait_for_peers() {
        timer_.expires_after(50ms);
        timer_.async_wait([this](const boost::system::error_code&) {
            if (!icscf_.any_open() || !scscf_.any_open()) return wait_for_peers();
            std::cout << "measuring" << std::endl;
            began_ = Clock::now();
            tick();
        });
    }
    void tick() {
        const auto elapsed = Clock::now() - began_;
        const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
        const auto due = std::min(
            total,
            static_cast<std::uint64_t>(std::chrono::duration<double>(elapsed).count() * options_.rate) + 1);
        for (; started_ < due; ++started_)
            ask({static_cast<unsigned>(started_ % options_.users), 0, Clock::now()});
        if (started_ < total) {
            timer_.expires_at(
                began_ + std::chrono::duration_cast<Clock::duration>(
                             std::chrono::duration<double>(static_cast<double>(started_) / options_.rate)));
            timer_.async_wait([this](const boost::system::error_code&) { tick(); });
        }
    }
    void ask(Registration registration) {
        std::string digits = std::to_string(options_.first_imsi + registration.user);
        digits.insert(0, 15 - digits.size(), '0');
        const Impi impi{digits + "@" + options_.realm};
        const Impu impu{"sip:+" + std::to_string(options_.first_msisdn + registration.user) + "@" +
                        options_.realm};
        const auto scscf = "sip:scscf." + options_.realm + ":6060";
        const cx::RequestId id{++last_id_};
        switch (registration.step) {
            case 0:
            case 2: {
                cx::UserAuthorizationRequest r;
                r.user_name = impi;
                r.public_identity = impu;
                r.visited_network_identifier = options_.realm;
                icscf_.send({id, std::move(r), std::nullopt});
                break;
            }
            case 1: {
                cx::MultimediaAuthRequest r;
                r.user_name = impi;
                r.public_identity = impu;
                r.server_name = scscf;
                r.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
                scscf_.send({id, std::move(r), std::nullopt});
                break;
            }
            default: {
                cx::ServerAssignmentRequest r;
                r.user_name = impi;
                r.public_identity = {impu};
                r.server_name = scscf;
                r.server_assignment_type = cx::ServerAssignmentType::Registration;
                scscf_.send({id, std::move(r), std::nullopt});
            }
        }
        under_way_.emplace(id, registration);
    }
    void on(diameter::Service::Event& event) {
        if (auto* a = std::get_if<cx::AnswerArrived>(&event)) {
            const auto& result = cx::result(a->answer);
            const bool good = result == diameter::Result{cx::ResultCode::Success} ||
                              result == diameter::Result{cx::ExperimentalResultCode::FirstRegistration} ||
                              result == diameter::Result{cx::ExperimentalResultCode::SubsequentRegistration};
            finish_step(a->id, good);
        } else if (auto* f = std::get_if<cx::SendFailed>(&event)) {
            finish_step(f->id, false);
        }
    }
    void finish_step(cx::RequestId id, bool good) {
        auto node = under_way_.extract(id);
        if (!node) return;
        auto registration = node.mapped();
        if (good && ++registration.step < 4) return ask(registration);
        ended_ = Clock::now();
        if (good)
            latencies_.push_back(ended_ - registration.began);
        else
            ++failed_;
        if (latencies_.size() + failed_ < static_cast<std::uint64_t>(options_.rate * options_.seconds))
            return;
        std::cout << report().dump() << std::endl;
        timer_.cancel();
        icscf_.stop([] {});
        scscf_.stop([] {});
    }

    Options options_;
    boost::asio::steady_timer timer_;
    diameter::Service icscf_, scscf_;
    Clock::time_point began_, ended_;
    std::uint64_t started_ = 0, last_id_ = 0, failed_ = 0;
    std::unordered_map<cx::RequestId, Registration> under_way_;
    std::vector<Clock::duration> latencies_;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Registers users at an HSS over Cx at a stated rate; prints what came of it as JSON"};
    Options options;
    app.add_option("--hss", options.hss, "ADDRESS:PORT of the HSS")->capture_default_str();
    app.add_option("--realm", options.realm, "Realm of all nodes and identities")->required();
    app.add_option("--first-imsi", options.first_imsi, "IMSI of the first user")->capture_default_str();
    app.add_option("--first-msisdn", options.first_msisdn, "Number of the first user")->capture_default_str();
    app.add_option("--users", options.users, "How many users there are")->capture_default_str();
    app.add_option("--rate", options.rate, "Registrations a second")->capture_default_str();
    app.add_option("--seconds", options.seconds, "For how long")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const auto hss = IpEndpoint::parse(options.hss);
    if (!hss) {
        std::cerr << "--hss must be ADDRESS:PORT\n";
        return 2;
    }
    boost::asio::io_context io;
    Load load{io, options, *hss};
    io.run();
    return 0;
}
