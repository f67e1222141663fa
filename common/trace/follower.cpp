#include "common/trace/follower.hpp"

#include "common/trace/avp.hpp"
#include "common/trace/redact.hpp"

#include <algorithm>

namespace ims::trace {

namespace {

bool any_in(const std::vector<Hash>& hashes, const std::unordered_set<Hash>& set) {
    return std::any_of(hashes.begin(), hashes.end(), [&](Hash h) { return set.contains(h); });
}

void add_identity(std::vector<Hash>& to, std::string_view identity) {
    if (const auto text = essence(identity); !text.empty()) to.push_back(hash_of(text));
}

// The identities in a user profile (TS 29.228 E), which an SAA or a PPR brings, without reading it as XML.
void add_profile(std::vector<Hash>& to, std::string_view xml) {
    constexpr std::string_view open = "<Identity>", close = "</Identity>";
    for (auto at = xml.find(open); at != std::string_view::npos; at = xml.find(open, at)) {
        at += open.size();
        add_identity(to, xml.substr(at, xml.find(close, at) - at));
    }
}

}  // namespace

void RecentHashes::insert(Hash h) {
    if (!set_.insert(h).second) return;
    order_.push_back(h);
    if (order_.size() <= most) return;
    set_.erase(order_.front());
    order_.pop_front();
}

struct Follower::DiameterClue {
    bool request = false;
    Hash session = 0, transaction = 0;  // 0: none
    std::vector<Hash> same;             // identities of one subscriber
};

Follower::DiameterClue Follower::diameter_clue(const WireMessage& message) {
    constexpr std::uint32_t user_name = 1, session_id = 263;
    constexpr std::uint32_t public_identity = 601, user_data = 606, associated_identities = 632;
    DiameterClue clue;
    const auto head = diameter_head(message.octets);
    // Capabilities, watchdogs and the like are about peers.
    if (!head || head->application == 0) return clue;
    clue.request = head->request;
    // Who asks chooses the identifier: what is asked of us and what we ask are counted apart.
    const bool asked_by_us = head->request == message.out;
    const std::uint64_t parts[] = {message.way.connection, head->hop_by_hop, asked_by_us ? 1U : 0U};
    clue.transaction = hash_of({reinterpret_cast<const char*>(parts), sizeof parts});
    const std::function<void(const Avp&)> look = [&](const Avp& avp) {
        if (avp.is(session_id)) clue.session = hash_of(avp.value);
        if (avp.is(user_name) || avp.is(public_identity, vendor_3gpp)) add_identity(clue.same, avp.value);
        if (avp.is(user_data, vendor_3gpp)) add_profile(clue.same, avp.value);
        if (avp.is(associated_identities, vendor_3gpp)) each_avp(avp.value, look);
    };
    each_avp_of_message(message.octets, look);
    return clue;
}

void Follower::learn(Subscriber& s, const std::vector<Hash>& identities) {
    for (const auto one : identities)
        if (s.identities_known.size() < most_identities) s.identities_known.insert(one);
    s.identities = s.identities_known.size();
}

bool Follower::recognize(Subscriber& s, const Clue& clue) {
    const bool his = any_in(clue.same, s.identities_known) || any_in(clue.named, s.identities_known) ||
                     (clue.call_id != 0 && s.call_ids.contains(clue.call_id)) ||
                     (clue.icid != 0 && s.icids.contains(clue.icid));
    if (!his) return false;
    // Of somebody else's REGISTER that names him (a third party's) nothing is learnt about him.
    if (any_in(clue.same, s.identities_known)) learn(s, clue.same);
    if (clue.call_id != 0) s.call_ids.insert(clue.call_id);
    if (clue.icid != 0) s.icids.insert(clue.icid);
    return true;
}

bool Follower::recognize(Subscriber& s, const DiameterClue& clue, bool by_turn) {
    const bool named = any_in(clue.same, s.identities_known);
    const bool answers =
        !clue.request && ((clue.transaction != 0 && s.transactions.contains(clue.transaction)) ||
                          (clue.session != 0 && s.sessions.contains(clue.session)));
    if (!named && !answers && !(by_turn && clue.request && clue.transaction != 0)) return false;
    // What was asked about another (the callee) is his, the other's identities are not.
    if (named) learn(s, clue.same);
    if (clue.request) {
        s.transactions.insert(clue.transaction);
        if (clue.session != 0) s.sessions.insert(clue.session);
    }
    return true;
}

const std::vector<Follower::Number>& Follower::see(const WireMessage& message) {
    whose_.clear();
    if (message.at >= next_end_) expire(message.at);
    if (running_ == 0) return whose_;
    const auto each = [&](auto recognized) {
        for (auto& s : subscribers_) {
            if (s.ended || !recognized(s)) continue;
            ++s.messages;
            whose_.push_back(s.number);
        }
    };
    if (message.protocol == WireMessage::Protocol::Sip) {
        const auto clue = clue_of(Kind::SipIn, {octets_of(message.way), message.octets});
        each([&](Subscriber& s) { return recognize(s, clue); });
        if (!message.out) turn_ = whose_;
    } else {
        const auto clue = diameter_clue(message);
        each([&](Subscriber& s) {
            const bool by_turn =
                message.out && std::find(turn_.begin(), turn_.end(), s.number) != turn_.end();
            return recognize(s, clue, by_turn);
        });
    }
    if (!whose_.empty()) keep(message, whose_);
    return whose_;
}

void Follower::keep(const WireMessage& message, const std::vector<Number>& whose) {
    auto octets = message.protocol == WireMessage::Protocol::Sip ? redacted(message.octets)
                                                                 : redacted_diameter(message.octets);
    kept_octets_ += octets.size() + sizeof(Kept);
    kept_.push_back(
        {++last_kept_, message.protocol, message.out, message.at, message.way, std::move(octets), whose});
    while (kept_octets_ > most_octets_) {
        kept_octets_ -= kept_.front().octets.size() + sizeof(Kept);
        kept_.pop_front();
        ++dropped_;
    }
}

// ---- orders

Follower::Number Follower::follow(const Order& order) {
    expire(order.from);
    if (const auto* before = find(order.subscriber)) {
        stop(order.subscriber, order.from);
        forget(before->number);
    }
    if (running_ == most_subscribers) return 0;
    Subscriber s;
    s.number = ++last_;
    s.subscriber = order.subscriber;
    s.from = order.from;
    s.until = order.until;
    std::vector<Hash> identities;
    add_identity(identities, order.subscriber);
    for (const auto& one : order.identities) add_identity(identities, one);
    learn(s, identities);
    next_end_ = running_++ == 0 ? s.until : std::min(next_end_, s.until);
    subscribers_.push_back(std::move(s));
    return last_;
}

void Follower::remember(Number number, Question& past) {
    const auto s = std::find_if(subscribers_.begin(), subscribers_.end(),
                                [&](const auto& one) { return one.number == number; });
    if (s == subscribers_.end()) return;
    const auto known = past.known();
    learn(*s, {known.identities.begin(), known.identities.end()});
    for (const auto h : known.call_ids) s->call_ids.insert(h);
    for (const auto h : known.icids) s->icids.insert(h);
    past.each_message([&](const WireMessage& message) {
        if (message.at >= s->from) return;  // seen by now
        ++s->messages;
        keep(message, {number});
    });
}

bool Follower::stop(std::string_view subscriber, WallClock now) {
    for (auto& s : subscribers_)
        if (s.subscriber == subscriber && !s.ended) {
            end(s, now);
            return true;
        }
    return false;
}

void Follower::end(Subscriber& s, WallClock at) {
    s.ended = true;
    s.until = std::min(s.until, at);
    --running_;
    std::erase(turn_, s.number);
}

void Follower::expire(WallClock now) {
    next_end_ = WallClock::max();
    for (auto& s : subscribers_) {
        if (!s.ended && s.until <= now) end(s, s.until);
        if (!s.ended) next_end_ = std::min(next_end_, s.until);
    }
    while (subscribers_.size() - running_ > most_ended)
        forget(std::find_if(subscribers_.begin(), subscribers_.end(), [](const auto& s) {
                   return s.ended;
               })->number);
}

void Follower::forget(Number number) {
    std::erase_if(subscribers_, [&](const auto& s) { return s.number == number; });
    for (auto& k : kept_) std::erase(k.whose, number);
    std::erase_if(kept_, [&](const Kept& k) {
        if (!k.whose.empty()) return false;
        kept_octets_ -= k.octets.size() + sizeof(Kept);
        return true;
    });
}

// ---- for who asks

const Follower::Followed* Follower::find(std::string_view subscriber) const {
    for (const auto& s : subscribers_)
        if (s.subscriber == subscriber) return &s;
    return nullptr;
}

std::vector<Follower::Followed> Follower::followed() const {
    return {subscribers_.begin(), subscribers_.end()};
}

bool Follower::each_kept(Number whose, std::uint64_t after, std::size_t octets,
                         const std::function<void(const Kept&)>& f) const {
    std::size_t given = 0;
    for (const auto& k : kept_) {
        if (k.number <= after || std::find(k.whose.begin(), k.whose.end(), whose) == k.whose.end()) continue;
        if (given > 0 && given + k.octets.size() > octets) return false;
        given += k.octets.size();
        f(k);
    }
    return true;
}

}  // namespace ims::trace
