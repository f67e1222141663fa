#include "stage.hpp"

using namespace ims;
using namespace ims::sip;
using namespace ims::sip::stage;

namespace {

const std::vector<std::string> three{"192.0.2.21:5060", "192.0.2.22:5060", "192.0.2.23:5060"};

// An INVITE forked to three phones in parallel; what was sent to each.
struct Forked {
    Stage s;
    RequestArrived request;
    std::vector<Packet> invites;

    explicit Forked(const std::string& method = "INVITE") : request{start(s, method)} {
        s.forward(request, three);
        for (std::size_t i = 0; i < three.size(); ++i) invites.push_back(s.sent());
    }
    static RequestArrived start(Stage& s, const std::string& method) {
        s.receive(Request{.method = method});
        return s.arrived();
    }
    // All phones give a final response, in order; the one that comes back to the caller.
    Message best_of(std::vector<int> statuses) {
        for (std::size_t i = 0; i < statuses.size(); ++i) {
            CHECK_FALSE(s.has<ResponseToForward>());
            s.answer(invites[i], statuses[i], "phone" + std::to_string(i));
        }
        s.packets.clear();  // ACKs
        s.pass_on();
        return s.sent().message;
    }
};

Message best(std::vector<int> statuses) {
    return Forked{}.best_of(std::move(statuses));
}

}  // namespace

TEST_CASE("each branch of a fork has its own branch parameter and its share of the breadth",
          "[RFC5393-5.3]") {
    Forked f;
    std::vector<std::string> branches;
    for (const auto& invite : f.invites) {
        branches.emplace_back(invite.message.top_via().branch());
        CHECK(*invite.message.get<h::MaxBreadth>() == 20);
    }
    CHECK(branches[0] != branches[1]);
    CHECK(branches[1] != branches[2]);
}

TEST_CASE("the best response is the one that helps the caller most", "[RFC3261-16.7]") {
    CHECK(best({404, 486, 500}).status() == 404);
    CHECK(best({500, 302, 404}).status() == 302);
    CHECK(best({404, 401, 486}).status() == 401);
    CHECK(best({480, 484, 404}).status() == 484);
    CHECK(best({486, 603, 404}).status() == 603);
    CHECK(best({408, 486, 503}).status() == 486);
    CHECK(best({503, 502, 503}).status() == 502);
}

TEST_CASE("a 503 alone becomes 500: the next element is out of service, not this one", "[RFC3261-16.7]") {
    const auto response = best({503, 503, 503});
    CHECK(response.status() == 500);
    CHECK_FALSE(response.has<h::RetryAfter>());
}

TEST_CASE("a 503 that says when to come back is that of the whole element where there is no other way",
          "[RFC3261-16.7]") {
    const auto status = [](const std::string& extra, bool only_way) {
        Stage s;
        s.receive(Request{.method = "REGISTER"});
        ForwardOptions options;
        options.only_way = only_way;
        s.forward(s.arrived(), {"192.0.2.20:5060"}, options);
        s.answer(s.sent(), 503, "full", extra);
        (void)s.pass_on();
        const auto response = s.sent();
        CHECK(response.message.has<h::RetryAfter>() == !extra.empty());
        return response.message.status();
    };
    CHECK(status("Retry-After: 5\r\n", true) == 503);
    CHECK(status("Retry-After: 5\r\n", false) == 500);
    CHECK(status("", true) == 500);  // 21.5.4: without Retry-After it is no more than a 500
}

TEST_CASE("the 500 that a 503 becomes says as it did when to come back", "[RFC3261-21.5.1]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    s.forward(s.arrived(), {three.front()});
    s.answer(s.sent(), 503, "full", "Retry-After: 5\r\n");
    s.pass_on();
    const auto response = s.sent().message;
    CHECK(response.status() == 500);
    CHECK(response.raw(HeaderId::RetryAfter) == "5");
}

TEST_CASE("all challenges of all branches reach the caller in one response", "[RFC3261-16.7]") {
    Forked f;
    f.s.answer(f.invites[0], 401, "a", "WWW-Authenticate: Digest realm=\"a\", nonce=\"1\"\r\n");
    f.s.answer(f.invites[1], 407, "b", "Proxy-Authenticate: Digest realm=\"b\", nonce=\"2\"\r\n");
    f.s.answer(f.invites[2], 401, "c", "WWW-Authenticate: Digest realm=\"c\", nonce=\"3\"\r\n");
    f.s.packets.clear();
    f.s.pass_on();
    const auto response = f.s.sent().message;
    CHECK(response.status() == 401);
    CHECK(response.raw_all(HeaderId::WwwAuthenticate).size() == 2);
    CHECK(response.raw_all(HeaderId::ProxyAuthenticate).size() == 1);
}

TEST_CASE("the first 2xx goes upstream at once and the other branches are cancelled", "[RFC3261-16.7]") {
    Forked f;
    f.s.answer(f.invites[0], 180, "phone0");
    f.s.pass_on();
    f.s.sent();
    f.s.answer(f.invites[1], 200, "phone1");
    CHECK(f.s.pass_on().branch == 1);
    const auto cancel = f.s.sent();  // only to the one that rings; the third has said nothing yet
    CHECK(cancel.message.method() == Method::Cancel);
    CHECK(cancel.peer() == three[0]);
    CHECK(cancel.message.raw(HeaderId::Reason)->find("cause=200") != std::string_view::npos);
    CHECK(f.s.sent().message.status() == 200);
    CHECK(f.s.silent());
    f.s.answer(f.invites[2], 180, "phone2");
    CHECK(f.s.sent().message.method() == Method::Cancel);

    f.s.answer(f.invites[0], 487, "phone0");
    CHECK(f.s.sent().message.method() == Method::Ack);
    CHECK_FALSE(f.s.has<ResponseToForward>());

    f.s.answer(f.invites[2], 200,
               "phone2");  // it was lifted in that moment: the caller must know (and says BYE)
    CHECK(f.s.pass_on().response.to_tag() == "phone2");
    CHECK(f.s.sent().message.status() == 200);
    CHECK(f.s.element.idle());
}

TEST_CASE("a 6xx cancels the others and goes upstream when they have ended", "[RFC3261-16.7]") {
    Forked f;
    for (const auto i : {0U, 2U}) {
        f.s.answer(f.invites[i], 180, "phone" + std::to_string(i));
        f.s.pass_on();
        f.s.sent();
    }
    f.s.answer(f.invites[1], 603, "phone1");
    CHECK(f.s.sent().message.method() == Method::Ack);
    for (int phone = 0; phone < 2; ++phone) {
        const auto cancel = f.s.sent().message;
        CHECK(cancel.method() == Method::Cancel);
        CHECK(cancel.raw("Reason") == "SIP;cause=603");  // RFC 3326, TS 24.229 5.4.6
    }
    CHECK_FALSE(f.s.has<ResponseToForward>());
    f.s.answer(f.invites[0], 487, "phone0");
    CHECK_FALSE(f.s.has<ResponseToForward>());
    f.s.answer(f.invites[2], 487, "phone2");
    f.s.packets.clear();
    f.s.pass_on();
    CHECK(f.s.sent().message.status() == 603);
}

TEST_CASE("of a forked MESSAGE the first 2xx is passed on and no other", "[RFC3261-16.7]") {
    Forked f{"MESSAGE"};
    f.s.answer(f.invites[0], 404, "phone0");
    f.s.answer(f.invites[1], 200, "phone1");
    f.s.pass_on();
    CHECK(f.s.sent().message.status() == 200);
    f.s.answer(f.invites[2], 200, "phone2");
    CHECK_FALSE(f.s.has<ResponseToForward>());
    CHECK(f.s.silent());
    CHECK(f.s.element.idle());
}

TEST_CASE("a CANCEL from the caller cancels every branch", "[RFC3261-16.10]") {
    Forked f;
    for (const auto& invite : f.invites) {
        f.s.answer(invite, 180);
        f.s.pass_on();
    }
    f.s.packets.clear();
    f.s.receive(Request{.method = "CANCEL"});
    CHECK(f.s.sent().message.status() == 200);
    for (int i = 0; i < 3; ++i) CHECK(f.s.sent().message.method() == Method::Cancel);
    for (const auto& invite : f.invites) f.s.answer(invite, 487);
    f.s.packets.clear();
    f.s.pass_on();
    CHECK(f.s.sent().message.status() == 487);
    CHECK(f.s.element.idle());
}

TEST_CASE("a lower q is tried when the higher ones have failed, equal ones together", "[RFC3261-16.6]") {
    Stage s;
    s.receive(Request{});
    const auto request = s.arrived();
    s.forward(request, {Branch{request.request, udp_to(three[0]), 300, {}, {}},
                        Branch{request.request, udp_to(three[1]), 800, {}, {}},
                        Branch{request.request, udp_to(three[2]), 800, {}, {}}});
    const auto first = s.sent();
    const auto second = s.sent();
    CHECK(first.peer() == three[1]);
    CHECK(second.peer() == three[2]);
    CHECK(s.silent());
    s.answer(first, 486, "1");
    CHECK(s.sent().message.method() == Method::Ack);
    CHECK(s.silent());
    s.answer(second, 480, "2");
    CHECK(s.sent().message.method() == Method::Ack);
    const auto third = s.sent();
    CHECK(third.peer() == three[0]);
    CHECK(*third.message.get<h::MaxBreadth>() == 60);  // alone again
    s.answer(third, 200, "0");
    CHECK(s.pass_on().branch == 0);
    CHECK(s.sent().message.status() == 200);
}

TEST_CASE("a CANCEL drops what was not tried yet", "[RFC3261-16.10]") {
    Stage s;
    s.receive(Request{});
    const auto request = s.arrived();
    s.forward(request, {Branch{request.request, udp_to(three[0]), 900, {}, {}},
                        Branch{request.request, udp_to(three[1]), 100, {}, {}}});
    const auto first = s.sent();
    s.answer(first, 180);
    s.pass_on();
    s.receive(Request{.method = "CANCEL"});
    s.packets.clear();
    s.answer(first, 487);
    CHECK(s.sent().message.method() == Method::Ack);
    CHECK(s.silent());
    CHECK(s.pass_on().response.status() == 487);
}

TEST_CASE("with a small Max-Breadth the branches are tried one after the other", "[RFC5393-5.3]") {
    Stage s;
    s.receive(Request{.extra = "Max-Breadth: 2\r\n"});
    s.forward(s.arrived(), three);
    const auto first = s.sent();
    const auto second = s.sent();
    CHECK(s.silent());
    CHECK(*first.message.get<h::MaxBreadth>() == 1);
    CHECK(*second.message.get<h::MaxBreadth>() == 1);
    s.answer(first, 486, "1");
    CHECK(s.sent().message.method() == Method::Ack);
    CHECK(s.sent().peer() == three[2]);
}

TEST_CASE("with no breadth left there is nothing to try", "[RFC5393-5.3]") {
    Stage s;
    s.receive(Request{.extra = "Max-Breadth: 0\r\n"});
    s.forward(s.arrived(), three);
    CHECK(s.sent().message.status() == 440);
    CHECK(s.silent());
}

TEST_CASE("a larger Max-Breadth than our own is cut down to it", "[RFC5393-5.3]") {
    Stage s;
    s.receive(Request{.extra = "Max-Breadth: 1000\r\n"});
    s.forward(s.arrived(), {three[0]});
    CHECK(*s.sent().message.get<h::MaxBreadth>() == 60);
}

TEST_CASE("a node that forwards to nobody is told that there is nobody", "[RFC3261-16.5]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), std::vector<Branch>{});
    CHECK(s.pass_on().response.status() == 480);
}
