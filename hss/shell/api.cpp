#include "hss/shell/api.hpp"

#include "common/crypto/digest.hpp"
#include "common/crypto/seal.hpp"
#include "hss/shell/api_requests.hpp"

namespace ims::hss {
namespace {

constexpr std::string_view bearer = "Bearer ";

bool has_token(const runtime::HttpRequest& request, std::string_view token) {
    const auto header = request.header("Authorization");
    // Compared as hashes: neither content nor length of the token shows in the time it takes.
    return istarts_with(header, bearer) &&
           crypto::equal_constant_time(
               crypto::hash_hex(crypto::HashAlgorithm::Sha256, header.substr(bearer.size())),
               crypto::hash_hex(crypto::HashAlgorithm::Sha256, token));
}

}  // namespace

Api::Api(Host& host, runtime::Process& process, ApiSettings settings, const Policy& policy)
    : host_{host}, process_{process}, settings_{std::move(settings)}, realm_{policy.home_network} {}
Api::~Api() = default;

bool Api::start(std::string& why) {
    runtime::HttpConfig http;
    http.body_octets = settings_.body_octets;
    http.handler_timeout = 120s;  // a large import
    server_ = std::make_unique<runtime::HttpServer>(
        process_.io(), http,
        [this](runtime::HttpRequest request, runtime::HttpServer::Reply reply) {
            handle(std::move(request), std::move(reply));
        },
        [this](Note note) { process_.note(note); });
    const auto listening = server_->listen(settings_.listen);
    if (listening) {
        process_.note(Note{Severity::Info, "hss.api.listening", {{"detail", listening->text()}}});
        return true;
    }
    why = "api: " + listening.error();
    return false;
}

void Api::handle(runtime::HttpRequest request, runtime::HttpServer::Reply reply) {
    if (request.method == "GET" && request.path == "/openapi.yaml")
        return reply({200, std::string{openapi()}, "application/yaml", {}});
    ApiRights rights;
    rights.anybody_may_see_secrets = settings_.secrets_token.has_value();
    rights.may_see_secrets = settings_.secrets_token && has_token(request, *settings_.secrets_token);
    if (!rights.may_see_secrets && !has_token(request, settings_.token)) {
        process_.note(Note{Severity::Warning, "hss.api.unauthorized", {{"peer", request.remote.text()}}});
        auto response = problem(401, "Unauthorized",
                                "send the header 'Authorization: Bearer TOKEN' with the API's token");
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        return reply(std::move(response));
    }
    const auto call = std::make_shared<runtime::HttpRequest>(std::move(request));
    const bool taken =
        !host_.draining() && host_.provision([this, call, rights, reply](PostgresStore& store) {
            crypto::SystemRandom random;
            Provisioning provisioning{store, random};
            auto outcome = answer_api(*call, rights, realm_, host_.policy(), provisioning);
            Note note{Severity::Info, "hss.api.answered"};
            note.with("method", call->method).with("request_uri", call->path);
            note.with("status", std::to_string(outcome.response.status)).with("peer", call->remote.text());
            host_.note_from_worker(std::move(note));
            for (auto& more : outcome.notes) host_.note_from_worker(std::move(more));
            host_.post([host = &host_, pushes = std::move(outcome.pushes)]() mutable {
                host->send(std::move(pushes));
            });
            reply(std::move(outcome.response));
        });
    if (taken) return;
    auto response =
        problem(503, "Service Unavailable", "the HSS is leaving or has too much to do: try again later");
    response.headers.emplace_back("Retry-After", "5");
    reply(std::move(response));
}

}  // namespace ims::hss
