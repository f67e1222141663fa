#include "common/sip/proxy/admission.hpp"

#include "stage.hpp"

using namespace ims;
using namespace ims::sip;
using namespace ims::sip::stage;

namespace {

Message message(std::string method, std::string more = {}) {
    return *Message::parse(Request{.method = std::move(method), .extra = std::move(more)}.text());
}

// REGISTERs that came evenly in each of the last seconds and took `each` to be answered; seen from the end.
struct Load {
    Admission admission{500ms};
    TimePoint now{1h};

    void run(int a_second, Duration each) {
        const auto begin = now;
        const Duration step = Duration{1s} / a_second;
        for (int i = 0; i < 3 * a_second; ++i) {
            now = begin + i * step;
            admission.started(now);
            const auto done = now - each;
            if (done >= begin) admission.answered(done);
        }
    }
    bool refuses(const Message& m, Duration waited = {}) const { return admission.refuses(m, waited, now); }
};

}  // namespace

TEST_CASE("as long as REGISTERs are answered in time, everything is let in, however many they are",
          "[RFC3261-21.5.4]") {
    Load load;
    load.run(4000, 300ms);
    CHECK_FALSE(load.refuses(message("REGISTER")));
    CHECK_FALSE(load.refuses(message("INVITE")));
}

TEST_CASE("while most REGISTERs are late what is new is refused, and what has begun goes on",
          "[RFC3261-21.5.4]") {
    Load load;
    load.run(400, 1200ms);
    CHECK(load.refuses(message("REGISTER")));
    CHECK(load.refuses(message("INVITE")));
    CHECK(load.refuses(
        message("REGISTER", "Authorization: Digest username=\"a\",nonce=\"\",response=\"\"\r\n")));
    CHECK_FALSE(
        load.refuses(message("REGISTER", "Authorization: Digest nonce=\"x\", response=\"6629\"\r\n")));
    load.now += 1s;  // nobody was let in for so long that nothing is known
    CHECK_FALSE(load.refuses(message("REGISTER")));
}

TEST_CASE("a few REGISTERs that wait for a dead server keep nobody else out", "[RFC3261-21.5.4]") {
    Load load;
    SECTION("because they are few") {
        load.run(40, 2s);
    }
    SECTION("because others are answered") {
        const auto begin = load.now;
        for (int i = 0; i < 1200; ++i) {
            load.now = begin + i * 2500us;
            load.admission.started(load.now);
            if (i % 2 == 0) load.admission.answered(load.now);
        }
    }
    CHECK_FALSE(load.refuses(message("REGISTER")));
}

TEST_CASE("a request that lay in the socket for long is refused unless it goes on with something",
          "[RFC3261-21.5.4]") {
    Load load;
    CHECK_FALSE(load.refuses(message("MESSAGE"), 200ms));
    CHECK(load.refuses(message("MESSAGE"), 300ms));
    Load never;
    never.admission = Admission{0ms};
    CHECK_FALSE(never.refuses(message("MESSAGE"), 1h));
}

TEST_CASE("an overloaded element answers 503 with Retry-After, and takes a dialog's requests",
          "[RFC3261-21.5.4]") {
    Stage s;
    const auto late = [&](const Request& request) {
        s.receive(request.text(), udp_from("198.51.100.7:5060"), 400ms);
    };
    late(Request{.method = "REGISTER"});
    const auto refusal = s.sent();
    CHECK(refusal.message.status() == 503);
    CHECK(refusal.message.has<h::RetryAfter>());
    CHECK_FALSE(s.has<RequestArrived>());
    late(Request{.method = "BYE", .branch = "z9hG4bKbye", .to_tag = "there"});
    CHECK(s.has<RequestArrived>());
}
