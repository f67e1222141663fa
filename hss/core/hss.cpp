#include "hss/core/hss.hpp"

#include "common/base/result.hpp"
#include "hss/core/push.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

// Two decisions about one subscription at once are rare (a retransmission at another HSS); more in a row are
// a fault.
constexpr int attempts = 8;

Lookup lookup_for(const cx::UserAuthorizationRequest& r) {
    return {r.user_name, r.public_identity, false};
}
Lookup lookup_for(const cx::MultimediaAuthRequest& r) {
    return {r.user_name, r.public_identity, true};
}
Lookup lookup_for(const cx::LocationInfoRequest& r) {
    return {std::nullopt, r.public_identity, false};
}
Lookup lookup_for(const cx::ServerAssignmentRequest& r) {
    std::optional<Impu> impu;
    if (!r.public_identity.empty()) impu = r.public_identity.front();
    return {r.user_name, impu, false};
}

template <class Request>
struct AnswerTo;
template <>
struct AnswerTo<cx::UserAuthorizationRequest> {
    using type = cx::UserAuthorizationAnswer;
};
template <>
struct AnswerTo<cx::ServerAssignmentRequest> {
    using type = cx::ServerAssignmentAnswer;
};
template <>
struct AnswerTo<cx::LocationInfoRequest> {
    using type = cx::LocationInfoAnswer;
};
template <>
struct AnswerTo<cx::MultimediaAuthRequest> {
    using type = cx::MultimediaAuthAnswer;
};

// The first identities of a request, for its note.
void name_identities(Note& note, const Lookup& lookup) {
    if (lookup.impi) note.with("impi", lookup.impi->value());
    if (lookup.impu) note.with("impu", lookup.impu->value());
}

template <class Answer>
Answer failed(StoreError error) {
    Answer answer;
    // RFC 6733 7.1.3: TOO_BUSY tells the peer to try elsewhere or later, which is what it should do when only
    // the database of this HSS is away.
    answer.result = error == StoreError::Broken ? cx::ResultCode::UnableToComply : cx::ResultCode::TooBusy;
    return answer;
}
std::string_view reason(StoreError error) {
    switch (error) {
        case StoreError::Away: return "database away";
        case StoreError::Conflict: return "subscription changes too fast";
        case StoreError::Broken: return "stored subscription cannot be read";
    }
    return "";
}

using Handling = Hss::Handling;
using Outcome = Hss::Outcome;

// What is awaited has a name in the procedures below: GCC 12 destroys temporaries in the operand of co_await
// twice.

// 29.229 7.2.1: the sender cannot do without a feature that is not ours.
bool needs_more(const std::vector<cx::SupportedFeatures>& features, const Policy& policy) {
    return std::ranges::any_of(features, [&](const cx::SupportedFeatures& f) {
        const bool ours = f.vendor_id == cx::vendor_3gpp && f.feature_list_id == 1;
        return f.mandatory && (!ours || (f.feature_list & ~policy.features) != 0);
    });
}

template <class Request, class Decide>
Handling load_decide_save(Request request, const Policy& policy, Decide decide_one) {
    using Answer = typename AnswerTo<Request>::type;
    const auto lookup = lookup_for(request);
    Note note{Severity::Trace, "hss.request"};
    note.with("method", std::string{cx::name(cx::Request{request})});
    name_identities(note, lookup);

    if (needs_more(request.supported_features, policy)) {
        Answer refused;
        refused.result = cx::ExperimentalResultCode::ErrorFeatureUnsupported;
        refused.supported_features = answered({}, policy);
        note.with("status", diameter::text(refused.result));
        Outcome outcome{std::move(refused), {}, {}};
        outcome.notes.push_back(std::move(note));
        co_return outcome;
    }

    auto error = StoreError::Conflict;
    for (int n = 0; n < attempts && error == StoreError::Conflict; ++n) {
        StoreRequest load = lookup;
        const StoreAnswer answered = co_await std::move(load);
        const auto& loaded = std::get<Loaded>(answered);
        if (!loaded) {
            error = loaded.error();
            continue;
        }
        Decision<Answer> d = decide_one(request, *loaded);
        if (loaded->subscription && (!d.changes.empty() || loaded->remembered)) {
            StoreRequest save = Save{*loaded, std::move(d.changes)};
            const StoreAnswer saved = co_await std::move(save);
            if (const auto why = std::get<Saved>(saved)) {
                error = *why;
                continue;
            }
        }
        note.with("status", diameter::text(d.answer.result));
        // 5001 does not say who is unknown (29.228 6.1.1.1 steps 1 and 2).
        if (diameter::is(d.answer.result, cx::ExperimentalResultCode::ErrorUserUnknown))
            note.with("reason", lookup.impi && !loaded->subscription ? "unknown impi" : "unknown impu");
        d.notes.push_back(std::move(note));
        co_return Outcome{std::move(d.answer), std::move(d.pushes), std::move(d.notes)};
    }
    auto answer = failed<Answer>(error);
    note.id = "hss.request.failed";
    // log lines: hss.request.failed
    note.severity = error == StoreError::Broken ? Severity::Error : Severity::Warning;
    note.with("status", diameter::text(answer.result)).with("reason", std::string{reason(error)});
    Outcome outcome{std::move(answer), {}, {}};
    outcome.notes.push_back(std::move(note));
    co_return outcome;
}

// A request that only an HSS sends.
Handling refuse_ours(cx::Answer answer) {
    Outcome outcome{std::move(answer), {}, {}};
    outcome.notes.emplace_back(Severity::Warning, "hss.request.ours");
    co_return outcome;
}

Note note_of(const Push& push, const Impi& impi, const std::optional<cx::Answer>& answer) {
    const bool rtr = std::holds_alternative<cx::RegistrationTerminationRequest>(push.request);
    auto note = answer ? Note{Severity::Info, rtr ? "hss.rtr.answered" : "hss.ppr.answered"}
                       : Note{Severity::Warning, rtr ? "hss.rtr.unanswered" : "hss.ppr.unanswered"};
    note.with("impi", impi.value()).with("peer", push.destination_host);
    if (answer) note.with("status", diameter::text(cx::result(*answer)));
    return note;
}

Handling after_rtr(Push push, cx::RegistrationTerminationRequest rtr, std::optional<cx::Answer> answer) {
    Outcome out;
    out.notes.push_back(note_of(push, rtr.user_name, answer));
    std::optional<cx::RegistrationTerminationAnswer> rta;
    if (answer && std::holds_alternative<cx::RegistrationTerminationAnswer>(*answer))
        rta = std::get<cx::RegistrationTerminationAnswer>(*answer);
    for (int n = 0; n < attempts; ++n) {
        StoreRequest load = Lookup{rtr.user_name, std::nullopt, false};
        const StoreAnswer answered = co_await std::move(load);
        const auto& loaded = std::get<Loaded>(answered);
        if (!loaded || !loaded->subscription) break;  // deleted, or nobody to ask: nothing to keep
        auto changes = changes_after(rtr, rta, *loaded->subscription);
        if (changes.empty() && !loaded->remembered) break;
        StoreRequest save = Save{*loaded, std::move(changes)};
        const StoreAnswer saved = co_await std::move(save);
        if (std::get<Saved>(saved) != StoreError::Conflict) break;
    }
    co_return out;
}

Handling after_ppr(Push push, cx::PushProfileRequest ppr, std::optional<cx::Answer> answer) {
    Outcome out;
    out.notes.push_back(note_of(push, ppr.user_name, answer));
    const auto* ppa = answer ? std::get_if<cx::PushProfileAnswer>(&*answer) : nullptr;
    if (!ppa || ppa->result == diameter::Result{cx::ResultCode::Success}) co_return out;
    for (int n = 0; n < attempts; ++n) {
        StoreRequest load = Lookup{ppr.user_name, std::nullopt, false};
        const StoreAnswer answered = co_await std::move(load);
        const auto& loaded = std::get<Loaded>(answered);
        if (!loaded || !loaded->subscription) break;
        if (loaded->remembered) {
            StoreRequest save = Save{*loaded, {}};
            const StoreAnswer confirmed = co_await std::move(save);
            if (std::get<Saved>(confirmed)) continue;
        }
        out.pushes = follow_up(push, *ppa, *loaded->subscription);
        break;
    }
    co_return out;
}

StoreAnswer ask(Store& store, const StoreRequest& request) {
    if (const auto* lookup = std::get_if<Lookup>(&request)) return store.load(*lookup);
    const auto& save = std::get<Save>(request);
    return store.save(save.loaded, save.changes);
}
Outcome run(Handling handling, Store& store) {
    for (auto asked = handling.start(); asked;) asked = handling.resume(ask(store, *asked));
    return std::move(handling.outcome());
}

}  // namespace

Handling Hss::handling(cx::Request request, Origin origin, Random& random) const {
    return std::visit(
        overloaded{
            [&](cx::UserAuthorizationRequest& asked) {
                return load_decide_save(std::move(asked), policy_, [this](const auto& r, const Snapshot& s) {
                    return decide(r, s, policy_);
                });
            },
            [&](cx::ServerAssignmentRequest& asked) {
                return load_decide_save(std::move(asked), policy_,
                                        [this, origin](const auto& r, const Snapshot& s) {
                                            return decide(r, origin, s, policy_);
                                        });
            },
            [&](cx::LocationInfoRequest& asked) {
                return load_decide_save(std::move(asked), policy_, [this](const auto& r, const Snapshot& s) {
                    return decide(r, s, policy_);
                });
            },
            [&](cx::MultimediaAuthRequest& asked) {
                return load_decide_save(std::move(asked), policy_,
                                        [this, origin, &random](const auto& r, const Snapshot& s) {
                                            return decide(r, origin, s, policy_, random);
                                        });
            },
            [](cx::RegistrationTerminationRequest&) {
                return refuse_ours(cx::RegistrationTerminationAnswer{});
            },
            [](cx::PushProfileRequest&) { return refuse_ours(cx::PushProfileAnswer{}); },
        },
        request);
}

Handling Hss::handling(Push push, std::optional<cx::Answer> answer) const {
    if (const auto* rtr = std::get_if<cx::RegistrationTerminationRequest>(&push.request)) {
        auto request = *rtr;
        return after_rtr(std::move(push), std::move(request), std::move(answer));
    }
    auto request = std::get<cx::PushProfileRequest>(push.request);
    return after_ppr(std::move(push), std::move(request), std::move(answer));
}

Outcome Hss::handle(const cx::Request& request, const Origin& origin, Store& store, Random& random) const {
    return run(handling(request, origin, random), store);
}
Outcome Hss::handle_push_answer(const Push& push, const std::optional<cx::Answer>& answer,
                                Store& store) const {
    return run(handling(push, answer), store);
}

}  // namespace ims::hss
