#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;
using sip::HeaderId;

namespace {

const auto ephemeral = *IpEndpoint::parse("127.0.0.2:51234");
const sip::Flow connection{sip::Transport::Tcp, pcscf_at, ephemeral, 5};

// Alice registers over a connection of hers; returns the Path URI.
std::string register_over_tcp(Stage& stage, const std::string& contact,
                              const std::vector<std::string>& more = {}) {
    auto r = stage.a_register(ephemeral, {"Supported: path, outbound"});
    r.replace(r.find("SIP/2.0/UDP"), 11, "SIP/2.0/TCP");
    const std::string usual = "<sip:alice@127.0.0.2:40000>";
    r.replace(r.find(usual), usual.size(), contact);
    stage.receive(r, ephemeral, sip::Transport::Tcp, connection.connection);
    const auto out = stage.request("REGISTER");
    auto lines = Stage::accepted();
    lines.front() = "Contact: " + contact + ";expires=3600";
    lines.insert(lines.end(), more.begin(), more.end());
    stage.receive(stage.answer(out.message, 200, lines), icscf_at);
    CHECK(stage.response(200).transport == sip::Transport::Tcp);
    return out.message.get<h::Path>()->uri.text();
}

// What left for a UE over a new connection.
sip::Message over_new_connection(Stage& stage, std::string_view method) {
    const auto sent = stage.request(method);
    CHECK(sent.to == alice_at);  // where the contact says, not where the old connection came from
    CHECK(sent.transport == sip::Transport::Tcp);
    CHECK_FALSE(sent.over_flow);
    CHECK(sent.local.value_or(IpEndpoint{}).address == pcscf_at.address);
    CHECK(sent.message.top_via().transport == "TCP");
    CHECK(sent.message.top_via().port == pcscf_at.port);
    return sent.message;
}

const std::string over_tcp = "<sip:alice@127.0.0.2:40000;transport=tcp>";

}  // namespace

TEST_CASE("a UE whose connection is closed is reached by a new one to its contact",
          "[RFC3261-18.1.1][TS24.229-5.2.2.1]") {
    Stage stage;
    const auto path = register_over_tcp(stage, over_tcp);
    stage.event(sip::FlowClosed{connection});

    stage.receive(stage.for_alice("INVITE", path), scscf_at);
    (void)stage.response(100);
    const auto invite = over_new_connection(stage, "INVITE");
    // The UE comes back to where we listen, whatever port the connection leaves from.
    const auto own = invite.get<h::RecordRoute>()->uri;
    CHECK(own.port == pcscf_at.port);
    const sip::Flow anew{sip::Transport::Tcp, *IpEndpoint::parse("127.0.1.10:33333"), alice_at, 6};
    stage.receive(stage.answer(invite, 200, {"Contact: " + over_tcp}, "al"), anew);
    (void)stage.response(200);
    SECTION("so are the ACK and the requests of its dialog") {}
    SECTION("also after a restart of the P-CSCF, which no connection outlives") {
        stage.restart();
    }
    stage.receive(stage.for_alice("ACK", own.text(), {}, "al"), scscf_at);
    (void)over_new_connection(stage, "ACK");
    stage.receive(stage.for_alice("BYE", own.text(), {}, "al"), scscf_at);
    (void)over_new_connection(stage, "BYE");
    stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
    (void)over_new_connection(stage, "MESSAGE");
}

TEST_CASE("while its connection lives a UE is reached over it and by nothing else", "[TS24.229-5.2.6.4.3]") {
    Stage stage;
    const auto path = register_over_tcp(stage, over_tcp);
    stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
    const auto sent = stage.request("MESSAGE");
    CHECK(sent.over_flow);
    CHECK(sent.to == ephemeral);
}

TEST_CASE("a connection that turns out dead is replaced by one to the contact, once", "[RFC3261-16.9]") {
    Stage stage;
    const auto path = register_over_tcp(stage, over_tcp);
    stage.receive(stage.for_alice("INVITE", path, {"P-Charging-Vector: icid-value=77"}), scscf_at);
    (void)stage.response(100);
    const auto lost = stage.request("INVITE");
    CHECK(lost.over_flow);
    stage.event(sip::TransportFailed{lost.id, "connection reset"});
    const auto again = stage.request("INVITE");
    CHECK_FALSE(again.over_flow);
    CHECK(again.to == alice_at);
    CHECK_FALSE(again.message.has<h::PChargingVector>());
    CHECK(again.message.raw_all(HeaderId::RecordRoute) == lost.message.raw_all(HeaderId::RecordRoute));
    CHECK(stage.noted("pcscf.ue.by_contact"));
    SECTION("where nobody listens any more either it is 480") {
        stage.event(sip::TransportFailed{again.id, "connection refused"});
        CHECK(stage.response(480).to == scscf_at);
        CHECK(stage.silent());
    }
    SECTION("and the call goes on") {
        stage.receive(stage.answer(again.message, 180, {"Contact: " + over_tcp}, "al"),
                      {sip::Transport::Tcp, *IpEndpoint::parse("127.0.1.10:33333"), alice_at, 6});
        CHECK(stage.response(180).to == scscf_at);
    }
}

TEST_CASE("a contact that is not where the UE was seen is nobody to connect to", "[RFC3261-18.1.1]") {
    Stage stage;
    const auto contact = GENERATE(as<std::string>{}, "<sip:alice@192.168.0.2:40000;transport=tcp>",
                                  "<sip:alice@ue.example;transport=tcp>",
                                  "<sip:alice@127.0.0.2:40000;transport=carrier-pigeon>");
    CAPTURE(contact);
    const auto path = register_over_tcp(stage, contact);
    stage.event(sip::FlowClosed{connection});
    stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
    CHECK(stage.response(480).to == scscf_at);
    CHECK(stage.noted("pcscf.flow.gone"));
    CHECK(stage.silent());
}

TEST_CASE("a flow of outbound that is closed is 430: the registrar may have another", "[RFC5626-5.3.1]") {
    Stage stage;
    const auto path = register_over_tcp(stage, over_tcp + ";+sip.instance=\"<urn:uuid:1>\";reg-id=1",
                                        {"Require: outbound"});
    CHECK(sip::Uri::parse(path)->has("ob"));
    SECTION("when we know it") {
        stage.event(sip::FlowClosed{connection});
        stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
    }
    SECTION("when we learn it by sending") {
        stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
        stage.event(sip::TransportFailed{stage.request("MESSAGE").id, "connection reset"});
    }
    CHECK(stage.response(430).to == scscf_at);
    CHECK(stage.silent());
}
