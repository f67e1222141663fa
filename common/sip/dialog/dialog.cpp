#include "common/sip/dialog/dialog.hpp"

#include <algorithm>

namespace ims::sip {

namespace {

std::optional<Uri> contact_of(const Message& message) {
    const auto contact = message.get<h::Contact>();
    if (!contact || contact->star) return {};
    return contact->address.uri;
}

// Record-Route as the route set of the side that sent the request (reversed) or received it (as it stands).
std::vector<NameAddr> route_set_of(const Message& message, bool reversed) {
    auto values = message.all<h::RecordRoute>();
    if (!values) return {};
    if (reversed) std::reverse(values->begin(), values->end());
    return std::move(*values);
}

NameAddr without_parameters_but_tag(const NameAddr& address) {
    NameAddr out{address.uri};
    out.display_name = address.display_name;
    if (const auto tag = address.tag()) out.params.set("tag", *tag);
    return out;
}

// RFC 3261 12.2.1.1: what a Request-URI may not carry when a strict router's URI becomes one.
Uri as_request_uri(Uri uri) {
    uri.params.remove("method");
    uri.headers.clear();
    return uri;
}

void add_route(Message& request, const std::vector<NameAddr>& route_set, const Uri& remote_target) {
    if (route_set.empty()) return;
    if (route_set.front().uri.loose()) {
        request.set_all<h::Route>(route_set);
        return;
    }
    request.set_request_uri(as_request_uri(route_set.front().uri));
    std::vector<NameAddr> rest{route_set.begin() + 1, route_set.end()};
    rest.push_back(NameAddr{remote_target});
    request.set_all<h::Route>(rest);
}

}  // namespace

std::optional<Dialog> Dialog::of_response(const Message& request, const Message& response) {
    const auto from = request.get<h::From>();
    const auto to = response.get<h::To>();
    if (!from || !to || !to->tag()) return {};

    Dialog d;
    d.state = response.status() >= 200 ? State::Confirmed : State::Early;
    d.call_id = request.call_id();
    d.local = without_parameters_but_tag(*from);
    d.remote = without_parameters_but_tag(*to);
    d.local_cseq = request.cseq().number;
    d.route_set = route_set_of(response, true);
    d.secure = request.request_uri().scheme == Uri::Scheme::Sips;
    if (auto target = contact_of(response))
        d.remote_target = std::move(*target);
    else if (d.state == State::Confirmed)
        return {};  // RFC 3261 12.1.1: the 2xx must have had one
    else
        d.remote_target = request.request_uri();
    return d;
}

std::optional<Dialog> Dialog::of_request(const Message& request, std::string_view local_tag) {
    const auto from = request.get<h::From>();
    const auto to = request.get<h::To>();
    auto target = contact_of(request);
    if (!from || !to || !target) return {};

    Dialog d;
    d.call_id = request.call_id();
    d.local = without_parameters_but_tag(*to);
    d.local.params.set("tag", local_tag);
    d.remote = without_parameters_but_tag(*from);
    d.remote_cseq = request.cseq().number;
    d.remote_target = std::move(*target);
    d.route_set = route_set_of(request, false);
    d.secure = request.request_uri().scheme == Uri::Scheme::Sips;
    return d;
}

bool Dialog::matches_request(const Message& request) const {
    return request.call_id() == call_id && request.to_tag() == local_tag() &&
           request.from_tag() == remote_tag();
}

bool Dialog::matches_response(const Message& response) const {
    return response.call_id() == call_id && response.from_tag() == local_tag() &&
           response.to_tag() == remote_tag();
}

Message Dialog::request(Method method) {
    auto message = Message::request(method, as_request_uri(remote_target));
    add_route(message, route_set, remote_target);
    message.set<h::From>(local);
    message.set<h::To>(remote);
    message.set<h::CallId>(call_id);
    message.set<h::CSeq>({++local_cseq, method, std::string{method_text(method)}});
    return message;
}

Message Dialog::ack(std::uint32_t invite_cseq) const {
    auto message = Message::request(Method::Ack, as_request_uri(remote_target));
    add_route(message, route_set, remote_target);
    message.set<h::From>(local);
    message.set<h::To>(remote);
    message.set<h::CallId>(call_id);
    message.set<h::CSeq>({invite_cseq, Method::Ack, std::string{method_text(Method::Ack)}});
    return message;
}

Dialog::Order Dialog::accept(const Message& request) {
    const auto number = request.cseq().number;
    if (remote_cseq && number <= *remote_cseq) return Order::OutOfOrder;
    remote_cseq = number;
    return Order::InOrder;
}

void Dialog::refresh_target(const Message& message) {
    if (auto target = contact_of(message)) remote_target = std::move(*target);
}

void Dialog::confirm(const Message& response) {
    if (state == State::Early) route_set = route_set_of(response, true);
    state = State::Confirmed;
    refresh_target(response);
}

std::string dialog_key(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag) {
    std::string key;
    key.reserve(call_id.size() + local_tag.size() + remote_tag.size() + 2);
    return key.append(call_id).append("\n").append(local_tag).append("\n").append(remote_tag);
}

}  // namespace ims::sip
