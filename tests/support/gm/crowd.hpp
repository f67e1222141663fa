#pragma once
#include "pcscf/core/pcscf.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// A crowd of UEs at a P-CSCF core whose home network answers at once: registrations as fast as the core, and
// the kernel that its orders are given to, can take them. Under virtual time; nothing crosses a wire, so what
// the UEs say "on their associations" was never encrypted.
namespace ims::gm {

class Crowd {
  public:
    using Tell = std::function<void(ipsec::Report)>;
    // What is done with the core's orders: a kernel's Orders::carry_out(), or nothing but telling.
    using CarryOut = std::function<void(const ipsec::Order&, const Tell&)>;
    static void carry_out_nowhere(const ipsec::Order& order, const Tell& tell);

    // `ipsec`: with security associations, else in clear.
    Crowd(const IpAddress& pcscf, bool ipsec, CarryOut carry_out);

    static IpAddress address(unsigned ue);  // one for each
    // True if all went as it should: a 401, associations, a 200.
    bool registers(unsigned ue);    // for the first time, in clear
    bool refreshes(unsigned ue);    // on its associations, with a challenge
    bool deregisters(unsigned ue);  // on its associations

    void advance(Duration d);  // stops at each deadline
    pcscf::Pcscf& pcscf() { return *node_; }
    TimePoint now() const { return now_; }
    static const std::vector<std::uint16_t>& protected_ports();
    static std::vector<ipsec::Transform> transforms();

  private:
    // What a UE knows of its associations.
    struct Ue {
        std::uint16_t own_port = 0;  // port-uc of those in use
        std::uint16_t port_ps = 0;
        unsigned turn = 0;
        std::vector<std::string> verify;  // Security-Server, as it came
    };
    Ue& ue(unsigned n);
    std::string a_register(unsigned n, std::uint16_t port_uc, bool answer, unsigned expires, bool offer,
                           const std::string& nonce);
    int ask(std::string text, const sip::Flow& flow);  // the status of what came to a UE then
    void event(const Event& e);
    void take(Effects effects);
    std::string home_answers(const sip::Message& request);
    bool challenge_and_answer(unsigned n, const sip::Flow& flow, unsigned expires);

    IpAddress own_;
    bool ipsec_;
    CarryOut carry_out_;
    SeededRandom random_{7};
    std::unique_ptr<pcscf::Pcscf> node_;
    TimePoint now_{std::chrono::hours{1}};
    std::vector<Ue> ues_;
    std::deque<Event> events_;
    std::string to_ue_;  // the last message that left towards a UE
    std::uint64_t last_ = 0;
};

}  // namespace ims::gm
