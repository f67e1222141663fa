#include "stage.hpp"

using namespace ims;
using namespace ims::sip;
using namespace ims::sip::stage;

TEST_CASE("a MESSAGE is forwarded and its 200 comes back", "[RFC3261-16]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto message = s.sent();
    CHECK(message.peer() == "192.0.2.20:5060");
    CHECK(*message.message.get<h::MaxForwards>() == 69);
    CHECK(message.message.top_via().host == "192.0.2.10");
    CHECK(message.message.all<h::Via>()->size() == 2);
    s.answer(message, 200);
    CHECK(s.pass_on().origin == ResponseToForward::Origin::Received);
    const auto ok = s.sent();
    CHECK(ok.message.status() == 200);
    CHECK(ok.message.all<h::Via>()->size() == 1);
    CHECK(ok.peer() == "192.0.2.1:5060");
    CHECK(s.element.idle());
    s.advance(32s);
    CHECK(s.element.transactions() == 0);
}
