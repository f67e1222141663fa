#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;

namespace {

// The 200 that a UE gets whose REGISTER had this Via and came from Alice's address.
sip::Message registered(const std::string& via, sip::Transport transport = sip::Transport::Udp,
                        const std::string& contact_params = {},
                        const std::vector<std::string>& more_in_200 = {}) {
    Stage stage;
    auto r = stage.a_register(alice_at, {"Supported: path, outbound"});
    const auto begin = r.find("Via: ");
    r.replace(begin, r.find("\r\n", begin) - begin, "Via: " + via);
    const std::string contact = "<sip:alice@127.0.0.2:40000>";
    r.insert(r.find(contact) + contact.size(), contact_params);
    stage.receive(r, alice_at, transport, sip::is_reliable(transport) ? 5 : 0);
    const auto out = stage.request("REGISTER");
    auto lines = Stage::accepted();
    lines.insert(lines.end(), more_in_200.begin(), more_in_200.end());
    stage.receive(stage.answer(out.message, 200, lines), icscf_at);
    return stage.response(200).message;
}

}  // namespace

TEST_CASE("a UE behind a NAT that offers keep-alives is told how often", "[TS24.229-5.2.2.1][RFC6223-4.4]") {
    const auto via = registered("SIP/2.0/UDP 192.168.0.7:5060;branch=z9hG4bKk;rport;keep").top_via();
    CHECK(via.params.get("keep").value_or("") == "30");
    CHECK(via.host == "192.168.0.7");
    CHECK(via.params.get("received").value_or("") == "127.0.0.2");
    CHECK(registered("SIP/2.0/TCP 192.168.0.7:5060;branch=z9hG4bKk;keep", sip::Transport::Tcp)
              .top_via()
              .params.get("keep")
              .value_or("") == "120");
}

TEST_CASE("keep-alives are not asked for where no NAT is, or the UE did not offer them", "[RFC6223-4.4]") {
    const auto no_nat = registered("SIP/2.0/UDP 127.0.0.2:40000;branch=z9hG4bKk;rport;keep").top_via();
    CHECK(no_nat.params.has("keep"));
    CHECK_FALSE(no_nat.params.get("keep"));
    CHECK_FALSE(registered("SIP/2.0/UDP ue.example;branch=z9hG4bKk;rport;keep").top_via().params.get("keep"));
    CHECK_FALSE(
        registered("SIP/2.0/UDP 192.168.0.7:5060;branch=z9hG4bKk;rport").top_via().params.has("keep"));
}

TEST_CASE("a connection that carries a flow of outbound has a Flow-Timer", "[RFC5626-5.4]") {
    const std::string via = "SIP/2.0/TCP 127.0.0.2:40000;branch=z9hG4bKk";
    const std::string flow = ";+sip.instance=\"<urn:uuid:1>\";reg-id=1";
    const auto bound = registered(via, sip::Transport::Tcp, flow, {"Require: outbound"});
    REQUIRE(bound.has<h::FlowTimer>());
    CHECK(*bound.get<h::FlowTimer>() == 120);
    CHECK_FALSE(registered(via, sip::Transport::Tcp, flow).has<h::FlowTimer>());
    CHECK_FALSE(registered("SIP/2.0/UDP 127.0.0.2:40000;branch=z9hG4bKk;rport", sip::Transport::Udp, flow,
                           {"Require: outbound"})
                    .has<h::FlowTimer>());
}

TEST_CASE("a connection is needed while somebody is registered on it", "[RFC5626-4.4.1]") {
    Stage stage;
    const sip::Flow flow{sip::Transport::Tcp, pcscf_at, alice_at, 5};
    stage.receive(stage.a_register(alice_at), alice_at, sip::Transport::Tcp, 5);
    CHECK_FALSE(stage.node().needs(flow));  // whoever sends a REGISTER may be anybody
    stage.receive(stage.answer(stage.request("REGISTER").message, 200, Stage::accepted()), icscf_at);
    CHECK(stage.node().needs(flow));
    auto other = flow;
    other.connection = 6;
    CHECK_FALSE(stage.node().needs(other));
    stage.advance(700'000s);
    CHECK_FALSE(stage.node().needs(flow));
}
