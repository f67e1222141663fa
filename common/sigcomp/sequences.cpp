#include "common/sigcomp/sequences.hpp"

#include "common/sigcomp/coding.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace ims::sigcomp {

namespace {

constexpr std::size_t hash_octets = 3;
constexpr int max_candidates = 8;        // looked at for one octet, in the dictionary and behind it each
constexpr std::size_t long_enough = 48;  // a copy that long is taken, whatever could begin inside it
constexpr std::uint32_t unreached = std::numeric_limits<std::uint32_t>::max();

struct Costs {
    std::array<std::uint8_t, 256> literal{};
    std::array<std::uint8_t, max_length + 1> length{};
    std::array<std::uint8_t, max_run + 1> run{};
    Costs() {
        for (std::uint16_t i = 0; i < literal.size(); ++i)
            literal[i] = static_cast<std::uint8_t>(literal_code().bits(i));
        for (std::uint16_t i = min_length; i < length.size(); ++i)
            length[i] = static_cast<std::uint8_t>(length_code().bits(i));
        for (std::uint16_t i = 0; i < run.size(); ++i) run[i] = static_cast<std::uint8_t>(run_code().bits(i));
    }
};
const Costs& costs() {
    static const Costs c;
    return c;
}

// Where three octets were seen before, the last place first.
class Index {
  public:
    Index(std::span<const std::uint8_t> octets, std::size_t from, std::size_t octets_in_all)
        : octets_{octets}, earlier_(octets_in_all, none), last_(1u << 12, none), next_{from} {}

    void include_until(std::size_t end) {
        for (; next_ < end && next_ + hash_octets <= octets_.size(); ++next_) {
            auto& last = last_[hash(next_)];
            earlier_[next_] = last;
            last = static_cast<std::int32_t>(next_);
        }
    }
    template <class F>
    void candidates(std::size_t at, F each) const {
        if (at + hash_octets > octets_.size()) return;
        int left = max_candidates;
        for (auto seen = last_[hash(at)]; seen != none && left-- > 0;
             seen = earlier_[static_cast<std::size_t>(seen)])
            each(static_cast<std::size_t>(seen));
    }

  private:
    static constexpr std::int32_t none = -1;
    std::size_t hash(std::size_t at) const {
        const std::uint32_t three = octets_[at] | octets_[at + 1] << 8 | octets_[at + 2] << 16;
        return three * 2654435761u >> 20;
    }
    std::span<const std::uint8_t> octets_;
    std::vector<std::int32_t> earlier_, last_;
    std::size_t next_;
};

class Planner {
  public:
    explicit Planner(const Window& w)
        : w_{w},
          size_{w.octets.size() - w.text},
          nodes_(size_ + 1),
          dictionary_{w.octets, 0, w.dictionary},
          recent_{w.octets, w.dictionary, w.octets.size()} {}

    std::optional<std::vector<Sequence>> plan() {
        dictionary_.include_until(w_.dictionary);
        nodes_[0].cost = costs().run[0];
        for (std::size_t at = 0; at < size_;) at += visit(at);
        if (nodes_[size_].cost == unreached) return std::nullopt;
        return backwards();
    }

  private:
    struct Node {  // the cheapest way found to have told everything before it
        std::uint32_t cost = unreached;
        std::uint32_t length = 0;  // of the copy that ends here; 0: a literal
        std::uint16_t place = 0;
        std::uint16_t distance = 0;  // of the last copy
        std::uint16_t run = 0;       // literals since then
    };
    struct Copy {
        std::size_t length = 0;
        std::uint16_t place = 0, distance = 0;
    };

    std::size_t matching(std::size_t from, std::size_t to) const {
        const auto limit = std::min<std::size_t>(w_.octets.size() - to, max_length);
        std::size_t n = 0;
        while (n < limit && w_.octets[from + n] == w_.octets[to + n]) ++n;
        return n;
    }

    // The best copy of each price, cheapest first: the same distance, nearly the same, close by, dictionary,
    // far.
    void offer(std::size_t from, std::size_t to, std::uint16_t last_distance) {
        const auto distance = to - from;
        if (distance >= w_.ring) return;
        const auto length = matching(from, to);
        const auto change = static_cast<std::ptrdiff_t>(distance) - last_distance;
        const auto d = static_cast<std::uint16_t>(distance);
        const auto take = [&](std::size_t price, std::size_t place, std::uint16_t keeps) {
            if (length > best_[price].length)
                best_[price] = {length, static_cast<std::uint16_t>(place), keeps};
        };
        if (change >= -same_distance && change < near_values - same_distance)
            return take(change == 0 ? 0 : 1, static_cast<std::size_t>(change + same_distance), d);
        if (from < w_.dictionary && from < dictionary_values)
            return take(3, near_values + from, last_distance);
        if (distance < close) return take(2, far_values + distance, d);
        if (distance < max_distance) take(4, far_values + distance, d);
    }

    std::size_t visit(std::size_t at) {
        const auto node = nodes_[at];
        const auto here = w_.text + at;
        recent_.include_until(here);
        if (node.cost == unreached) return 1;
        if (node.run < max_run) {
            Node next{node.cost + costs().literal[w_.octets[here]] + costs().run[node.run + 1u] -
                          costs().run[node.run],
                      0, 0, node.distance, static_cast<std::uint16_t>(node.run + 1)};
            if (next.cost < nodes_[at + 1].cost) nodes_[at + 1] = next;
        }
        best_ = {};
        if (node.distance != 0 && node.distance <= here) offer(here - node.distance, here, node.distance);
        const auto each = [&](std::size_t from) { offer(from, here, node.distance); };
        if (best_[0].length < long_enough) {
            recent_.candidates(here, each);
            dictionary_.candidates(here, each);
        }
        std::size_t told = min_length - 1;  // lengths a cheaper copy offers already
        for (const auto& copy : best_) {
            const auto from = copy.length >= long_enough ? copy.length : told + 1;
            for (auto length = from; length <= copy.length; ++length) relax(at, node, copy, length);
            if (copy.length >= long_enough) return copy.length;
            told = std::max(told, copy.length);
        }
        return 1;
    }

    void relax(std::size_t at, const Node& node, const Copy& copy, std::size_t length) {
        const auto cost = node.cost + costs().length[length] + place_code().bits(copy.place) + costs().run[0];
        auto& reached = nodes_[at + length];
        if (cost < reached.cost)
            reached = {cost, static_cast<std::uint32_t>(length), copy.place, copy.distance, 0};
    }

    std::vector<Sequence> backwards() const {
        std::vector<Sequence> out;
        Sequence last{nodes_[size_].run, 0, 0};
        auto at = size_ - last.run;
        if (last.run > 0) out.push_back(last);
        while (at > 0) {
            const auto& node = nodes_[at];
            at -= node.length;
            const auto run = nodes_[at].run;
            out.push_back({run, static_cast<std::uint16_t>(node.length), node.place});
            at -= run;
        }
        std::reverse(out.begin(), out.end());
        return out;
    }

    const Window& w_;
    std::size_t size_;
    std::vector<Node> nodes_;
    Index dictionary_, recent_;
    std::array<Copy, 5> best_;
};

}  // namespace

std::optional<std::vector<Sequence>> sequences_of(const Window& window) {
    return Planner{window}.plan();
}

Octets encode(const Window& window, const std::vector<Sequence>& sequences) {
    BitWriter bits;
    auto at = window.text;
    for (const auto& s : sequences) {
        run_code().put(bits, s.run);
        for (std::size_t i = 0; i < s.run; ++i) literal_code().put(bits, window.octets[at++]);
        if (s.length == 0) break;
        length_code().put(bits, s.length);
        place_code().put(bits, s.place);
        at += s.length;
    }
    return bits.finish();
}

}  // namespace ims::sigcomp
