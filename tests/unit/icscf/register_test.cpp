#include "tests/unit/icscf/bench.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::icscf;
using namespace ims::icscf::test;
using cx::UserAuthorizationRequest;
using cx::UserAuthorizationType;

namespace {

const UserAuthorizationRequest& uar_in(const cx::Send& question) {
    return std::get<UserAuthorizationRequest>(question.request);
}

}  // namespace

TEST_CASE("a REGISTER goes to the S-CSCF the HSS names", "[TS24.229-5.3.1.2]") {
    Bench bench;
    bench.receive(a_register());
    const auto question = bench.ask<UserAuthorizationRequest>();
    CHECK(uar_in(question).user_name == Impi{"alice-private@ims.example"});
    CHECK(uar_in(question).public_identity == Impu{"sip:alice@ims.example"});
    CHECK(uar_in(question).visited_network_identifier == "visited.example");
    CHECK(uar_in(question).user_authorization_type == UserAuthorizationType::Registration);
    CHECK_FALSE(uar_in(question).uar_flags);
    bench.answer(question, served_by("sip:s2.ims.example"));

    const auto request = bench.take();
    CHECK(request.message.request_uri().text() == "sip:s2.ims.example");
    CHECK(request.to.text() == "127.0.1.32:6060");
    bench.respond(request, 200);
    const auto response = bench.take();
    CHECK(response.message.status() == 200);
    CHECK(response.to.text() == "127.0.1.10:5060");
    CHECK(bench.node.gauges()[1].value == 0);
}

TEST_CASE("without Authorization the private identity is To without its scheme", "[TS24.229-5.3.1.2]") {
    Bench bench;
    bench.receive(a_register({}, "<sip:alice@10.0.0.1>", ""));
    CHECK(uar_in(bench.ask<UserAuthorizationRequest>()).user_name == Impi{"alice@ims.example"});
}

TEST_CASE("a REGISTER that ends all its bindings asks as deregistration", "[TS29.228-6.1.1]") {
    const auto type_of = [](std::string_view contact, std::string_view more) {
        Bench bench;
        bench.receive(a_register(more, contact));
        return uar_in(bench.ask<UserAuthorizationRequest>()).user_authorization_type;
    };
    CHECK(type_of("<sip:alice@10.0.0.1>;expires=0", "") == UserAuthorizationType::DeRegistration);
    CHECK(type_of("<sip:alice@10.0.0.1>", "Expires: 0\r\n") == UserAuthorizationType::DeRegistration);
    CHECK(type_of("*", "Expires: 0\r\n") == UserAuthorizationType::DeRegistration);
    CHECK(type_of("<sip:alice@10.0.0.1>;expires=60", "Expires: 0\r\n") ==
          UserAuthorizationType::Registration);
    CHECK(type_of("<sip:alice@10.0.0.1>", "") == UserAuthorizationType::Registration);
}

TEST_CASE("an emergency registration says so to the HSS", "[TS29.228-6.1.1]") {
    Bench bench;
    bench.receive(a_register({}, "<sip:alice@10.0.0.1;sos>;expires=600"));
    CHECK(uar_in(bench.ask<UserAuthorizationRequest>()).uar_flags == 1U);
}

TEST_CASE("capabilities select the S-CSCF", "[TS24.229-5.3.1.2]") {
    Bench bench;
    bench.receive(a_register());
    bench.answer(bench.ask<UserAuthorizationRequest>(), needs({1}, {2}));
    CHECK(bench.take().message.request_uri().text() == "sip:s2.ims.example");
}

TEST_CASE("nobody with the mandatory capabilities means 600", "[TS24.229-5.3.1.3]") {
    Bench bench;
    bench.receive(a_register());
    bench.answer(bench.ask<UserAuthorizationRequest>(), needs({77}));
    CHECK(bench.take().message.status() == 600);
}

TEST_CASE("a refusal of the HSS is 403, its absence 480", "[TS24.229-5.3.1.3]") {
    const auto status_for = [](cx::Result result) {
        Bench bench;
        bench.receive(a_register());
        bench.answer(bench.ask<UserAuthorizationRequest>(), uaa(result));
        return bench.take().message.status();
    };
    using E = cx::ExperimentalResultCode;
    CHECK(status_for(E::ErrorUserUnknown) == 403);
    CHECK(status_for(E::ErrorIdentitiesDontMatch) == 403);
    CHECK(status_for(E::ErrorRoamingNotAllowed) == 403);
    CHECK(status_for(E::ErrorIdentityNotRegistered) == 403);
    CHECK(status_for(cx::ResultCode::AuthorizationRejected) == 403);
    CHECK(status_for(cx::ResultCode::UnableToComply) == 480);
    CHECK(status_for(cx::ResultCode::TooBusy) == 480);

    Bench bench;
    bench.receive(a_register());
    bench.fail(bench.ask<UserAuthorizationRequest>());
    CHECK(bench.take().message.status() == 480);
    REQUIRE(bench.note("icscf.request.rejected"));
    CHECK(bench.note("icscf.request.rejected")->field("reason") == "HSS not reached: no open connection");
    CHECK(bench.note("icscf.request.rejected")->field("impi") == "alice-private@ims.example");
}

TEST_CASE("an overloaded S-CSCF is 503 where it is the only one, else 500", "[RFC3261-16.7]") {
    auto config = lab_config();
    SECTION("the only one") {
        config.scscfs.resize(1);
    }
    SECTION("one of several") {}
    Bench bench{config};
    bench.receive(a_register());
    bench.answer(bench.ask<UserAuthorizationRequest>(), served_by("sip:s1.ims.example"));
    bench.respond(bench.take(), 503, "Retry-After: 5\r\n");
    const auto answer = bench.take();
    CHECK(answer.message.status() == (config.scscfs.size() == 1 ? 503 : 500));
    CHECK(header(answer.message, "Retry-After") == "5");
}

TEST_CASE("a silent S-CSCF is replaced by another one from the capabilities", "[TS24.229-5.3.1.3]") {
    Bench bench;
    bench.receive(a_register());
    bench.answer(bench.ask<UserAuthorizationRequest>(), needs({1}));
    CHECK(bench.take().to.text() == "127.0.1.31:6060");
    bench.advance(8s + 1ms);
    while (!bench.sent.empty() && bench.sent.front().to.text() == "127.0.1.31:6060") bench.sent.pop_front();

    const auto second = bench.take();
    CHECK(second.to.text() == "127.0.1.32:6060");
    CHECK(second.message.request_uri().text() == "sip:s2.ims.example;scscf-reselection");
    bench.respond(second, 401);
    CHECK(bench.take().message.status() == 401);
}

TEST_CASE("3xx and 480 of an S-CSCF select another one as well, other answers do not", "[TS24.229-5.3.1.3]") {
    for (const int status : {305, 480}) {
        Bench bench;
        bench.receive(a_register());
        bench.answer(bench.ask<UserAuthorizationRequest>(), needs({1}));
        bench.respond(bench.take(), status);
        CHECK(bench.take().to.text() == "127.0.1.32:6060");
    }
    for (const int status : {401, 403, 423, 500, 504}) {
        Bench bench;
        bench.receive(a_register());
        bench.answer(bench.ask<UserAuthorizationRequest>(), needs({1}));
        bench.respond(bench.take(), status);
        CHECK(bench.take().message.status() == status);
    }
}

TEST_CASE("where only a name was known the capabilities are asked for before reselection",
          "[TS24.229-5.3.1.3]") {
    Bench bench;
    bench.receive(a_register());
    bench.answer(bench.ask<UserAuthorizationRequest>(), served_by("sip:s1.ims.example"));
    bench.respond(bench.take(), 480);
    const auto question = bench.ask<UserAuthorizationRequest>();
    CHECK(uar_in(question).user_authorization_type == UserAuthorizationType::RegistrationAndCapabilities);
    auto capabilities = needs({1});
    capabilities.result = cx::ResultCode::Success;
    bench.answer(question, capabilities);
    CHECK(bench.take().to.text() == "127.0.1.32:6060");
}

TEST_CASE("a protected REGISTER stays with its S-CSCF unless restoration is supported",
          "[TS24.229-5.3.1.3]") {
    auto config = lab_config();
    config.scscf_restoration = false;
    Bench bench{config};
    bench.receive(a_register({}, "<sip:alice@10.0.0.1>", "yes"));
    const auto question = bench.ask<UserAuthorizationRequest>();
    CHECK(uar_in(question).supported_features.empty());
    bench.answer(question, served_by("sip:s1.ims.example"));
    bench.take();
    bench.advance(9s);
    CHECK(bench.sent.back().message.status() == 504);

    Bench restoring;
    restoring.receive(a_register({}, "<sip:alice@10.0.0.1>", "yes"));
    const auto announcing = restoring.ask<UserAuthorizationRequest>();
    REQUIRE(uar_in(announcing).supported_features.size() == 1);
    CHECK(uar_in(announcing).supported_features[0].feature_list == cx::feature::ims_restoration_ind);
    restoring.answer(announcing, served_by("sip:s1.ims.example"));
    restoring.advance(9s);
    CHECK(uar_in(restoring.ask<UserAuthorizationRequest>()).user_authorization_type ==
          UserAuthorizationType::RegistrationAndCapabilities);
}

TEST_CASE("a REGISTER without Authorization stays with its S-CSCF unless restoration is supported",
          "[TS24.229-5.3.1.3]") {
    for (const bool restoration : {false, true}) {
        auto config = lab_config();
        config.scscf_restoration = restoration;
        Bench bench{config};
        bench.receive(a_register({}, "<sip:alice@10.0.0.1>", ""));
        bench.answer(bench.ask<UserAuthorizationRequest>(), served_by("sip:s1.ims.example"));
        bench.respond(bench.take(), 480);
        CHECK(bench.asked.size() == (restoration ? 1U : 0U));
        if (!restoration) CHECK(bench.take().message.status() == 480);
    }
}

TEST_CASE("when every S-CSCF was silent the answer is 504", "[TS24.229-5.3.1.3]") {
    Bench bench;
    bench.receive(a_register());
    bench.answer(bench.ask<UserAuthorizationRequest>(), needs({1}));
    bench.advance(17s);
    CHECK(bench.sent.back().message.status() == 504);
}

TEST_CASE("a REGISTER from outside the trust domain is refused unasked", "[TS24.229-5.3.1.2]") {
    auto config = lab_config();
    config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
    Bench bench{config};
    bench.receive(a_register(), "127.0.2.1:5060");
    CHECK(bench.take().message.status() == 403);
    CHECK(bench.asked.empty());
}
