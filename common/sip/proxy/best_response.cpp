#include "common/sip/proxy/best_response.hpp"

#include <tuple>

namespace ims::sip {

namespace {

bool challenges(int status) {
    return status == 401 || status == 407;
}

// Lower is better.
std::tuple<int, int, bool> rank(const Candidate& c) {
    const int status = c.response->status();
    if (status >= 600) return {0, 0, c.made};
    int within = 2;
    switch (status) {
        case 401:
        case 407: within = 0; break;
        case 415:
        case 420:
        case 484: within = 1; break;
        case 408:
        case 430:  // of one flow only (RFC 5626 11.4)
        case 487:  // says less about the callee than any other
        case 503: within = 3; break;
        default: break;
    }
    return {status / 100, within, c.made};
}

}  // namespace

std::size_t best_response(const std::vector<Candidate>& candidates) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < candidates.size(); ++i)
        if (rank(candidates[i]) < rank(candidates[best])) best = i;
    return best;
}

void aggregate_challenges(Message& chosen, const std::vector<Candidate>& others) {
    if (!challenges(chosen.status())) return;
    for (const auto& other : others) {
        if (!challenges(other.response->status())) continue;
        for (const auto id : {HeaderId::WwwAuthenticate, HeaderId::ProxyAuthenticate})
            for (const auto value : other.response->raw_all(id)) chosen.append_raw(header_name(id), value);
    }
}

}  // namespace ims::sip
