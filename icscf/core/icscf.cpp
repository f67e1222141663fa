#include "icscf/core/icscf.hpp"

#include "common/base/text.hpp"
#include "common/ims/gruu.hpp"
#include "common/ims/identity_of_uri.hpp"
#include "common/sip/proxy/capabilities.hpp"
#include "icscf/core/location.hpp"
#include "icscf/core/request.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace ims::icscf {

using sip::ServerTransactionId;
namespace h = sip::h;

struct Icscf::Impl {
    // One request on its way to an S-CSCF. Dies with its transaction.
    struct Pending {
        Location location;
        sip::Message request;  // as it goes out, but for what the attempt adds
        Subject subject;
        bool originating = false;            // 5.3.2.1A: `orig` goes on to the S-CSCF
        std::optional<sip::Message> answer;  // final answer of the last attempt
    };

    std::shared_ptr<const Config> config;
    sip::Element element;
    Random& random;
    sip::ElementOutputs outputs;  // of the element, being worked off
    std::unordered_map<ServerTransactionId, Pending> pending;
    std::unordered_map<cx::RequestId, ServerTransactionId> queries;
    std::uint64_t next_query = 0;

    Impl(Config c, sip::ElementConfig e, Random& r)
        : config{std::make_shared<const Config>(std::move(c))}, element{std::move(e), r}, random{r} {}

    void work_off(TimePoint now, Effects& out);
    void arrived(sip::RequestArrived& arrived, TimePoint now, Effects& out);
    void arrived(sip::AckArrived& ack, TimePoint now);
    void arrived(sip::ResponseToForward& response, TimePoint now, Effects& out);
    void arrived(const cx::RequestId& id, Reply reply, TimePoint now, Effects& out);

    void on_register(sip::RequestArrived& arrived, TimePoint now, Effects& out);
    void on_initial(sip::RequestArrived& arrived, TimePoint now, Effects& out);
    void on_subsequent(sip::RequestArrived& arrived, TimePoint now);
    void on_originating(sip::RequestArrived& arrived, Subject subject, TimePoint now, Effects& out);
    void pass(ServerTransactionId id, sip::Message request, TimePoint now, bool recurse = false);

    void start(ServerTransactionId id, Pending p, TimePoint now, Effects& out);
    void go_on(ServerTransactionId id, std::optional<Question> question, TimePoint now, Effects& out);
    void attempt(ServerTransactionId id, Pending& p, const Attempt& a, TimePoint now, Effects& out);
    void reject(ServerTransactionId id, const sip::Message& request, const Subject& subject, int status,
                std::string_view reason, TimePoint now, Effects& out);
    bool trusts(const sip::Flow& flow) const;
    std::vector<cx::SupportedFeatures> announced_features() const;  // of UAR and LIR
};

bool Icscf::Impl::trusts(const sip::Flow& flow) const {
    if (!config->trusted_peers) return true;
    return std::any_of(config->trusted_peers->begin(), config->trusted_peers->end(),
                       [&](const AddressRange& r) { return r.contains(flow.remote.address); });
}

std::vector<cx::SupportedFeatures> Icscf::Impl::announced_features() const {
    if (!config->scscf_restoration) return {};
    cx::SupportedFeatures features;
    features.feature_list = cx::feature::ims_restoration_ind;
    return {features};
}

void Icscf::Impl::work_off(TimePoint now, Effects& out) {
    // Handling an output may append further ones.
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        auto output = std::move(outputs[i]);
        std::visit(
            overloaded{
                [&](sip::Transmit& t) { out.emplace_back(std::move(t)); },
                [&](sip::dns::Query& q) { out.emplace_back(std::move(q)); },
                [&](Note& n) { out.emplace_back(std::move(n)); },
                [&](sip::RequestArrived& r) { arrived(r, now, out); },
                [&](sip::AckArrived& a) { arrived(a, now); },
                [&](sip::Cancelled& c) {
                    // 5.3.2.2: CANCEL while Cx is pending; 487 is sent, the late answer of the HSS is
                    // dropped.
                    if (!c.answered) return;
                    if (const auto p = pending.find(c.transaction); p != pending.end()) {
                        out.emplace_back(note(Severity::Info, "icscf.request.cancelled", p->second.subject));
                        pending.erase(p);
                    }
                },
                [&](sip::ResponseToForward& r) { arrived(r, now, out); },
                [&](sip::FlowFailed&) {},       // flows are the S-CSCF's to know
                [&](sip::ResponseArrived&) {},  // the I-CSCF sends no requests of its own
                [&](sip::RequestFailed&) {},
                [&](sip::TransactionEnded& e) { pending.erase(e.transaction); },
            },
            output);
    }
    outputs.clear();
}

void Icscf::Impl::arrived(sip::RequestArrived& r, TimePoint now, Effects& out) {
    if (r.request.method() == sip::Method::Register) return on_register(r, now, out);

    const bool within_dialog = !r.request.to_tag().empty();
    if (!trusts(r.flow)) {
        r.request.remove<h::PChargingVector>();  // 5.3.2.1 step 0, 5.3.5
        r.request.remove<h::PChargingFunctionAddresses>();
    }
    if (within_dialog) return on_subsequent(r, now);
    if (r.request.method() == sip::Method::Cancel)  // of an INVITE that is over
        return element.respond(r.transaction, sip::Message::response(r.request, 481, {}, random.token(4)),
                               now, outputs);
    on_initial(r, now, out);
}

// 5.3.5. The dialog's route set decides, and nothing in the answer is of interest here: it is forwarded
// without state (RFC 3261 16.11), unless the charging of strangers has to be watched (5.3.2.1 step 9) or an
// icid made, which each repetition would get another one of.
void Icscf::Impl::on_subsequent(sip::RequestArrived& r, TimePoint now) {
    const bool as_it_came = trusts(r.flow) && has_icid(r.request) && r.request.has<h::Route>();
    if (as_it_came || r.request.method() == sip::Method::Cancel)
        return element.forward_stateless(r.transaction, sip::Branch{std::move(r.request), {}, 1000, {}, {}},
                                         now, outputs);
    keep_or_make_icid(r.request, *config, random);
    pass(r.transaction, std::move(r.request), now);
}

void Icscf::Impl::on_register(sip::RequestArrived& r, TimePoint now, Effects& out) {
    auto subject = subject_of(r.request);
    // 5.3.1.2 step 1
    if (!trusts(r.flow))
        return reject(r.transaction, r.request, subject, 403, "not from the trust domain", now, out);
    auto question = authorization_question(r.request, config->home_domain);
    if (!question)
        return reject(r.transaction, r.request, subject, 400, "To holds no public identity", now, out);
    subject.impi = question->uar.user_name.value();
    subject.impu = question->uar.public_identity.value();

    // 5.3.1.3: a protected REGISTER, or one without Authorization, belongs to an S-CSCF with registration
    // state; only restoration moves it.
    const bool reselect = question->is_unprotected || config->scscf_restoration;
    question->uar.supported_features = announced_features();
    Pending p{locate_for_register(config, std::move(question->uar), reselect),
              std::move(r.request),
              std::move(subject),
              false,
              {}};
    start(r.transaction, std::move(p), now, out);
}

void Icscf::Impl::on_initial(sip::RequestArrived& r, TimePoint now, Effects& out) {
    auto subject = subject_of(r.request);
    r.request.remove<h::PProfileKey>();  // 5.3.2.1: always discarded
    if (r.own_route && r.own_route->uri.has("orig")) {
        // 5.3.2.1A
        if (!trusts(r.flow))
            return reject(r.transaction, r.request, subject, 403, "orig from outside the trust domain", now,
                          out);
        return on_originating(r, std::move(subject), now, out);
    }
    // Step 8: it is on its way to somebody else.
    if (r.request.has<h::Route>()) return pass(r.transaction, std::move(r.request), now);

    if (sip::asks_for_capabilities(r.request, element.is_own(r.request.request_uri())))
        return element.respond(r.transaction, sip::answer_to_options(r.request, random.token(4), {}), now,
                               outputs);

    if (const auto gruu = gruu::temporary_parts(r.request.request_uri())) {
        const auto maker = std::find_if(config->scscfs.begin(), config->scscfs.end(), [&](const auto& s) {
            return gruu::server_mark(s.name) == gruu->mark;
        });
        if (maker == config->scscfs.end())
            return reject(r.transaction, r.request, subject, 404, "temporary GRUU of no S-CSCF known here",
                          now, out);
        keep_or_make_icid(r.request, *config, random);
        Pending p{locate_at(maker->name), std::move(r.request), std::move(subject), false, {}};
        return start(r.transaction, std::move(p), now, out);
    }

    normalize_request_uri(r.request);  // step 1
    const auto impu = canonical_impu(r.request.request_uri());
    if (!impu)
        return reject(r.transaction, r.request, subject, 404, "Request-URI is no public identity", now, out);
    subject.impu = impu->value();
    cx::LocationInfoRequest lir;  // step 3
    lir.public_identity = *impu;
    lir.supported_features = announced_features();
    keep_or_make_icid(r.request, *config, random);  // step 4
    Pending p{
        locate_for_request(config, std::move(lir)), std::move(r.request), std::move(subject), false, {}};
    start(r.transaction, std::move(p), now, out);
}

void Icscf::Impl::on_originating(sip::RequestArrived& r, Subject subject, TimePoint now, Effects& out) {
    const auto served = served_user(r.request);
    if (!served)
        return reject(r.transaction, r.request, subject, 404, "neither P-Served-User nor P-Asserted-Identity",
                      now, out);
    subject.impu = served->value();
    cx::LocationInfoRequest lir;
    lir.public_identity = *served;
    lir.originating_request = true;
    lir.supported_features = announced_features();
    keep_or_make_icid(r.request, *config, random);
    Pending p{locate_for_request(config, std::move(lir)), std::move(r.request), std::move(subject), true, {}};
    start(r.transaction, std::move(p), now, out);
}

void Icscf::Impl::pass(ServerTransactionId id, sip::Message request, TimePoint now, bool recurse) {
    sip::ForwardOptions options;
    options.recurse_on_305 = recurse;
    std::vector<sip::Branch> branches;
    branches.push_back(sip::Branch{std::move(request), {}, 1000, {}, {}});
    element.forward(id, std::move(branches), now, outputs, options);
}

void Icscf::Impl::arrived(sip::AckArrived& ack, TimePoint now) {
    element.forward_ack(sip::Branch{std::move(ack.request), {}, 1000, {}, {}}, now, outputs);
}

void Icscf::Impl::arrived(sip::ResponseToForward& r, TimePoint now, Effects& out) {
    const auto found = pending.find(r.transaction);
    const auto* flow = element.flow_of(r.transaction);
    // 5.3.2.1 step 9: charging addresses stay in the own network.
    if (flow != nullptr && !trusts(*flow)) r.response.remove<h::PChargingFunctionAddresses>();
    if (found == pending.end() || r.response.status() < 200) {
        element.respond(r.transaction, std::move(r.response), now, outputs);
        return;
    }
    const AttemptEnded ended{r.response.status(), r.origin != sip::ResponseToForward::Origin::Received};
    if (ended.silent)
        out.emplace_back(
            note(Severity::Warning, "icscf.scscf.silent", found->second.subject).with("detail", r.detail));
    found->second.answer = std::move(r.response);
    auto question = found->second.location.resume(ended);
    go_on(r.transaction, std::move(question), now, out);
}

void Icscf::Impl::arrived(const cx::RequestId& id, Reply reply, TimePoint now, Effects& out) {
    const auto query = queries.find(id);
    if (query == queries.end()) return;
    const auto transaction = query->second;
    queries.erase(query);
    const auto found = pending.find(transaction);
    if (found == pending.end()) return;  // cancelled meanwhile
    auto question = found->second.location.resume(std::move(reply));
    go_on(transaction, std::move(question), now, out);
}

void Icscf::Impl::start(ServerTransactionId id, Pending p, TimePoint now, Effects& out) {
    auto& placed = pending.insert_or_assign(id, std::move(p)).first->second;
    auto question = placed.location.start();
    go_on(id, std::move(question), now, out);
}

void Icscf::Impl::go_on(ServerTransactionId id, std::optional<Question> question, TimePoint now,
                        Effects& out) {
    const auto found = pending.find(id);
    auto& p = found->second;
    if (question) {
        if (const auto* a = std::get_if<Attempt>(&*question)) return attempt(id, p, *a, now, out);
        const cx::RequestId query{++next_query};
        queries.emplace(query, id);
        out.emplace_back(cx::Send{query, std::move(std::get<cx::Request>(*question)), {}});
        return;
    }
    // Over: what the element sends may end the transaction at once, so nothing of it is touched afterwards.
    auto done = std::move(p);
    pending.erase(found);
    if (const auto* rejection = std::get_if<Rejection>(&done.location.outcome()))
        return reject(id, done.request, done.subject, rejection->status, rejection->reason, now, out);
    if (done.answer) element.respond(id, std::move(*done.answer), now, outputs);
}

void Icscf::Impl::attempt(ServerTransactionId id, Pending& p, const Attempt& a, TimePoint now, Effects& out) {
    auto server = sip::Uri::parse(a.server);
    if (!server || !server->is_sip()) {
        out.emplace_back(note(Severity::Error, "icscf.scscf.bad_name", p.subject).with("peer", a.server));
        auto question = p.location.resume(AttemptEnded{500, true});
        p.answer = sip::Message::response(p.request, 500, {}, random.token(4));
        return go_on(id, std::move(question), now, out);
    }
    auto request = p.request;
    const bool registers = request.method() == sip::Method::Register;
    if (registers) {
        request.set_request_uri(*server);  // 5.3.1.2 steps 4, 5
    } else {
        server->params.set("lr");
        if (p.originating) server->params.set("orig");      // 5.3.2.1A
        request.prepend<h::Route>(sip::NameAddr{*server});  // 5.3.2.1 steps 4, 5
        if (a.wildcard)
            if (auto key = sip::Uri::parse(*a.wildcard)) request.set<h::PProfileKey>(sip::NameAddr{*key});
    }
    if (a.reselected) {  // 5.3.1.3, 5.3.2.2
        auto uri = request.request_uri();
        if (uri.is_sip()) uri.params.set("scscf-reselection");
        request.set_request_uri(std::move(uri));
    }
    out.emplace_back(
        note(Severity::Info, a.reselected ? "icscf.scscf.reselected" : "icscf.scscf.chosen", p.subject)
            .with("peer", a.server));

    sip::ForwardOptions options;
    options.recurse_on_305 = request.method() == sip::Method::Invite;  // 5.3.2.1 step 10
    options.only_way = config->scscfs.size() == 1;
    sip::Branch branch{std::move(request), {}, 1000, {}, {}};
    // Only an S-CSCF's own first answer is awaited with impatience: an INVITE gets a 100 at once, a REGISTER
    // ends there.
    if (registers || branch.request.method() == sip::Method::Invite) {
        sip::TimerValues timers = sip::core_timers;
        timers.t1 = std::min<Duration>(timers.t1, config->scscf_patience / 64);  // timers B and F are 64*T1
        branch.timers = timers;
    }
    if (config->record_route && !registers)
        if (auto own = sip::Uri::parse(config->uri)) {
            own->params.set("lr");
            branch.record_route = sip::NameAddr{*own};
        }
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(branch));
    element.forward(id, std::move(branches), now, outputs, options);
}

void Icscf::Impl::reject(ServerTransactionId id, const sip::Message& request, const Subject& subject,
                         int status, std::string_view reason, TimePoint now, Effects& out) {
    auto n = note(status >= 500 ? Severity::Warning : Severity::Info, "icscf.request.rejected", subject);
    out.emplace_back(std::move(n.with("status", std::to_string(status)).with("reason", std::string{reason})));
    element.respond(id, sip::Message::response(request, status, {}, random.token(4)), now, outputs);
}

// ---- the node

namespace {

sip::ElementConfig as_needed(sip::ElementConfig element) {
    element.forwards_statelessly = true;
    for (const auto* scheme : {"pres", "im"}) element.uri_schemes.emplace_back(scheme);  // 5.3.2.1 step 1
    return element;
}

}  // namespace

Icscf::Icscf(Config config, sip::ElementConfig element, Random& random)
    : impl_{std::make_unique<Impl>(std::move(config), as_needed(std::move(element)), random)} {}
Icscf::~Icscf() = default;

void Icscf::handle(const Event& event, TimePoint now, Effects& out) {
    std::visit(overloaded{
                   [&](const cx::AnswerArrived& e) { impl_->arrived(e.id, e.answer, now, out); },
                   [&](const cx::SendFailed& e) { impl_->arrived(e.id, e, now, out); },
                   [&](const cx::RequestArrived& e) {
                       // The HSS has nothing to ask an I-CSCF.
                       if (std::holds_alternative<cx::PushProfileRequest>(e.request))
                           out.emplace_back(cx::Reply{e.id, cx::PushProfileAnswer{}});
                       else
                           out.emplace_back(cx::Reply{e.id, cx::RegistrationTerminationAnswer{}});
                   },
                   [](const ipsec::Report&) {},  // it has no UEs of its own
                   [&](const auto& e) { impl_->element.handle(e, now, impl_->outputs); },
               },
               event);
    impl_->work_off(now, out);
}

void Icscf::handle_timeout(TimePoint now, Effects& out) {
    impl_->element.handle_timeout(now, impl_->outputs);
    impl_->work_off(now, out);
}

std::optional<TimePoint> Icscf::next_deadline() const {
    return impl_->element.next_deadline();
}

void Icscf::drain(TimePoint, Effects&) {
    impl_->element.refuse_new_requests(5s);
}

bool Icscf::idle() const {
    return impl_->element.idle() && impl_->pending.empty();
}

std::vector<Gauge> Icscf::gauges() const {
    return {
        {"icscf_transactions", "SIP transactions alive", static_cast<double>(impl_->element.transactions())},
        {"icscf_locations", "requests whose S-CSCF is being found or tried",
         static_cast<double>(impl_->pending.size())}};
}

void Icscf::reload(sip::LocatorConfig locator) {
    impl_->element.reload(std::move(locator));
}

std::vector<std::string> Icscf::reload(Config config) {
    std::vector<std::string> not_taken;
    const auto keep = [&](std::string Config::*member, std::string_view key) {
        if (config.*member == (*impl_->config).*member) return;
        not_taken.emplace_back(key);
        config.*member = (*impl_->config).*member;
    };
    keep(&Config::uri, "uri");
    keep(&Config::home_domain, "home_domain");
    // What is under way goes on with what it began with.
    impl_->config = std::make_shared<const Config>(std::move(config));
    return not_taken;
}

}  // namespace ims::icscf
