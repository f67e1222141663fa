#include "common/ims/identity_of_uri.hpp"
#include "scscf/core/sessions.hpp"

#include <algorithm>
#include <utility>

// Requests on their way through application servers (ISC): TS 24.229 5.4.3.2 steps 3 and 5, 5.4.3.3 steps 2A
// to 4, 5.4.3.4, and what either says of an application server that fails.
namespace ims::scscf {

namespace h = sip::h;

namespace {

bool is_terminating(SessionCase session_case) {
    return session_case == SessionCase::TerminatingRegistered ||
           session_case == SessionCase::TerminatingUnregistered;
}

bool makes_dialog(sip::Method method) {
    return method == sip::Method::Invite || method == sip::Method::Refer || method == sip::Method::Subscribe;
}

// RFC 5502, RFC 8498 for diverted sessions.
sip::NameAddr served_user(sip::Uri uri, SessionCase session_case, bool registered) {
    sip::NameAddr value{std::move(uri)};
    if (session_case == SessionCase::OriginatingCdiv)
        value.params.set("orig-cdiv");
    else
        value.params.set("sescase", is_terminating(session_case) ? "term" : "orig");
    value.params.set("regstate", registered ? "reg" : "unreg");
    return value;
}

}  // namespace

bool Sessions::has_original_dialog(const sip::RequestArrived& arrived) {
    return arrived.own_route && arrived.own_route->uri.user.starts_with(OriginalDialogs::mark);
}

Sessions::Chain Sessions::chain_of(const ImplicitRegistrationSet& set, const Identity& served,
                                   SessionCase session_case) {
    return {session_case, set.profiles[served.profile], 0, false};
}

bool Sessions::consult(sip::RequestArrived& arrived, Underway& underway, const ImplicitRegistrationSet& set,
                       const Identity& served, Chain& chain, bool gruu_contact) {
    if (!chain.profile || chain.profile->initial_filter_criteria.size() <= chain.behind) return false;
    const ServicePoint point{arrived.request, chain.session_case, set.registered(), {}};
    while (true) {
        std::vector<MalformedCriterion> malformed;
        const auto hit = core_.service_control->evaluate(*chain.profile, chain.behind, point, malformed);
        const auto* server = hit ? &hit->criterion->application_server : nullptr;
        auto uri = server == nullptr ? sip::Parsed<sip::Uri>{sip::ParseError{}}
                                     : sip::Uri::parse(server->server_name);
        const bool usable = uri && uri->is_sip();
        if (hit && !usable)
            malformed.push_back({hit->criterion->priority, server->server_name, "ServerName"});
        for (const auto& wrong : malformed)
            core_.note(Severity::Warning, "scscf.criterion.malformed",
                       subject_of(arrived.request, {}, served.name.text()),
                       {{"priority", std::to_string(wrong.priority)},
                        {"peer", wrong.application_server},
                        {"detail", wrong.what}});
        if (!hit) return false;
        chain.behind = hit->behind;
        if (!usable) continue;
        send_to_server(arrived, std::move(underway), set, served, chain, *server, std::move(*uri),
                       gruu_contact);
        return true;
    }
}

void Sessions::send_to_server(sip::RequestArrived& arrived, Underway underway,
                              const ImplicitRegistrationSet& set, const Identity& served, const Chain& chain,
                              const ApplicationServer& server, sip::Uri uri, bool gruu_contact) {
    auto& request = arrived.request;
    const auto impu = served.name.text();
    auto triggered = std::make_unique<Triggered>(
        Triggered{arrived, chain, server.default_handling.value_or(DefaultHandling::SessionContinued),
                  server.server_name, false, gruu_contact});

    OriginalDialog original;
    original.transaction = arrived.transaction;
    original.set = set.id;
    original.served = impu;
    original.session_case = chain.session_case;
    original.profile = chain.profile;
    original.behind = chain.behind;
    original.request_uri = request.request_uri().text();
    if (underway.terminating && gruu::is_temporary(request.request_uri()))  // 5.4.3.3 step 4a
        request.set_request_uri(shown(request.request_uri(), nullptr));
    original.shown_uri = request.request_uri().text();
    underway.original_dialog = original_dialogs_.add(std::move(original), core_.random);

    // Step 5a, 4b: the server, then ourselves with the original dialog identifier.
    auto own = core_.own_route(underway.original_dialog);
    if (!is_terminating(chain.session_case)) own.params.set("orig");
    request.prepend<h::Route>(sip::NameAddr{std::move(own)});
    if (!uri.loose()) uri.params.set("lr");
    request.prepend<h::Route>(sip::NameAddr{std::move(uri)});
    // Step 5b, 4c. The identity itself, where the profile has a wildcard for it.
    auto user = sip::Uri::parse(impu);
    if (served.is_wildcard() || !user) {
        const auto named = is_terminating(chain.session_case) || chain.returned
                               ? canonical_impu(triggered->request.request.request_uri())
                               : asserted(request);
        user = sip::Uri::parse(named ? named->value() : impu);
    }
    if (user)
        request.set<h::PServedUser>(served_user(std::move(*user), chain.session_case, set.registered()));
    // Step 5d, 4d. All servers that the HSS names are trusted: they learn where the user is (5c).
    charge_request(request, IoiType::HomeToServer, core_.ioi, core_.random);
    if (set.charging) add_charging_functions(request, *set.charging);  // step 8
    if (!underway.terminating && !chain.returned && !set.privileged_sender)
        add_alias(request, set);  // step 9

    core_.note(Severity::Info, "scscf.session.to_application_server", subject_of(request, {}, impu),
               {{"method", std::string{request.method_name()}}, {"peer", server.server_name}});
    underway.to_server = true;
    underway.triggered = std::move(triggered);
    const bool record = makes_dialog(request.method()) && (core_.config.record_route || gruu_contact);
    sip::Branch branch{std::move(request), {}, 1000, {}, {}};
    if (record) branch.record_route = record_route(Mark::of(underway).text());  // step 13
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(branch));
    sip::ForwardOptions options;
    options.no_response = core_.config.application_server_timeout;
    forward(arrived, std::move(branches), std::move(underway), options);
}

bool Sessions::means_the_same(const sip::Uri& uri, const OriginalDialog& original,
                              const ImplicitRegistrationSet& set, const Identity& served) {
    const auto text = uri.text();
    if (text == original.shown_uri || text == original.request_uri) return true;
    const auto now = canonical_impu(text);
    if (!now) return false;
    const auto before = canonical_impu(original.shown_uri);
    if (before && *now == *before) return true;
    if (served.is_wildcard()) return false;
    // An alias: the same service profile, and the same group if there are groups (TS 29.228 B.2.1).
    const auto* other = set.find(now->value());
    if (other == nullptr)
        if (const auto tel = tel_of(text)) other = set.find(tel->value());
    if (other == nullptr || other->profile != served.profile) return false;
    const auto group = [](const Identity& i) {
        return i.extras ? std::string_view{i.extras->alias_group} : std::string_view{};
    };
    return group(*other) == group(served);
}

bool Sessions::on_returned(sip::RequestArrived& arrived) {
    if (!has_original_dialog(arrived)) return false;
    auto* original = original_dialogs_.find(arrived.own_route->uri.user, core_.now);
    if (original == nullptr) return false;  // of before a restart: it starts anew
    const auto served_text = original->served;
    if (original->passed_over) {
        reject(arrived, 481, served_text,
               "the application server is too late: the request went on without it");
        return true;
    }
    auto* set = core_.registrations.find(original->set);
    const auto* served = set == nullptr ? nullptr : set->find(served_text);
    if (served == nullptr) return false;  // deregistered meanwhile
    original->returned = true;
    core_.element.wait_on(original->transaction);
    Chain chain{original->session_case, original->profile, original->behind, true};
    auto& request = arrived.request;
    core_.note(Severity::Info, "scscf.session.from_application_server", subject_of(request, {}, served_text),
               {{"method", std::string{request.method_name()}}, {"peer", arrived.flow.remote.text()}});
    if (!is_terminating(chain.session_case)) {
        serve_originating(std::move(arrived), *set, *served, std::move(chain));
        return true;
    }
    if (means_the_same(request.request_uri(), *original, *set, *served)) {
        // 5.4.3.3 step 3B
        if (original->shown_uri != original->request_uri &&
            request.request_uri().text() == original->shown_uri)
            if (auto uri = sip::Uri::parse(original->request_uri)) request.set_request_uri(std::move(*uri));
        serve_terminating(std::move(arrived), *set, *served, std::move(chain));
        return true;
    }
    // Step 3: the server sends it elsewhere. b) to those that want to see diverted sessions of the user, if
    // there are such; else a) on without any.
    if (names_session_case(*chain.profile, SessionCase::OriginatingCdiv))
        chain = {SessionCase::OriginatingCdiv, std::move(chain.profile), 0, true};
    else
        chain.profile = nullptr;
    core_.note(Severity::Info, "scscf.session.diverted", subject_of(request, {}, served_text),
               {{"request_uri", request.request_uri().text()}});
    serve_originating(std::move(arrived), *set, *served, std::move(chain));
    return true;
}

bool Sessions::on_server_response(sip::ResponseToForward& r, Underway& underway) {
    const int status = r.response.status();
    if (status < 200) {
        underway.triggered->heard = true;
        return false;
    }
    auto triggered = std::move(underway.triggered);
    auto* original = original_dialogs_.find(underway.original_dialog, core_.now);
    const bool failed = (status == 408 || status / 100 == 5) && !triggered->heard && !underway.released &&
                        original != nullptr && !original->returned;
    if (!failed) return false;  // any other final response goes to the caller
    original->passed_over = true;
    original_dialogs_.end(underway.original_dialog, core_.now);

    auto& arrived = triggered->request;
    auto* set = core_.registrations.find(underway.set);
    const auto* served = set == nullptr ? nullptr : set->find(underway.impu);
    const bool continued =
        triggered->default_handling == DefaultHandling::SessionContinued && served != nullptr;
    std::vector<Note::Field> fields{
        {"method", std::string{arrived.request.method_name()}},
        {"peer", triggered->server},
        {"status", std::to_string(status)},
        {"reason", r.origin == sip::ResponseToForward::Origin::Received ? "it answered" : "no answer"},
        {"detail", r.detail}};
    core_.note(Severity::Warning,
               continued ? "scscf.application_server.passed_over" : "scscf.application_server.ended_session",
               subject_of(arrived.request, {}, underway.impu), std::move(fields));
    if (!continued) {
        // 408 or 5xx; RFC 4320 4.2: a 408 is for INVITEs only.
        if (status == 408 && r.response.method() != sip::Method::Invite) r.response.set_status(504);
        return false;
    }

    Underway again;
    again.charging = std::move(underway.charging);
    again.ioi = underway.ioi;
    again.set = underway.set;
    again.terminating = underway.terminating;
    again.initial = true;
    again.from_server = underway.from_server;
    again.flows = std::move(underway.flows);
    again.branches_before = r.branch + 1;
    again.impu = std::move(underway.impu);
    on_ended(r.transaction);
    if (again.terminating)
        go_on_terminating(std::move(arrived), *set, *served, std::move(triggered->chain), std::move(again));
    else
        go_on_originating(std::move(arrived), *set, *served, std::move(triggered->chain), std::move(again),
                          triggered->gruu_contact);
    return true;
}

}  // namespace ims::scscf
