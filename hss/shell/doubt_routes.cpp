#include "hss/shell/doubt_routes.hpp"

#include "hss/postgres/doubts.hpp"

#include <nlohmann/json.hpp>

namespace ims::hss {

namespace {

using runtime::HttpRequest;
using runtime::HttpResponse;
using runtime::HttpServer;

HttpResponse json(const nlohmann::ordered_json& body) {
    return {200, body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n",
            "application/json"};
}

// Answered on the thread that may block.
void ask(Host& host, const HttpServer::Reply& reply, std::function<HttpResponse(PostgresStore&)> work) {
    const bool taken =
        host.provision([reply, work = std::move(work)](PostgresStore& store) { reply(work(store)); });
    if (!taken) reply({503, "the HSS has too much to do: try again later\n"});
}

}  // namespace

void add_doubt_routes(runtime::Process& process, Host& host) {
    process.admin_route("GET", "/near", [&host](const HttpRequest& request, const HttpServer::Reply& reply) {
        const auto identity = request.parameter("identity");
        if (!identity || identity->empty()) return reply({400, "whose? /near?identity=IMPI-or-IMPU\n"});
        ask(host, reply, [identity = *identity](PostgresStore& store) -> HttpResponse {
            const auto near = near_misses(store, identity);
            if (!near) return {503, near.error().why + "\n"};
            auto list = nlohmann::ordered_json::array();
            for (const auto& one : *near)
                list.push_back({{"identity", one.identity}, {"how", text(one.how)}});
            return json({{"near", list}});
        });
    });
    process.admin_route("GET", "/identities",
                        [&host](const HttpRequest& request, const HttpServer::Reply& reply) {
                            const auto of = request.parameter("of");
                            if (!of || of->empty())
                                return reply({400, "whose? /identities?of=IMSI, MSISDN, IMPI or IMPU\n"});
                            const auto& home = host.policy().home_network;
                            ask(host, reply, [of = *of, home](PostgresStore& store) -> HttpResponse {
                                const auto identities = identities_beside(store, of, home);
                                if (!identities) return {503, identities.error().why + "\n"};
                                if (identities->empty()) return {404, "no subscriber has this identity\n"};
                                return json({{"identities", *identities}});
                            });
                        });
    process.admin_route("GET", "/opc-check",
                        [&host](const HttpRequest& request, const HttpServer::Reply& reply) {
                            const auto impi = request.parameter("impi");
                            if (!impi || impi->empty()) return reply({400, "whose? /opc-check?impi=IMPI\n"});
                            ask(host, reply, [impi = Impi{*impi}](PostgresStore& store) -> HttpResponse {
                                const auto is_op = opc_is_op(store, impi);
                                if (!is_op) return {503, is_op.error().why + "\n"};
                                return json({{"opc_is_op", *is_op}});
                            });
                        });
}

}  // namespace ims::hss
