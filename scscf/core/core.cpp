#include "scscf/core/core.hpp"

#include "common/base/text.hpp"
#include "scscf/core/charging.hpp"

#include <algorithm>
#include <utility>

namespace ims::scscf {

Core::Core(Config c, sip::ElementConfig e, Random& r, std::unique_ptr<ServiceControl> s)
    : config{std::move(c)},
      ioi{config.ioi.empty() ? config.home_domain : config.ioi},
      random{r},
      element{std::move(e), r},
      gruus{config, r},
      service_control{s ? std::move(s) : std::make_unique<ServiceControlByCriteria>()} {
    // The shell has checked the configuration; a name that is no URI leaves `own` empty.
    if (auto uri = sip::Uri::parse(config.server_name)) own = std::move(*uri);
}

std::vector<std::string> Core::reload(Config fresh) {
    std::vector<std::string> not_taken;
    const auto keep = [&](std::string Config::*member, std::string_view key) {
        if (fresh.*member == config.*member) return;
        not_taken.emplace_back(key);
        fresh.*member = config.*member;
    };
    keep(&Config::server_name, "server_name");
    keep(&Config::home_domain, "home_domain");
    keep(&Config::ioi, "ioi");
    config = std::move(fresh);
    return not_taken;
}

void Core::note(Severity severity, std::string_view id, Subject subject, std::vector<Note::Field> more) {
    Note n{severity, id};
    n.fields.reserve(3 + more.size());
    if (!subject.call_id.empty()) n.with("call_id", std::move(subject.call_id));
    if (!subject.impi.empty()) n.with("impi", std::move(subject.impi));
    if (!subject.impu.empty()) n.with("impu", std::move(subject.impu));
    for (auto& field : more) n.fields.push_back(std::move(field));
    out_->emplace_back(std::move(n));
}

void Core::respond(sip::ServerTransactionId id, sip::Message response) {
    element.respond(id, std::move(response), now, outputs);
}

sip::Message Core::response_to(const sip::Message& request, int status) {
    return sip::Message::response(request, status, {}, random.token(4));
}

void Core::reject(sip::ServerTransactionId id, const sip::Message& request, int status, std::string_view why,
                  const Subject& subject, std::string_view reason, std::vector<Note::Field> more) {
    more.insert(more.begin(), {{"method", std::string{request.method_name()}},
                               {"status", std::to_string(status)},
                               {"reason", std::string{reason}}});
    // log lines: scscf.registration.rejected, scscf.session.rejected, scscf.subscription.rejected
    note(status >= 500 ? Severity::Warning : Severity::Info, why, subject, std::move(more));
    auto response = response_to(request, status);
    charge_response(response, charging_of(request), IoiType::VisitedToHome, ioi);
    respond(id, std::move(response));
}

bool Core::refuses_extensions(sip::ServerTransactionId id, const sip::Message& request,
                              std::initializer_list<std::string_view> known) {
    const auto required = request.all<sip::h::Require>();
    if (!required || required->empty()) return false;
    std::vector<std::string> unsupported;
    for (const auto& option : *required)
        if (std::none_of(known.begin(), known.end(), [&](auto name) { return iequals(name, option); }))
            unsupported.emplace_back(option);
    if (unsupported.empty()) return false;
    note(Severity::Info, "scscf.request.extension_required", subject_of(request),
         {{"method", std::string{request.method_name()}}, {"detail", unsupported.front()}});
    auto response = response_to(request, 420);
    for (const auto& option : unsupported) response.append<sip::h::Unsupported>(option);
    charge_response(response, charging_of(request), IoiType::VisitedToHome, ioi);
    respond(id, std::move(response));
    return true;
}

bool Core::trusts(const sip::Flow& flow) const {
    if (!config.trusted_peers) return true;
    return std::any_of(config.trusted_peers->begin(), config.trusted_peers->end(),
                       [&](const AddressRange& range) { return range.contains(flow.remote.address); });
}

bool Core::is_home_domain(std::string_view host) const {
    return iequals(host, config.home_domain) || iequals(host, own.host) ||
           std::any_of(config.domains.begin(), config.domains.end(),
                       [&](const std::string& domain) { return iequals(host, domain); });
}

bool Core::is_home_node(std::string_view host) const {
    if (is_home_domain(host)) return true;
    const auto within = [&](std::string_view domain) {
        return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
               iequals(host.substr(host.size() - domain.size()), domain);
    };
    return within(config.home_domain) || std::any_of(config.domains.begin(), config.domains.end(), within);
}

sip::Uri Core::own_route(std::string_view user) const {
    auto uri = own;
    uri.user = user;
    uri.params.set("lr");
    return uri;
}

Subject subject_of(const sip::Message& message, std::string_view impi, std::string_view impu) {
    return {std::string{message.call_id()}, std::string{impi}, std::string{impu}};
}

std::string join(const std::vector<std::string_view>& values) {
    std::size_t octets = 0;
    for (const auto value : values) octets += value.size() + 2;
    std::string text;
    text.reserve(octets);
    for (const auto value : values) {
        if (!text.empty()) text += ", ";
        text += value;
    }
    return text;
}

}  // namespace ims::scscf
