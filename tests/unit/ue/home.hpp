#pragma once
#include "common/base/random.hpp"
#include "common/crypto/aka.hpp"
#include "common/crypto/digest.hpp"
#include "common/sip/proxy/element.hpp"
#include "tests/support/saved_state.hpp"
#include "tests/ue/core/ue.hpp"

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

// The smallest home network that a UE can live in, for tests of the UE alone: one element at the P-CSCF's
// address that authenticates, keeps contacts and proxies with Record-Route. Under virtual time; no IMS core
// is in it.
namespace ims::ue::test {

inline constexpr auto domain = "ims.mnc001.mcc001.3gppnetwork.org";

crypto::AkaKeys test_keys();

// What `text` says of a happening, in one line: "registered 600000", "call ended: hung up 200".
std::string text(const Happening& happening);

class Home {
  public:
    Home();

    // Alice is 1, Bob is 2: IMSI 00101000000000n, sip:+1555000n@domain.
    Config config_of(int n, bool v6 = false) const;
    Ue& add(Config config);
    Ue& add(int n) { return add(config_of(n)); }
    // Takes the UE off the network and gives back its saved state.
    std::string remove(Ue& ue);

    // Runs until nothing is due before `until`; run() until all is quiet within a second.
    void advance(Duration d);
    void run() { advance(1s); }
    TimePoint now() const { return now_; }

    // Happenings of a UE since the last call, as texts; retransmissions and time included in none.
    std::vector<std::string> happenings(Ue& ue);
    template <class Command>
    void command(Ue& ue, Command&& command) {
        Effects out;
        command(ue, now_, out);
        carry(ue, out);
    }
    void registers(Ue& ue);

    // ---- how the network behaves
    struct Behaviour {
        std::string algorithm = "AKAv1-MD5";  // of challenges; empty: none, "MD5" and so on for passwords
        std::string password = "secret";
        std::uint64_t sqn = 32;
        std::uint32_t granted = 600'000;
        int refuse_register = 0;  // a status instead of an answer
        std::uint32_t min_expires = 0;
        bool silent = false;
        std::string qop = "auth";
    } behaviour;
    // Sees each message on the wire; false drops it.
    std::function<bool(const sip::Message&, bool to_ue)> wire;
    std::vector<sip::Message> seen;  // requests that UEs sent, retransmissions included
    std::vector<sip::Message> of(std::string_view method) const;

    // A NOTIFY in the reg event subscription that a UE made.
    void notify(const std::string& body, const std::string& state = "active;expires=600000");
    bool subscribed() const { return subscribe_.has_value(); }
    std::optional<std::uint64_t> resynchronised;  // SQN_MS of the last AUTS
    int failed_responses = 0;

  private:
    struct Packet {
        sip::Buffer bytes;
        IpEndpoint to;
    };

    void carry(Ue& ue, Effects& effects);
    void deliver(const Packet& packet);
    void settle();
    void on(const sip::RequestArrived& event);
    void registered(const sip::RequestArrived& event);
    void challenge(const sip::RequestArrived& event);
    bool authenticated(const sip::Message& request);
    void proxy(const sip::RequestArrived& event);
    std::optional<sip::Target> target_of(const sip::Uri& uri) const;

    TimePoint now_{};
    SeededRandom random_{7};
    sip::Element element_;
    sip::ElementOutputs outputs_;
    std::list<Ue> ues_;
    std::deque<Packet> packets_;
    std::map<std::string, sip::Uri> contacts_;  // by user part of the public identity
    crypto::Vector vector_;
    std::string nonce_;
    std::optional<sip::Message> subscribe_;
    std::uint32_t notify_cseq_ = 0;
};

}  // namespace ims::ue::test
