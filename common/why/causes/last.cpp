#include "common/why/causes/words.hpp"

#include <algorithm>

// When nothing particular was found: which hop did not answer, and who said no first.
namespace ims::why {

namespace {

using Found = std::optional<Finding>;

Found timed_out(const Procedure& p) {
    if (!p.is_failure()) return {};
    const Entry* note = p.note("sip.request.no_answer");
    if (note == nullptr) note = p.note("sip.request.unreachable");
    if (note == nullptr) return {};
    const auto* request = p.sip([&](const Entry& e) {
        return e.out && e.service == note->service && e.is_request() && e.at <= note->at;
    });
    Finding f{evidence({request, note}), {}};
    f.values["service"] = upper_name(note->service);
    f.values["method"] = note->field("method").empty() ? p.method : std::string{note->field("method")};
    const auto to = request == nullptr ? std::string{} : p.story->service_at(request->remote);
    f.values["peer"] = request == nullptr ? "the next hop"
                       : to.empty()       ? request->remote
                                          : "the " + upper_name(to) + " (" + request->remote + ")";
    f.values["detail"] = note->field("detail");
    return f;
}

// The one who made the final response: the first to send one, if nobody sent it to him.
Found refused(const Procedure& p) {
    if (p.end != Procedure::End::Failure) return {};
    const Entry* first = nullptr;
    for (const auto* e : p.entries) {
        if (e->kind != Entry::Kind::Sip || e->status() < 300 || e->status() == 401 || e->status() == 407 ||
            e->message->method_name() != p.method)
            continue;
        first = e;
        break;
    }
    if (first == nullptr) return {};
    Finding f{evidence({first}), {}};
    const bool ours = first->out;
    const auto peer = is_application_server(p, first->remote) ? "The application server at " : "The peer at ";
    f.values["by"] = ours ? "The " + upper_name(first->service) : peer + first->remote;
    f.values["status"] = std::to_string(first->status()) + " " + std::string{first->message->reason()};
    for (auto e = p.entries.rbegin(); ours && e != p.entries.rend(); ++e) {
        if ((*e)->kind != Entry::Kind::Note || (*e)->service != first->service ||
            (*e)->field("reason").empty() || (*e)->turn != first->turn)
            continue;
        f.values["reason"] = ": " + std::string{(*e)->field("reason")};
        f.evidence.push_back(*e);
        break;
    }
    return f;
}

Found no_final_response(const Procedure& p) {
    if (p.end != Procedure::End::Open || p.status != 0) return {};
    // It may still be under way.
    const bool old = p.story->now() - p.began > 4'000'000;
    const bool ringing = p.kind == Procedure::Kind::Call && p.sip([](const Entry& e) {
        return e.status() > 100 && e.status() < 200;
    }) != nullptr;
    if (!old || ringing) return {};
    Finding f{evidence({p.entries.front(), p.entries.back()}), {}};
    f.values["service"] = upper_name(p.entrance);
    f.values["method"] = p.method;
    return f;
}

constexpr std::array last_rows{
    Cause{"transaction-timeout", "The {service} sent {method} to {peer} and got no answer ({detail}).",
          "Look whether that hop runs and can be reached from there over this transport (firewall, route, "
          "port), and "
          "whether it logs the request.",
          timed_out},
    Cause{"refused", "{by} answered {status}{reason}.",
          "The note below says why; docs/operations/when-it-fails.md and docs/conformance.md say more.",
          refused},
    Cause{"no-final-response", "The {service} has not answered the {method} yet.",
          "Ask again in a moment. If it stays so, the ladder's last line shows where it is.",
          no_final_response},
};

}  // namespace

std::span<const Cause> last_causes() {
    return last_rows;
}

}  // namespace ims::why
