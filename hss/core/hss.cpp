#include "hss/core/hss.hpp"

#include "common/base/result.hpp"
#include "hss/core/push.hpp"

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

template <class Request, class Decide>
Hss::Outcome load_decide_save(const Request& request, Store& store, Decide decide_one) {
    using Answer = typename AnswerTo<Request>::type;
    const auto lookup = lookup_for(request);
    Note note{Severity::Trace, "hss.request"};
    note.with("method", std::string{cx::name(cx::Request{request})});
    name_identities(note, lookup);

    auto error = StoreError::Conflict;
    for (int n = 0; n < attempts && error == StoreError::Conflict; ++n) {
        const auto snapshot = store.load(lookup);
        if (!snapshot) {
            error = snapshot.error();
            continue;
        }
        Decision<Answer> d = decide_one(*snapshot);
        if (!d.changes.empty()) {
            if (const auto why = store.save(*snapshot->subscription, d.changes)) {
                error = *why;
                continue;
            }
        }
        note.with("status", diameter::text(d.answer.result));
        d.notes.push_back(std::move(note));
        return {std::move(d.answer), std::move(d.pushes), std::move(d.notes)};
    }
    auto answer = failed<Answer>(error);
    note.id = "hss.request.failed";
    note.severity = error == StoreError::Broken ? Severity::Error : Severity::Warning;
    note.with("status", diameter::text(answer.result)).with("reason", std::string{reason(error)});
    return {std::move(answer), {}, {std::move(note)}};
}

}  // namespace

Hss::Outcome Hss::handle(const cx::Request& request, const Origin& origin, Store& store,
                         Random& random) const {
    return std::visit(
        overloaded{
            [&](const cx::UserAuthorizationRequest& r) {
                return load_decide_save(r, store, [&](const Snapshot& s) { return decide(r, s, policy_); });
            },
            [&](const cx::ServerAssignmentRequest& r) {
                return load_decide_save(r, store,
                                        [&](const Snapshot& s) { return decide(r, origin, s, policy_); });
            },
            [&](const cx::LocationInfoRequest& r) {
                return load_decide_save(r, store, [&](const Snapshot& s) { return decide(r, s, policy_); });
            },
            [&](const cx::MultimediaAuthRequest& r) {
                return load_decide_save(
                    r, store, [&](const Snapshot& s) { return decide(r, origin, s, policy_, random); });
            },
            [&](const cx::RegistrationTerminationRequest&) {
                return Outcome{
                    cx::RegistrationTerminationAnswer{}, {}, {Note{Severity::Warning, "hss.request.ours"}}};
            },
            [&](const cx::PushProfileRequest&) {
                return Outcome{cx::PushProfileAnswer{}, {}, {Note{Severity::Warning, "hss.request.ours"}}};
            },
        },
        request);
}

Hss::Outcome Hss::handle_push_answer(const Push& push, const std::optional<cx::Answer>& answer,
                                     Store& store) const {
    Outcome out;
    const auto* rtr = std::get_if<cx::RegistrationTerminationRequest>(&push.request);
    const auto* ppr = std::get_if<cx::PushProfileRequest>(&push.request);
    if (!rtr && !ppr) return out;
    const auto& impi = rtr ? rtr->user_name : ppr->user_name;

    Note note{answer ? Severity::Info : Severity::Warning, rtr ? "hss.rtr.answered" : "hss.ppr.answered"};
    if (!answer) note.id = rtr ? "hss.rtr.unanswered" : "hss.ppr.unanswered";
    note.with("impi", impi.value()).with("peer", push.destination_host);
    if (answer) note.with("status", diameter::text(cx::result(*answer)));
    out.notes.push_back(std::move(note));

    for (int n = 0; n < attempts; ++n) {
        const auto snapshot = store.load({impi, std::nullopt, false});
        if (!snapshot || !snapshot->subscription) return out;  // deleted, or nobody to ask: nothing to keep
        const auto& subscription = *snapshot->subscription;
        if (rtr) {
            std::optional<cx::RegistrationTerminationAnswer> rta;
            if (answer && std::holds_alternative<cx::RegistrationTerminationAnswer>(*answer))
                rta = std::get<cx::RegistrationTerminationAnswer>(*answer);
            const auto changes = changes_after(*rtr, rta, subscription);
            if (changes.empty() || store.save(subscription, changes) != StoreError::Conflict) return out;
        } else {
            if (answer && std::holds_alternative<cx::PushProfileAnswer>(*answer))
                out.pushes = follow_up(push, std::get<cx::PushProfileAnswer>(*answer), subscription);
            return out;
        }
    }
    return out;
}

}  // namespace ims::hss
