#include "icscf/core/location.hpp"

#include "icscf/core/selection.hpp"

#include <utility>

namespace ims::icscf {

namespace {

using cx::ExperimentalResultCode;
using cx::ResultCode;

// The HSS did not say no, it could not answer: a retry may help (5.3.1.3 "cannot be completed"). TS 24.229
// leaves open where Diameter's own failures belong; refusing a subscriber with 403 because a database is away
// would be wrong.
bool is_temporary(const cx::Result& result) {
    const auto* code = std::get_if<ResultCode>(&result);
    if (code == nullptr) return false;
    const auto family = static_cast<std::uint32_t>(*code) / 1000;
    return family == 3 || family == 4 || *code == ResultCode::UnableToComply;
}

Rejection no_answer_from_hss(const cx::SendFailed& failure) {
    return {480, "HSS not reached: " + failure.detail};
}

template <class A>
const A* answer_in(const Reply& reply) {
    const auto* answer = std::get_if<cx::Answer>(&reply);
    return answer == nullptr ? nullptr : std::get_if<A>(answer);
}

// Why this UAA lets nobody register, if so (5.3.1.3).
std::optional<Rejection> refusal_of_uaa(const Reply& reply) {
    if (const auto* failed = std::get_if<cx::SendFailed>(&reply)) return no_answer_from_hss(*failed);
    const auto* uaa = answer_in<cx::UserAuthorizationAnswer>(reply);
    if (uaa == nullptr) return Rejection{480, "HSS: answer to another question"};
    if (diameter::is_success(uaa->result)) return {};
    return Rejection{is_temporary(uaa->result) ? 480 : 403, "HSS: " + diameter::text(uaa->result)};
}

std::optional<Rejection> refusal_of_lia(const Reply& reply, const Config& config) {
    if (const auto* failed = std::get_if<cx::SendFailed>(&reply)) return no_answer_from_hss(*failed);
    const auto* lia = answer_in<cx::LocationInfoAnswer>(reply);
    if (lia == nullptr) return Rejection{480, "HSS: answer to another question"};
    if (diameter::is_success(lia->result)) return {};
    Rejection rejection{404, "HSS: " + diameter::text(lia->result)};  // 5.3.2.2: any negative one
    if (diameter::is(lia->result, ExperimentalResultCode::ErrorUserUnknown))
        rejection.status = config.unknown_user_status;  // 5.3.2.1 step 6
    else if (diameter::is(lia->result, ExperimentalResultCode::ErrorIdentityNotRegistered) ||
             is_temporary(lia->result))
        rejection.status = 480;  // 5.3.2.1 step 7
    return rejection;
}

}  // namespace

Location locate_for_register(std::shared_ptr<const Config> config, cx::UserAuthorizationRequest uar,
                             bool reselect) {
    Question question = cx::Request{uar};
    Reply reply = co_await std::move(question);
    if (auto refusal = refusal_of_uaa(reply)) co_return Outcome{std::move(*refusal)};
    auto uaa = *answer_in<cx::UserAuthorizationAnswer>(reply);

    std::vector<std::string> tried;
    bool capabilities_known = !uaa.server_name;
    auto capabilities = uaa.server_capabilities.value_or(cx::ServerCapabilities{});
    std::optional<std::string> server = uaa.server_name;                      // 5.3.1.2 step 4
    if (!server) server = select_scscf(config->scscfs, capabilities, tried);  // step 5
    if (!server) co_return Outcome{Rejection{600, "no S-CSCF has the mandatory capabilities"}};

    for (;;) {
        tried.push_back(*server);
        question = Attempt{*server, tried.size() > 1, {}};
        reply = co_await std::move(question);
        const auto ended = std::get<AttemptEnded>(reply);
        const bool serves = !ended.silent && ended.status / 100 != 3 && ended.status != 480;
        if (serves) co_return Outcome{PassAnswerOn{}};
        if (!reselect) {
            if (ended.silent) co_return Outcome{Rejection{504, "S-CSCF does not answer: " + *server}};
            co_return Outcome{PassAnswerOn{}};
        }

        // 5.3.1.3: another one, not tried before. Only a name was known so far: ask for the capabilities.
        if (!capabilities_known) {
            uar.user_authorization_type = cx::UserAuthorizationType::RegistrationAndCapabilities;
            question = cx::Request{uar};
            reply = co_await std::move(question);
            if (auto refusal = refusal_of_uaa(reply)) co_return Outcome{std::move(*refusal)};
            capabilities = answer_in<cx::UserAuthorizationAnswer>(reply)->server_capabilities.value_or(
                cx::ServerCapabilities{});
            capabilities_known = true;
        }
        server = select_scscf(config->scscfs, capabilities, tried);
        if (server) continue;
        if (ended.silent) co_return Outcome{Rejection{504, "no further S-CSCF to select"}};
        co_return Outcome{PassAnswerOn{}};
    }
}

Location locate_for_request(std::shared_ptr<const Config> config, cx::LocationInfoRequest lir) {
    Question question = cx::Request{lir};
    Reply reply = co_await std::move(question);
    if (auto refusal = refusal_of_lia(reply, *config)) co_return Outcome{std::move(*refusal)};
    auto lia = *answer_in<cx::LocationInfoAnswer>(reply);

    std::vector<std::string> tried;
    bool capabilities_known = !lia.server_name;
    auto capabilities = lia.server_capabilities.value_or(cx::ServerCapabilities{});
    std::optional<std::string> server = lia.server_name;                      // 5.3.2.1 step 4
    if (!server) server = select_scscf(config->scscfs, capabilities, tried);  // step 5
    // TS 24.229 has 600 only for REGISTER; a caller is told that the user cannot be served now.
    if (!server) co_return Outcome{Rejection{480, "no S-CSCF has the mandatory capabilities"}};

    for (;;) {
        tried.push_back(*server);
        question = Attempt{*server, tried.size() > 1, lia.wildcarded_public_identity};
        reply = co_await std::move(question);
        if (!std::get<AttemptEnded>(reply).silent) co_return Outcome{PassAnswerOn{}};

        // 5.3.2.2: not reachable. A user who has an S-CSCF moves to another only if restoration is supported.
        if (!capabilities_known) {
            if (!config->scscf_restoration) co_return Outcome{PassAnswerOn{}};
            lir.user_authorization_type = cx::UserAuthorizationType::RegistrationAndCapabilities;
            question = cx::Request{lir};
            reply = co_await std::move(question);
            if (auto refusal = refusal_of_lia(reply, *config)) co_return Outcome{std::move(*refusal)};
            capabilities = answer_in<cx::LocationInfoAnswer>(reply)->server_capabilities.value_or(
                cx::ServerCapabilities{});
            capabilities_known = true;
        }
        server = select_scscf(config->scscfs, capabilities, tried);
        if (!server) co_return Outcome{PassAnswerOn{}};
    }
}

Location locate_at(std::string server) {
    Question question = Attempt{std::move(server), false, {}};
    (void)co_await std::move(question);
    co_return Outcome{PassAnswerOn{}};
}

}  // namespace ims::icscf
