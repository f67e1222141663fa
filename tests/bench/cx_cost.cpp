// What a Cx transaction costs its client in Diameter alone: two nodes of one process, without sockets, and
// the commands of a registration between them (TS 29.228 A.4.1: UAR, MAR, UAR, SAR). Prints nanoseconds a
// command.
//
//   cx-cost [REGISTRATIONS]
//
// Instructions tell more than time on a machine that does other things. Those of what the client sends, and
// of what it receives:
//   valgrind --tool=callgrind --toggle-collect='client_sends*' cx-cost 1000
//   valgrind --tool=callgrind --toggle-collect='client_receives*' cx-cost 1000
// divided by 4,000.
#include "common/base/text.hpp"
#include "common/diameter/peer/node.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

using namespace ims;
using namespace ims::diameter;

namespace {

const std::string realm = "ims.mnc001.mcc001.3gppnetwork.org";
const Impi impi{"001010000000001@" + realm};
const Impu impu{"sip:+15000000001@" + realm};
const std::string server_name = "sip:scscf." + realm + ":6060";

std::string user_data() {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><IMSSubscription><PrivateID>" +
                      impi.value() + "</PrivateID><ServiceProfile>";
    for (const auto& identity :
         {impu.value(), "sip:001010000000001@" + realm, std::string{"tel:+15000000001"}})
        xml += "<PublicIdentity><BarringIndication>0</BarringIndication><Identity>" + identity +
               "</Identity></PublicIdentity>";
    return xml + "</ServiceProfile></IMSSubscription>";
}

cx::Request request(int step) {
    if (step == 1) {
        cx::MultimediaAuthRequest mar;
        mar.user_name = impi;
        mar.public_identity = impu;
        mar.server_name = server_name;
        mar.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
        mar.supported_features.emplace_back();
        return mar;
    }
    if (step == 3) {
        cx::ServerAssignmentRequest sar;
        sar.user_name = impi;
        sar.public_identity = {impu};
        sar.server_name = server_name;
        sar.server_assignment_type = cx::ServerAssignmentType::Registration;
        sar.supported_features.emplace_back();
        return sar;
    }
    cx::UserAuthorizationRequest uar;
    uar.user_name = impi;
    uar.public_identity = impu;
    uar.visited_network_identifier = realm;
    return uar;
}

cx::Answer answer(int step) {
    if (step == 1) {
        cx::SipAuthDataItem item;
        item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
        item.sip_authenticate = Octets(32, 1);
        item.sip_authorization = Octets(8, 2);
        item.confidentiality_key = item.integrity_key = Octets(16, 3);
        return cx::MultimediaAuthAnswer{ResultCode::Success, impi, impu, {item}, {}};
    }
    if (step == 3) {
        cx::ServerAssignmentAnswer saa;
        saa.result = ResultCode::Success;
        saa.user_name = impi;
        saa.user_data = user_data();
        saa.charging_information.emplace().primary_charging_collection_function_name = "aaa://ccf." + realm;
        return saa;
    }
    return cx::UserAuthorizationAnswer{ExperimentalResultCode::SubsequentRegistration, server_name, {}, {}};
}

Config config_of(const std::string& name, const std::string& peer, bool connects) {
    Config config;
    config.identity = name + "." + realm;
    config.realm = realm;
    PeerConfig other;
    other.identity = peer + "." + realm;
    if (connects) other.host = other.identity;
    config.peers = {other};
    return config;
}

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

template <class E>
E take(Effects& effects) {
    for (auto& effect : effects)
        if (auto* found = std::get_if<E>(&effect)) return std::move(*found);
    std::fputs("the nodes do not do what was expected of them\n", stderr);
    std::exit(1);
}

}  // namespace

// Functions of their own, for callgrind to find.
[[gnu::noinline]] void client_sends(Node& client, cx::Send request, TimePoint now, Effects& out) {
    client.send(std::move(request), now, out);
}
[[gnu::noinline]] void client_receives(Node& client, ConnectionId c, const Octets& octets, TimePoint now,
                                       Effects& out) {
    client.received(c, octets, now, out);
}

int main(int argc, char** argv) {
    const int registrations = argc > 1 ? std::atoi(argv[1]) : 20'000;
    const TimePoint now{std::chrono::hours{1}};
    SeededRandom random{1};
    Node client{config_of("scscf", "hss", true), 1, random};
    Node server{config_of("hss", "scscf", false), 2, random};

    Effects of_client, of_server;
    client.start(now, of_client);
    const auto near = take<Connect>(of_client).connection;
    const auto far = server.accepted({{}, "client", false, {}}, now, of_server);
    of_client.clear();
    client.connected(near, {{*IpAddress::parse("198.18.0.1")}, "server", false, {}}, now, of_client);
    server.received(far, take<Transmit>(of_client).octets, now, of_server);
    client.received(near, take<Transmit>(of_server).octets, now, of_client);

    double spent = 0;
    for (int n = 0; n < registrations; ++n)
        for (int step = 0; step < 4; ++step) {
            of_client.clear();
            of_server.clear();
            cx::Send send{cx::RequestId{static_cast<std::uint64_t>(n) * 4 + static_cast<std::uint64_t>(step)},
                          request(step), std::nullopt};
            auto before = cpu_seconds();
            client_sends(client, std::move(send), now, of_client);
            spent += cpu_seconds() - before;
            server.received(far, take<Transmit>(of_client).octets, now, of_server);
            const auto arrived = take<cx::RequestArrived>(of_server);
            of_server.clear();
            server.reply({arrived.id, answer(step)}, now, of_server);
            const auto octets = take<Transmit>(of_server).octets;
            of_client.clear();
            before = cpu_seconds();
            client_receives(client, near, octets, now, of_client);
            spent += cpu_seconds() - before;
            (void)take<cx::AnswerArrived>(of_client);
        }
    std::printf("%.0f ns a transaction at its client\n", spent * 1e9 / (4.0 * registrations));
    return 0;
}
