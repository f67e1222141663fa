#include "common/diameter/peer/node.hpp"

#include <algorithm>

// Requests of theirs: whether they are for us (RFC 6733 6.1.4), whether we have seen them, and their answers.
namespace ims::diameter {

namespace {
constexpr Duration drop_after = 60s;  // nobody waits that long for an answer
constexpr std::size_t max_realms = 4096;
}  // namespace

std::optional<ResultCode> Node::refusal(const codec::Head& head) const {
    const auto is_us = [this](const std::string& host) { return iequals(host, local_.identity); };
    if (std::any_of(head.route_record.begin(), head.route_record.end(), is_us))
        return ResultCode::LoopDetected;
    // We are no agent: what is for somebody else came here by mistake.
    if (head.destination_host) {
        if (!is_us(*head.destination_host)) return ResultCode::UnableToDeliver;
    } else if (!iequals(head.destination_realm, local_.realm)) {
        return ResultCode::RealmNotServed;
    }
    if (stopping_ || incoming_.size() >= config_.max_pending) return ResultCode::TooBusy;
    return {};
}

// Requests by us to that host will need it (RTR and PPR, TS 29.229 5.5), and behind a relay it is no peer of
// ours.
void Node::learn_realm(const codec::Head& head) {
    if (realm_of_.contains(head.origin_host)) return;
    if (realm_of_.size() >= max_realms) realm_of_.clear();
    realm_of_.emplace(head.origin_host, head.origin_realm);
}

void Node::on_request(ConnectionId c, codec::Message message, TimePoint now, Effects& out) {
    auto& head = message.head;
    const Duplicates::Key key{head.origin_host, head.session_id, message.header.end_to_end,
                              message.header.retransmitted};
    if (auto* earlier = duplicates_.find(key)) {
        out.push_back(Note{Severity::Info, "diameter.request.duplicate", {{"peer", head.origin_host}}});
        if (!earlier->answer.empty()) {
            Octets answer = earlier->answer;
            codec::set_hop_by_hop(answer, message.header.hop_by_hop);
            out.push_back(Transmit{c, std::move(answer)});
        } else if (const auto it = incoming_.find(earlier->id); it != incoming_.end()) {
            // Its sender has given up the way it first came, so the answer takes this one.
            it->second.connection = c;
            it->second.header = message.header;
            it->second.proxy_info = std::move(head.proxy_info);
        }
        return;
    }
    if (const auto code = refusal(head)) {
        codec::Malformed m;
        m.code = *code;
        m.header = message.header;
        m.session_id = head.session_id;
        m.proxy_info = std::move(head.proxy_info);
        out.push_back(Transmit{c, codec::encode_error(m, local_.identity, local_.realm)});
        out.push_back(Note{Severity::Warning,
                           "diameter.request.refused",
                           {{"peer", head.origin_host}, {"reason", text(diameter::Result{*code})}}});
        return;
    }
    learn_realm(head);
    const cx::RequestId id{++next_incoming_};
    duplicates_.started(key, id, now);
    incoming_order_.emplace_back(now + drop_after, id);
    incoming_.emplace(id,
                      Incoming{c, message.header, std::move(head.session_id), std::move(head.proxy_info)});
    out.push_back(cx::RequestArrived{id, std::get<cx::Request>(std::move(message.content)),
                                     std::move(head.origin_host), std::move(head.origin_realm)});
}

void Node::reply(const cx::Reply& reply, TimePoint, Effects& out) {
    const auto it = incoming_.find(reply.id);
    if (it == incoming_.end()) return;
    const auto incoming = std::move(it->second);
    incoming_.erase(it);
    while (!incoming_order_.empty() && !incoming_.contains(incoming_order_.front().second))
        incoming_order_.pop_front();

    codec::Head head;
    head.session_id = incoming.session_id;
    head.origin_host = local_.identity;
    head.origin_realm = local_.realm;
    head.proxy_info = incoming.proxy_info;
    auto octets = codec::encode(incoming.header, head, reply.answer);
    duplicates_.answered(incoming.header.end_to_end, reply.id, octets);
    // RFC 6733 6.2: the answer goes the way the request came, or nowhere.
    const auto connection = connections_.find(incoming.connection);
    if (connection != connections_.end() && !connection->second.closing)
        out.push_back(Transmit{incoming.connection, std::move(octets)});
}

void Node::expire_incoming(TimePoint now, Effects& out) {
    while (!incoming_order_.empty() && incoming_order_.front().first <= now) {
        if (incoming_.erase(incoming_order_.front().second) > 0)
            out.push_back(Note{Severity::Error, "diameter.request.unanswered"});
        incoming_order_.pop_front();
    }
    duplicates_.forget(now);
}

}  // namespace ims::diameter
