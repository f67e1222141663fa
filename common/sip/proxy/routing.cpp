#include "common/sip/proxy/routing.hpp"

namespace ims::sip {

namespace {

void undo_strict_router(Message& request, std::vector<NameAddr>& routes, const IsOwn& is_own) {
    // Only a Record-Route of ours makes our URI with lr a Request-URI.
    if (!request.request_uri().loose() || !is_own(request.request_uri())) return;
    request.set_request_uri(routes.back().uri);
    routes.pop_back();
    request.set_all<h::Route>(routes);
}

void undo_maddr(Message& request, const IsOwn& is_own) {
    const auto maddr = request.request_uri().params.get("maddr");
    if (!maddr || is_own(request.request_uri())) return;
    auto here = request.request_uri();
    here.host = std::string{*maddr};
    if (!is_own(here)) return;
    auto uri = request.request_uri();
    uri.params.remove("maddr");
    uri.params.remove("transport");
    uri.port.reset();
    request.set_request_uri(std::move(uri));
}

}  // namespace

Parsed<std::optional<NameAddr>> preprocess_route(Message& request, const IsOwn& is_own) {
    if (request.request_uri().is_sip()) undo_maddr(request, is_own);
    if (!request.has<h::Route>()) return std::optional<NameAddr>{};
    if (request.request_uri().is_sip() && request.request_uri().loose()) {
        auto routes = request.all<h::Route>();
        if (!routes) return routes.error();
        if (!routes->empty()) undo_strict_router(request, *routes, is_own);
    }
    auto top = request.get<h::Route>();
    if (!top) {
        if (top.error().absent()) return std::optional<NameAddr>{};
        return top.error();
    }
    if (!is_own(top->uri)) return std::optional<NameAddr>{};
    request.remove_first<h::Route>();
    return std::optional<NameAddr>{std::move(*top)};
}

void decrement_max_forwards(Message& request) {
    const auto hops = request.get<h::MaxForwards>();
    if (!hops)
        request.set<h::MaxForwards>(70);
    else if (*hops > 0)
        request.set<h::MaxForwards>(*hops - 1);
}

std::optional<Uri> postprocess_route(Message& request) {
    auto top = request.get<h::Route>();
    if (!top) return {};
    if (!top->uri.is_sip() || top->uri.loose()) return std::move(top->uri);
    const auto target = request.request_uri();
    request.remove_first<h::Route>();
    request.append<h::Route>(NameAddr{target});
    request.set_request_uri(std::move(top->uri));
    return {};
}

}  // namespace ims::sip
