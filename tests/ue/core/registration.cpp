#include "tests/ue/core/registration.hpp"

#include <algorithm>

namespace ims::ue {

namespace {

using namespace sip;
using std::chrono::seconds;

// A resynchronisation, the challenge after it and one stale nonce; more means that the two sides will not
// agree.
constexpr int attempts_in_a_row = 4;
// 24.229 5.1.1.2.1 leaves the retry to RFC 5626 4.5: this is its base time.
constexpr seconds retry_base{30};

std::optional<seconds> retry_after_of(const Message& response) {
    const auto value = response.get<h::RetryAfter>();
    if (!value) return {};
    const auto number = parse_number(value->token);
    if (!number) return {};
    return seconds{static_cast<seconds::rep>(std::min<std::uint64_t>(*number, 86'400))};
}

// 24.229 5.1.1.4.1: 600 s before the end if that is more than 1200 s away, else at half time.
Duration refresh_after(seconds expires) {
    return expires > 1200s ? Duration{expires - 600s} : Duration{expires} / 2;
}

}  // namespace

void Registration::start(TimePoint now) {
    if (busy()) return;
    deadlines_.clear(Timer::Refresh);
    state_ = State::Trying;
    attempts_ = 0;
    if (!bound_) {
        call_id_ = line_.new_call_id();
        tag_ = line_.new_tag();
        cseq_ = 0;
        if (line_.config().sigcomp) line_.new_compartment();
    }
    std::optional<AuthValue> authorization;
    if (bound_) authorization = authentication_.again("REGISTER", uri(), {});
    if (!authorization && line_.config().authorization_in_first_register)
        authorization = authentication_.initial(uri());
    send(std::move(authorization), now);
}

void Registration::stop(TimePoint now) {
    if (!bound_ || (request_ && state_ == State::Leaving)) return;
    deadlines_.clear(Timer::Refresh);
    state_ = State::Leaving;
    attempts_ = 0;
    send(authentication_.again("REGISTER", uri(), {}), now);
}

void Registration::send(std::optional<AuthValue> authorization, TimePoint now, bool answer) {
    const auto& config = line_.config();
    const auto expires = state_ == State::Leaving ? seconds{0} : min_expires_.value_or(config.expires);

    auto request = Message::request(Method::Register, *Uri::parse(uri()));
    request.set_raw(HeaderId::From, "<" + config.impu.value() + ">;tag=" + tag_);
    request.set_raw(HeaderId::To, "<" + config.impu.value() + ">");
    request.set<h::CallId>(call_id_);
    request.set<h::CSeq>({++cseq_, Method::Register, "REGISTER"});
    auto contact = line_.contact(answer);
    contact.address.params.set("expires", std::to_string(expires.count()));
    request.set<h::Contact>(contact);
    request.set<h::Expires>(static_cast<std::uint32_t>(expires.count()));
    std::string supported = "path";
    if (config.gruu) supported += ", gruu";
    if (config.reg_id != 0) supported += ", outbound";
    request.set_raw(HeaderId::Supported, supported);
    if (authorization) request.set<h::Authorization>(*authorization);
    line_.dress(request);
    line_.security.dress_register(request, answer);
    request_ = line_.send_register(std::move(request), answer, now);
}

bool Registration::handle(const ResponseArrived& event, TimePoint now) {
    const auto& response = event.response;
    if (response.status() < 200) return false;
    request_.reset();
    if (response.status() < 300) {
        if (state_ == State::Leaving) {
            line_.security.accepted(0s, now);
            line_.security.forget_later(now);
            left();
            return false;
        }
        return accepted(response, now);
    }
    if (response.status() == 401 || response.status() == 407) {
        challenged(response, now);
        return false;
    }
    const auto min_expires = response.get<h::MinExpires>();
    if (response.status() == 423 && min_expires && ++attempts_ <= attempts_in_a_row) {
        min_expires_ = seconds{*min_expires};  // 24.229 5.1.1.2.1
        send(authentication_.again("REGISTER", uri(), {}), now);
        return false;
    }
    failed(response.status(), std::string{response.reason()}, retry_after_of(response), now);
    return false;
}

void Registration::challenged(const Message& response, TimePoint now) {
    if (line_.config().misbehaviour == Misbehaviour::NeverAnswers)
        return failed(response.status(), "challenge ignored", {}, now);
    auto challenges =
        response.status() == 401 ? response.all<h::WwwAuthenticate>() : response.all<h::ProxyAuthenticate>();
    if (!challenges) return failed(response.status(), "challenge not understood", {}, now);
    if (++attempts_ > attempts_in_a_row)
        return failed(response.status(), "challenged again and again", {}, now);

    auto answer = authentication_.answer(*challenges, "REGISTER", uri(), {});
    if (!answer) return failed(response.status(), "no challenge of a known algorithm", {}, now);
    line_.tell(answer->challenged);
    if (answer->challenged.verdict == Challenged::Verdict::MacFailure &&
        line_.config().misbehaviour == Misbehaviour::NoAnswerToMac)
        return failed(0, "MAC failure: the network does not know this card's key", {}, now);
    if (!line_.security.wanted() || !answer->keys) return send(std::move(answer->authorization), now);
    const auto why = line_.security.challenged(response, answer->keys->ik, answer->keys->ck);
    if (why) return failed(response.status(), *why, {}, now);
    waiting_ = std::move(answer->authorization);
}

void Registration::handle(const ipsec::Report& report, TimePoint now) {
    if (!waiting_) return;
    if (const auto* done = std::get_if<ipsec::Installed>(&report);
        done && line_.security.is_awaited(done->id))
        return send(std::exchange(waiting_, {}), now, true);
    const auto* refused = std::get_if<ipsec::InstallFailed>(&report);
    if (refused == nullptr || !line_.security.is_awaited(refused->id)) return;
    waiting_.reset();
    line_.security.give_up();
    failed(0, "no security associations: " + refused->reason, {}, now);
}

seconds Registration::granted(const Message& response) const {
    // RFC 3261 10.2.4: the expiry of our own contact, else the header's, else what was asked for.
    if (const auto contacts = response.all<h::Contact>())
        for (const auto& contact : *contacts) {
            if (contact.star || !line_.is_own_contact(contact.address.uri)) continue;
            const auto expires = contact.address.params.get("expires");
            const auto number = expires ? parse_number(*expires) : std::nullopt;
            if (number)
                return seconds{static_cast<seconds::rep>(std::min<std::uint64_t>(*number, UINT32_MAX))};
        }
    if (const auto expires = response.get<h::Expires>()) return seconds{*expires};
    return line_.config().expires;
}

void Registration::take_gruus(const Message& response) {
    const auto contacts = response.all<h::Contact>();
    if (!contacts || !line_.config().gruu) return;
    const auto gruu = [](const Params& params, std::string_view name) -> std::optional<Uri> {
        const auto text = params.get(name);
        auto uri = text ? Uri::parse(*text) : Parsed<Uri>{ParseError{}};
        if (!uri) return {};
        return std::move(*uri);
    };
    for (const auto& contact : *contacts) {
        if (contact.star || !line_.is_own_contact(contact.address.uri)) continue;
        line_.binding.public_gruu = gruu(contact.address.params, "pub-gruu");
        line_.binding.temporary_gruu = gruu(contact.address.params, "temp-gruu");
    }
}

bool Registration::accepted(const Message& response, TimePoint now) {
    const bool refreshed = bound_;
    bound_ = true;
    state_ = State::Registered;
    attempts_ = 0;

    // 24.229 5.1.1.2.1 a) to e)
    const auto expires = granted(response);
    line_.security.accepted(expires, now);
    deadlines_.set(Timer::Expiry, now + expires);
    if (line_.config().register_again_by_itself) deadlines_.set(Timer::Refresh, now + refresh_after(expires));
    line_.binding = {};
    if (const auto associated = response.all<h::PAssociatedUri>())
        for (const auto& identity : *associated) line_.binding.associated_uris.push_back(identity.uri.text());
    if (auto route = response.all<h::ServiceRoute>()) line_.binding.service_route = std::move(*route);
    take_gruus(response);
    if (const auto info = response.get<h::AuthenticationInfo>())
        if (const auto nonce = info->params.get("nextnonce")) authentication_.next_nonce(*nonce);

    Registered happening{.expires = expires,
                         .associated_uris = line_.binding.associated_uris,
                         .service_route = {},
                         .refreshed = refreshed,
                         .public_gruu = {},
                         .temporary_gruu = {}};
    if (line_.binding.public_gruu) happening.public_gruu = line_.binding.public_gruu->text();
    if (line_.binding.temporary_gruu) happening.temporary_gruu = line_.binding.temporary_gruu->text();
    for (const auto& hop : line_.binding.service_route) happening.service_route.push_back(hop.uri.text());
    line_.tell(std::move(happening));
    return !refreshed;
}

void Registration::left() {
    state_ = State::Idle;
    bound_ = false;
    line_.binding = {};
    deadlines_.clear();
    line_.tell(Deregistered{});
}

void Registration::taken_away(std::string event) {
    if (!bound_) return;
    request_.reset();
    state_ = State::Idle;
    bound_ = false;
    line_.binding = {};
    line_.security.forget();
    deadlines_.clear();
    line_.tell(Deregistered{.by_network = true, .event = std::move(event)});
}

void Registration::shortened(seconds expires, TimePoint now) {
    if (!bound_) return;
    deadlines_.set(Timer::Expiry, now + expires);
    if (!request_) deadlines_.set(Timer::Refresh, now + refresh_after(expires));
}

void Registration::failed(int status, std::string reason, std::optional<seconds> retry_after, TimePoint now) {
    line_.security.give_up();
    const bool was_leaving = state_ == State::Leaving;
    line_.tell(RegistrationFailed{.status = status, .reason = std::move(reason)});
    if (was_leaving || !bound_) {
        state_ = bound_ ? State::Registered : State::Idle;
        return;
    }
    // A refresh failed. 403 and 404 end it (24.229 5.1.1.4.1); after anything else it is tried again while
    // the old binding lasts, and from the beginning when it is over.
    if (status == 403 || status == 404) return taken_away("rejected");
    state_ = State::Registered;
    if (line_.config().register_again_by_itself)
        deadlines_.set(Timer::Refresh, now + std::max(retry_base, retry_after.value_or(0s)));
}

void Registration::handle(const RequestFailed& event, TimePoint now) {
    request_.reset();
    // 33.203 7.4.1: the P-CSCF does not know the associations any more: from the beginning, in clear.
    if (line_.security.in_use() && line_.config().register_again_by_itself && state_ == State::Trying) {
        line_.security.forget();
        taken_away("the P-CSCF is silent on the security associations");
        return start(now);
    }
    failed(0, event.reason == RequestFailed::Reason::Timeout ? "no answer" : "unreachable: " + event.detail,
           {}, now);
}

void Registration::handle_timeout(TimePoint now) {
    line_.security.handle_timeout(now);
    if (deadlines_.take_due(Timer::Expiry, now)) {
        const bool again = line_.config().register_again_by_itself;
        taken_away("expired");
        if (again) start(now);
        return;
    }
    if (deadlines_.take_due(Timer::Refresh, now)) start(now);
}

Registration::Saved Registration::saved(TimePoint now) const {
    const auto left = [&](Timer t) {
        const auto at = deadlines_.at(t);
        return at ? std::optional{*at - now} : std::nullopt;
    };
    return {.bound = bound_,
            .call_id = call_id_,
            .tag = tag_,
            .cseq = cseq_,
            .sqn_ms = authentication_.sqn_ms(),
            .expires = left(Timer::Expiry),
            .refresh = left(Timer::Refresh)};
}

void Registration::restore(const Saved& saved, TimePoint now) {
    bound_ = saved.bound;
    state_ = bound_ ? State::Registered : State::Idle;
    call_id_ = saved.call_id;
    tag_ = saved.tag;
    cseq_ = saved.cseq;
    if (saved.sqn_ms > 0) authentication_.restore_sqn_ms(saved.sqn_ms);
    if (saved.expires) deadlines_.set(Timer::Expiry, now + *saved.expires);
    if (saved.refresh) deadlines_.set(Timer::Refresh, now + *saved.refresh);
}

}  // namespace ims::ue
