#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"
#include "common/sip/message/entries.hpp"
#include "scscf/core/restoration.hpp"
#include "scscf/core/sessions.hpp"

#include <algorithm>
#include <utility>

// Requests of a served user: TS 24.229 5.4.3.2.
namespace ims::scscf {

namespace h = sip::h;

std::optional<Impu> Sessions::asserted(const sip::Message& request) const {
    // Step 1: P-Served-User, else P-Asserted-Identity.
    if (const auto served = request.get<h::PServedUser>()) return canonical_impu(served->uri);
    if (const auto identity = request.get<h::PAssertedIdentity>()) return canonical_impu(identity->uri);
    return {};
}

bool Sessions::stays_home(const sip::Uri& uri) const {
    // Without ENUM a global number may be a subscriber of ours: it is looked for at home.
    if (uri.is_tel()) return true;
    if (!uri.is_sip()) return false;
    // "sip:123;phone-context=x@x;user=phone", where x may be no domain at all: a number in the user's own
    // context.
    const bool local_number = iequals(uri.params.get("user").value_or(""), "phone") &&
                              uri.user.find(";phone-context=") != std::string::npos;
    return local_number || core_.is_home_domain(uri.host);
}

void Sessions::on_originating(sip::RequestArrived arrived) {
    const auto& request = arrived.request;
    const auto& own_uri = arrived.own_route->uri;
    const auto token = route_token_of(own_uri.user);
    auto* set = token ? core_.registrations.find_token(*token) : nullptr;
    const auto served = asserted(request);

    if (own_uri.has("orig") && !token) {
        // From an application server or the I-CSCF, on behalf of a user who need not be registered.
        if (!served) return reject(arrived, 403, {}, "neither P-Served-User nor P-Asserted-Identity");
        set = core_.registrations.find(served->value());
        if (set == nullptr) return core_.run(serve_unregistered_caller(std::move(arrived), *served));
    }
    // A Service-Route that is gone: what counts is whether there is a profile of the user (5.4.3.2).
    if (set == nullptr && served)
        if (auto* other = core_.registrations.find(served->value()); other != nullptr && other->registered())
            set = other;
    if (set == nullptr) {
        if (!core_.config.scscf_restoration || !served)
            return ask_for_registration(arrived, "the Service-Route belongs to no registration");
        return core_.run(restore_caller(std::move(arrived), *served));
    }

    // Several registrations may share a P-CSCF: the asserted identity has to be one of this registration's.
    const Identity* identity = served ? set->find(served->value()) : set->default_identity();
    if (identity == nullptr && served) {
        const auto value = request.get<h::PServedUser>() ? request.get<h::PServedUser>()->uri.text()
                                                         : request.get<h::PAssertedIdentity>()->uri.text();
        if (const auto tel = tel_of(value)) identity = set->find(tel->value());
    }
    if (identity == nullptr)
        return reject(arrived, 403, served ? served->value() : "",
                      "the identity is not of this registration");
    serve_originating(std::move(arrived), *set, *identity);
}

void Sessions::ask_for_registration(const sip::RequestArrived& arrived, std::string_view why) {
    // 5.4.3.2, no profile: with restoration the UE is told to register anew (TS 24.229 7.6), else refused.
    if (!core_.config.scscf_restoration) return reject(arrived, 403, {}, why);
    core_.note(Severity::Warning, "scscf.session.registration_lost", subject_of(arrived.request),
               {{"reason", std::string{why}}});
    auto response = core_.response_to(arrived.request, 504);
    auto service_route = core_.own;
    service_route.user = arrived.own_route->uri.user;
    response.set<h::PAssertedIdentity>(sip::NameAddr{service_route});
    response.set_body(
        R"(<?xml version="1.0" encoding="UTF-8"?>)"
        R"(<ims-3gpp version="1"><alternative-service><type>restoration</type>)"
        R"(<reason>registration lost</reason><action>initial-registration</action></alternative-service></ims-3gpp>)",
        "application/3gpp-ims+xml");
    charge_response(response, charging_of(arrived.request), IoiType::VisitedToHome, core_.ioi);
    core_.respond(arrived.transaction, std::move(response));
}

CxProcedure Sessions::serve_unregistered_caller(sip::RequestArrived arrived, Impu served) {
    CxQuestion question =
        profile_question(served, arrived.request, cx::ServerAssignmentType::UnregisteredUser);
    CxReply reply = co_await std::move(question);
    int status = 0;
    std::string why;
    auto* set = take_unregistered(reply, served, status, why);
    if (set == nullptr)
        reject(arrived, status, served.value(), why);
    else
        serve_originating(std::move(arrived), *set, *set->find(served.value()));
    co_return Done{};
}

CxProcedure Sessions::restore_caller(sip::RequestArrived arrived, Impu served) {
    // 5.4.3.2, TS 23.380 4.4: his registration may have been lost here, or be taken over from elsewhere.
    CxQuestion question = profile_question(served, arrived.request, cx::ServerAssignmentType::NoAssignment);
    CxReply reply = co_await std::move(question);
    const auto* saa = answer_in<cx::ServerAssignmentAnswer>(reply);
    const bool not_ours = saa != nullptr && diameter::is(saa->result, cx::ResultCode::UnableToComply);
    if (const auto failure = failure_in(reply); failure && !not_ours) {
        reject(arrived, failure->status, served.value(), failure->reason);
        co_return Done{};
    }
    if (not_ours || saa == nullptr || saa->scscf_restoration_info.empty()) {
        ask_for_registration(arrived, "neither here nor in the HSS is a registration for the Service-Route");
        co_return Done{};
    }
    const auto taken = take_profile(core_, *saa, {}, served, origin_host(reply));
    if (!taken) {
        reject(arrived, taken.error().status, served.value(), taken.error().reason);
        co_return Done{};
    }
    auto& set = **taken;
    core_.registrations.arm(set);
    serve_originating(std::move(arrived), set, *set.find(served.value()));
    co_return Done{};
}

void Sessions::serve_originating(sip::RequestArrived arrived, ImplicitRegistrationSet& set,
                                 const Identity& served, std::optional<Chain> chain) {
    const auto impu = served.name.text();
    const auto token = route_token_of(arrived.own_route->uri.user);
    const auto* binding = token ? set.binding_by_token(*token) : nullptr;
    if (core_.config.authenticate_requests && binding != nullptr && binding->digest) {  // 5.4.3.6
        const Impi impi{set.private_identities[binding->private_identity].text()};
        if (!authenticated(arrived, impi, served.impu())) return;
    }
    if (served.barred) return reject(arrived, 403, impu, "the calling identity is barred");  // step 1
    auto& request = arrived.request;
    // A second asserted identity has to be an alias that is not barred (step 1): else it is removed. What an
    // application server brings back is believed.
    if (!chain && sip::entries_of(request, sip::HeaderId::PAssertedIdentity).size() > 1)
        if (auto identities = request.all<h::PAssertedIdentity>(); identities && identities->size() > 1) {
            const auto second = canonical_impu((*identities)[1].uri);
            const auto* known = second ? set.find(second->value()) : nullptr;
            if (known == nullptr || known->barred) {
                identities->resize(1);
                request.set_all<h::PAssertedIdentity>(*identities);
            }
        }
    bool gruu_contact = false;
    if (!may_use_contact(request, set, gruu_contact) && !chain)  // step 1A
        return reject(arrived, 403, impu, "the Contact is no valid GRUU of the caller");
    // Step 4B: what an application server or the I-CSCF asserts is believed, a UE only prefers.
    if (token) request.remove<h::PAssertedService>();
    if (!request.has<h::PAssertedService>())
        if (const auto preferred = request.all<h::PPreferredService>(); preferred && !preferred->empty())
            request.set_all<h::PAssertedService>(*preferred);
    request.remove<h::PPreferredService>();
    if (!(chain && (chain->profile == nullptr || request.has<h::PAssertedService>())) &&
        !assert_service(arrived, set.profile_of(served), impu))  // step 4C
        return;
    Underway underway;
    underway.charging = charging_of(request);  // steps 2, 6
    underway.from_server = chain.has_value();
    underway.ioi = chain ? IoiType::HomeToServer : IoiType::VisitedToHome;
    underway.initial = true;
    underway.set = set.id;
    underway.impu = impu;
    if (binding != nullptr) underway.flows = {binding->id};
    if (!chain)
        chain = chain_of(
            set, served,
            set.registered() ? SessionCase::OriginatingRegistered : SessionCase::OriginatingUnregistered);
    go_on_originating(std::move(arrived), set, served, std::move(*chain), std::move(underway), gruu_contact);
}

void Sessions::go_on_originating(sip::RequestArrived arrived, ImplicitRegistrationSet& set,
                                 const Identity& served, Chain chain, Underway underway, bool gruu_contact) {
    const auto impu = served.name.text();
    auto& request = arrived.request;
    if (consult(arrived, underway, set, served, chain, gruu_contact)) return;  // step 5

    request.remove<h::RelayedCharge>();  // step 7
    charge_request(request, IoiType::HomeToHome, core_.ioi, core_.random);
    if (request.has<h::PServedUser>()) request.remove<h::PServedUser>();  // step 14A
    request.remove<h::PUserDatabase>();
    if (!chain.returned && !set.privileged_sender) add_alias(request, set);  // step 9

    sip::NextHop next_hop;
    const auto& uri = request.request_uri();
    const bool home = stays_home(uri);
    if (!request.has<h::Route>()) {  // steps 10, 11
        if (home) {
            if (auto entry = sip::Uri::parse(core_.config.icscf)) next_hop = std::move(*entry);
        } else if (!uri.is_sip()) {
            return reject(arrived, 404, impu, "no route for this kind of Request-URI");
        }
    }
    if (!home) {  // step 14
        remove_access(request);
        request.remove<h::PChargingFunctionAddresses>();
    } else if (set.charging) {
        add_charging_functions(request, *set.charging);  // step 8
    }
    core_.note(Severity::Info, "scscf.session.originating", subject_of(request, {}, impu),
               {{"method", std::string{request.method_name()}}, {"request_uri", uri.text()}});
    const auto method = request.method();
    const bool makes_dialog =
        method == sip::Method::Invite || method == sip::Method::Refer || method == sip::Method::Subscribe;
    sip::Branch branch{std::move(request), std::move(next_hop), 1000, {}, {}};
    if (makes_dialog && (core_.config.record_route || gruu_contact))
        branch.record_route = record_route(Mark::of(underway).text());  // step 13
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(branch));
    forward(arrived, std::move(branches), std::move(underway));
}

void Sessions::add_alias(sip::Message& message, const ImplicitRegistrationSet& set) {
    // 5.4.3.2 step 9: the called side gets both kinds of identity.
    auto identities = message.all<h::PAssertedIdentity>();
    if (!identities || identities->size() != 1) return;
    const auto& first = identities->front();
    const auto canonical = canonical_impu(first.uri);
    const auto* identity = canonical ? set.find(canonical->value()) : nullptr;
    if (identity == nullptr) return;
    std::string second;
    if (first.uri.is_tel()) {
        second = "sip:" + first.uri.user + '@' + core_.config.home_domain + ";user=phone";
    } else {
        const auto* alias = set.alias_of(*identity, true);
        if (alias == nullptr) return;
        second = alias->name.text();
    }
    // Both names are URIs; one that is displayed is written as an address.
    if (first.display_name.empty()) return message.append_raw("P-Asserted-Identity", '<' + second + '>');
    auto uri = sip::Uri::parse(second);
    if (!uri) return;
    sip::NameAddr address{std::move(*uri)};
    address.display_name = first.display_name;
    message.append<h::PAssertedIdentity>(address);
}

}  // namespace ims::scscf
