#include "tests/support/world/hss_node.hpp"

#include <utility>

namespace ims::world {

void HssNode::handle(const Event& event, TimePoint, Effects& out) {
    std::visit(
        overloaded{
            [&](const cx::RequestArrived& e) {
                auto outcome = hss_.handle(e.request, {e.origin_host, e.origin_realm}, store_, random_);
                for (auto& note : outcome.notes) out.emplace_back(std::move(note));
                out.emplace_back(cx::Reply{e.id, std::move(outcome.answer)});
                push(outcome.pushes, out);
            },
            [&](const cx::AnswerArrived& e) { answered(e.id, e.answer, out); },
            [&](const cx::SendFailed& e) { answered(e.id, std::nullopt, out); },
            [](const auto&) {},
        },
        event);
}

void HssNode::push(const std::vector<hss::Push>& pushes, Effects& out) {
    for (const auto& p : pushes) {
        const cx::RequestId id{++last_push_};
        pushed_.emplace(id, p);
        out.emplace_back(cx::Send{id, p.request, p.destination_host});
    }
}

void HssNode::answered(cx::RequestId id, const std::optional<cx::Answer>& answer, Effects& out) {
    const auto found = pushed_.find(id);
    if (found == pushed_.end()) return;
    const auto p = std::move(found->second);
    pushed_.erase(found);
    push(hss_.handle_push_answer(p, answer, store_).pushes, out);
}

}  // namespace ims::world
