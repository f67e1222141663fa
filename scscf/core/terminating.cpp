#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"
#include "scscf/core/contacts.hpp"
#include "scscf/core/sessions.hpp"

#include <algorithm>
#include <array>
#include <utility>

// Requests for a served user: TS 24.229 5.4.3.3.
namespace ims::scscf {

namespace h = sip::h;

void Sessions::on_terminating(sip::RequestArrived arrived) {
    const auto& request_uri = arrived.request.request_uri();
    const auto refuse = [&](std::string_view why) { reject(arrived, 404, request_uri.text(), why); };
    if (gruu::is_temporary(request_uri)) {  // step 1: its identity is served
        const auto meant = core_.gruus.find(request_uri, core_.registrations);
        if (!meant) return refuse("no temporary GRUU that is valid here");
        return serve_terminating(std::move(arrived), *meant->set, *meant->identity);
    }
    if (const auto gr = request_uri.params.get("gr");
        gr && gruu::is_gruu(request_uri) && !gruu::may_be_instance(*gr))  // step 3A
        return refuse("no GRUU of this network");
    const auto impu = canonical_impu(request_uri);
    if (!impu) return refuse("the Request-URI is no public identity");
    auto* set = core_.registrations.find(impu->value());
    const auto* served = set == nullptr ? nullptr : set->find(impu->value());
    if (set == nullptr) {
        if (const auto tel = tel_of(request_uri)) {
            set = core_.registrations.find(tel->value());
            if (set != nullptr) served = set->find(tel->value());
        }
    }
    if (set == nullptr) return core_.run(serve_unregistered_callee(std::move(arrived), *impu));
    serve_terminating(std::move(arrived), *set, *served);
}

CxProcedure Sessions::serve_unregistered_callee(sip::RequestArrived arrived, Impu served) {
    CxQuestion question =
        profile_question(served, arrived.request, cx::ServerAssignmentType::UnregisteredUser);
    CxReply reply = co_await std::move(question);
    int status = 0;
    std::string why;
    auto* set = take_unregistered(reply, served, status, why);
    if (set != nullptr) {
        serve_terminating(std::move(arrived), *set, *set->find(served.value()));
        co_return Done{};
    }
    const auto* saa = answer_in<cx::ServerAssignmentAnswer>(reply);
    const auto other = saa != nullptr && saa->server_name ? sip::NameAddr::parse(*saa->server_name)
                                                          : sip::Parsed<sip::NameAddr>{sip::ParseError{}};
    if (saa != nullptr &&
        diameter::is(saa->result, cx::ExperimentalResultCode::ErrorIdentityAlreadyRegistered) && other) {
        // Another S-CSCF serves him: 305 names it to the I-CSCF.
        core_.note(Severity::Info, "scscf.session.elsewhere", subject_of(arrived.request, {}, served.value()),
                   {{"peer", *saa->server_name}});
        auto response = core_.response_to(arrived.request, 305);
        response.set<h::Contact>(sip::ContactValue{false, *other});
        charge_response(response, charging_of(arrived.request), IoiType::HomeToHome, core_.ioi);
        core_.respond(arrived.transaction, std::move(response));
        co_return Done{};
    }
    reject(arrived, status == 403 ? 480 : status, served.value(), why);
    co_return Done{};
}

void Sessions::serve_terminating(sip::RequestArrived arrived, ImplicitRegistrationSet& set,
                                 const Identity& served, std::optional<Chain> chain) {
    const auto impu = served.name.text();
    const auto& request = arrived.request;
    if (served.barred) return reject(arrived, 404, impu, "the called identity is barred");  // step 1
    if (!assert_service(arrived, set.profile_of(served), impu)) return;                     // step 3C
    Underway underway;
    underway.charging = charging_of(request);  // step 6
    underway.from_server = chain.has_value();
    underway.ioi = chain ? IoiType::HomeToServer : IoiType::HomeToHome;
    underway.set = set.id;
    underway.terminating = true;
    underway.initial = true;
    underway.impu = impu;
    if (!chain)
        chain = chain_of(
            set, served,
            set.registered() ? SessionCase::TerminatingRegistered : SessionCase::TerminatingUnregistered);
    go_on_terminating(std::move(arrived), set, served, std::move(*chain), std::move(underway));
}

void Sessions::go_on_terminating(sip::RequestArrived arrived, ImplicitRegistrationSet& set,
                                 const Identity& served, Chain chain, Underway underway) {
    const auto impu = served.name.text();
    auto& request = arrived.request;
    if (consult(arrived, underway, set, served, chain, false)) return;  // step 4

    const auto bindings = targets(request, set);  // steps 8, 9
    if (bindings.empty()) {
        // Step 3A, RFC 5627 5.3: a temporary GRUU ends with its registrations, a public one never.
        if (gruu::is_temporary(request.request_uri()))
            return reject(arrived, 404, impu, "the temporary GRUU is not valid any more");
        return reject(arrived, 480, impu,
                      set.registered() ? "no contact suits the request" : "no contact is bound");
    }

    // Step 10a: RFC 3841 Request-Disposition, else our own policy.
    bool fork = true;
    bool sequential = core_.config.forking == Forking::Sequential;
    if (const auto wishes = request.all<h::RequestDisposition>())
        for (const auto& wish : *wishes) {
            if (iequals(wish, "no-fork")) fork = false;
            if (iequals(wish, "sequential")) sequential = true;
            if (iequals(wish, "parallel")) sequential = false;
        }
    const auto called = request.request_uri();
    std::vector<sip::Branch> branches;
    const Binding* previous = nullptr;
    int step = 1000;
    for (const auto* binding : bindings) {
        auto branch = branch_to(request, set, *binding, Mark::of(underway).text());
        if (!branch) continue;
        // The element tries lower q after higher: one after the other are distinct values in falling order.
        // Together are tried those of equal q that suit the caller equally well (RFC 3841 7.2.4).
        const bool as_good = previous != nullptr && previous->q == binding->q &&
                             preference(*previous, request) == preference(*binding, request);
        if (previous != nullptr && (sequential || !as_good)) --step;
        previous = binding;
        branch->q = step;
        branches.push_back(std::move(*branch));
        underway.flows.push_back(binding->id);
        if (!fork) break;
    }
    if (branches.empty()) return reject(arrived, 480, impu, "the contact cannot be reached");
    core_.note(
        Severity::Info, "scscf.session.terminating", subject_of(request, {}, impu),
        {{"method", std::string{request.method_name()}},
         {"request_uri", called.text()},
         {"detail", std::to_string(branches.size()) + (branches.size() == 1 ? " contact" : " contacts")}});
    sip::ForwardOptions options;
    const bool more_than_one_step = std::any_of(
        branches.begin(), branches.end(), [&](const sip::Branch& b) { return b.q != branches.front().q; });
    if (more_than_one_step) options.no_answer = core_.config.no_answer;
    forward(arrived, std::move(branches), std::move(underway), options);
}

std::vector<const Binding*> Sessions::targets(const sip::Message& request,
                                              const ImplicitRegistrationSet& set) const {
    const bool to_device = gruu::is_gruu(request.request_uri());
    std::vector<const Binding*> found;
    for (const auto& binding : set.bindings) {
        if (binding.ended || binding.expires_at <= core_.now || !suits(binding, request)) continue;
        if (to_device && !core_.gruus.means(request.request_uri(), set, binding)) continue;  // step 8
        // Step 10a: one contact of an instance at a time; of several flows the latest.
        const auto same_device = [&](const Binding* other) {
            return !binding.instance().empty() && other->instance() == binding.instance() &&
                   other->private_identity == binding.private_identity;
        };
        const auto twin = std::find_if(found.begin(), found.end(), same_device);
        if (twin == found.end())
            found.push_back(&binding);
        else if ((*twin)->registered_at <= binding.registered_at)
            *twin = &binding;
    }
    std::stable_sort(found.begin(), found.end(), [&](const Binding* a, const Binding* b) {
        return a->q != b->q ? a->q > b->q : preference(*a, request) > preference(*b, request);
    });
    return found;
}

bool Sessions::try_next_flow(sip::ServerTransactionId id, std::size_t failed_branch, Underway& underway) {
    const auto* set = core_.registrations.find(underway.set);
    const auto* request = core_.element.request_of(id);
    if (failed_branch < underway.branches_before) return false;
    failed_branch -= underway.branches_before;
    if (set == nullptr || request == nullptr || failed_branch >= underway.flows.size()) return false;
    const auto with_id = [&](std::uint32_t wanted) {
        return std::find_if(set->bindings.begin(), set->bindings.end(),
                            [wanted](const Binding& b) { return b.id == wanted; });
    };
    const auto failed = with_id(underway.flows[failed_branch]);
    if (failed == set->bindings.end() || failed->instance().empty()) return false;
    const Binding* next = nullptr;
    for (const auto& binding : set->bindings) {
        const bool tried =
            std::find(underway.flows.begin(), underway.flows.end(), binding.id) != underway.flows.end();
        if (tried || binding.ended || binding.expires_at <= core_.now ||
            binding.instance() != failed->instance() ||
            binding.private_identity != failed->private_identity || !suits(binding, *request))
            continue;
        if (next == nullptr || next->registered_at < binding.registered_at) next = &binding;
    }
    auto branch =
        next == nullptr ? std::nullopt : branch_to(*request, *set, *next, Mark::of(underway).text());
    if (!branch) return false;
    underway.flows.push_back(next->id);
    core_.note(Severity::Info, "scscf.session.next_flow", subject_of(*request, {}, underway.impu),
               {{"detail", "reg-id " + std::to_string(next->reg_id)}});
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(*branch));
    sip::ForwardOptions options;
    options.recurse_on_305 = true;
    core_.element.forward(id, std::move(branches), core_.now, core_.outputs, options);
    return true;
}

std::optional<sip::Branch> Sessions::branch_to(const sip::Message& request,
                                               const ImplicitRegistrationSet& set, const Binding& binding,
                                               std::string_view mark) const {
    auto contact = sip::Uri::parse(binding.uri());
    if (!contact) return {};
    auto out = request;
    // Steps 5 to 7A
    out.remove<h::RelayedCharge>();
    charge_request(out, IoiType::VisitedToHome, core_.ioi, core_.random);
    remove_access(out);  // the caller's
    out.remove<h::PChargingFunctionAddresses>();
    if (binding.home_network && set.charging) add_charging_functions(out, *set.charging);
    out.remove<h::PUserDatabase>();  // step 13A
    out.remove<h::PServedUser>();
    out.remove<h::PProfileKey>();
    // Step 10c: the former Request-URI, without what number portability added
    auto called = shown(request.request_uri(), &binding);
    called.params.remove("rn");
    called.params.remove("npdi");
    called.params.remove("scscf-reselection");
    const auto method = request.method();
    const bool may_carry = method == sip::Method::Invite || method == sip::Method::Options ||
                           method == sip::Method::Publish || method == sip::Method::Refer ||
                           method == sip::Method::Subscribe || method == sip::Method::Message;
    if (may_carry) out.set<h::PCalledPartyId>(sip::NameAddr{called});  // RFC 7976
    out.set_request_uri(std::move(*contact));                          // step 10b
    out.remove<h::Route>();
    if (!binding.path().empty()) out.append_raw("Route", binding.path());  // step 10d
    sip::Branch branch{std::move(out), {}, 1000, {}, {}};
    const bool makes_dialog =
        method == sip::Method::Invite || method == sip::Method::Refer || method == sip::Method::Subscribe;
    if (makes_dialog) branch.record_route = record_route(mark);  // step 13
    return branch;
}

namespace {

bool has_feature(const sip::Params& contact, const sip::Param& wanted) {
    const auto own = contact.find(wanted.name);
    if (!own) return false;
    if (!wanted.value || wanted.value->empty()) return true;
    if (!own->value) return iequals(*wanted.value, "true");
    // RFC 3840 9: a comma separated list of values; one in common is enough.
    const auto contains = [&](std::string_view item) {
        std::string_view rest = *own->value;
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (iequals(trim(rest.substr(0, comma)), trim(item))) return true;
            rest.remove_prefix(std::min(rest.size(), comma + 1));
        }
        return false;
    };
    std::string_view rest = *wanted.value;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        if (contains(rest.substr(0, comma))) return true;
        rest.remove_prefix(std::min(rest.size(), comma + 1));
    }
    return false;
}

}  // namespace

namespace {

bool is_term(const sip::Param& param) {
    return !iequals(param.name, "require") && !iequals(param.name, "explicit");
}

sip::Params features_of(const Binding& binding) {
    if (binding.params)
        if (auto contact = sip::NameAddr::parse("<sip:x>" + *binding.params)) return contact->params;
    return {};
}

}  // namespace

int preference(const Binding& binding, const sip::Message& request) {
    if (!request.has<h::AcceptContact>()) return 1000;
    const auto accepted = request.all<h::AcceptContact>();
    const auto features = features_of(binding);
    // 7.2: a contact that says nothing of what it can is immune, and as good as any.
    if (!accepted || accepted->empty() || features.empty()) return 1000;
    int sum = 0;
    int matching = 0;  // what is not contradicted
    for (const auto& one : *accepted) {
        int terms = 0;
        int mentioned = 0;
        bool matches = true;
        for (const auto& wanted : one.params) {
            if (!is_term(wanted)) continue;
            ++terms;
            if (!features.has(wanted.name)) continue;
            ++mentioned;
            matches = matches && has_feature(features, wanted);
        }
        if (!matches) continue;
        ++matching;
        const int score = terms == 0 ? 1000 : 1000 * mentioned / terms;
        sum += score < 1000 && one.params.has("explicit") ? 0 : score;
    }
    return matching == 0 ? 0 : sum / matching;
}

bool suits(const Binding& binding, const sip::Message& request) {
    const auto accepted = request.all<h::AcceptContact>();
    const auto rejected = request.all<h::RejectContact>();
    const bool wishes = (accepted && !accepted->empty()) || (rejected && !rejected->empty());
    if (!wishes) return true;
    const auto features = features_of(binding);
    if (rejected)
        for (const auto& one : *rejected) {
            // RFC 3841 7.2.3: rejected is who has all of them.
            const bool all = !one.params.empty() &&
                             std::all_of(one.params.begin(), one.params.end(),
                                         [&](const auto& wanted) { return has_feature(features, wanted); });
            if (all) return false;
        }
    if (accepted)
        for (const auto& one : *accepted) {
            if (!one.params.has("require")) continue;  // a preference only
            const bool is_explicit = one.params.has("explicit");
            for (const auto& wanted : one.params) {
                if (!is_term(wanted)) continue;
                // RFC 3841 7.2.4: a feature the contact does not mention excludes it only with "explicit".
                const bool mentioned = features.has(wanted.name);
                if (mentioned ? !has_feature(features, wanted) : is_explicit) return false;
            }
        }
    return true;
}

}  // namespace ims::scscf
