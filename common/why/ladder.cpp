#include "common/why/ladder.hpp"

#include "common/base/text.hpp"
#include "common/why/causes/words.hpp"
#include "common/why/markup.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace ims::why {

namespace {

using Kind = Entry::Kind;

constexpr std::array<std::string_view, 4> order{"pcscf", "icscf", "scscf", "hss"};
constexpr std::size_t width = 20;   // of a column, in characters
constexpr std::size_t margin = 17;  // of the clock
// What two memories have of one message is not further apart, clocks and queues included.
constexpr std::int64_t longest_way = 5'000'000;

std::string label_of(const Entry& e) {
    switch (e.kind) {
        case Kind::Sip:
            if (!e.message) return "(malformed)";
            if (e.message->is_request()) return std::string{e.message->method_name()};
            return std::to_string(e.message->status()) + " " + std::string{e.message->reason()};
        case Kind::CxRequest: return e.name;
        case Kind::CxAnswer: {
            auto result = std::string{e.field("result")};
            if (result.starts_with("DIAMETER_")) result = result.substr(9);
            return e.name + " " + result;
        }
        case Kind::CxFailed: return "no answer: " + std::string{e.field("detail")};
        case Kind::Note: {
            auto text = e.name;
            for (const auto* name : {"status", "reason", "detail", "header", "offset", "peer"})
                if (const auto value = e.field(name); !value.empty())
                    text += " " + std::string{name} + "=" + std::string{value};
            return text;
        }
        case Kind::TransportFailed: return "transport failed: " + std::string{e.field("detail")};
        case Kind::FlowClosed: return "connection closed";
        case Kind::DnsQuery: return "DNS " + e.name + " " + std::string{e.field("name")};
        case Kind::DnsAnswer:
            return "DNS " + e.name + " " + std::string{e.field("name")} + ": " +
                   (e.field("failed").empty() ? std::string{e.field("records")} + " records"
                                              : std::string{e.field("detail")});
    }
    return {};
}

class Drawing {
  public:
    Drawing(const Procedure& p, const std::vector<const Entry*>& shown) : p_{p}, evidence_{shown} {}

    Ladder draw() {
        name_columns();
        for (const auto* e : p_.entries) {
            if (std::find(told_.begin(), told_.end(), e) != told_.end()) continue;
            switch (e->kind) {
                case Kind::Sip: add_sip(*e); break;
                case Kind::CxRequest:
                case Kind::CxAnswer: add_cx(*e); break;
                case Kind::CxFailed:
                case Kind::TransportFailed:
                case Kind::FlowClosed:
                case Kind::DnsQuery:
                case Kind::DnsAnswer: add_word(*e); break;
                case Kind::Note:
                    if (e->grave || is_evidence(*e)) add_word(*e);
                    break;
            }
        }
        // What shows the cause and lies outside the procedure (a peer that is away).
        for (const auto* e : evidence_)
            if (std::find(p_.entries.begin(), p_.entries.end(), e) == p_.entries.end()) add_word(*e);
        std::stable_sort(ladder_.steps.begin(), ladder_.steps.end(),
                         [](const Step& a, const Step& b) { return a.at < b.at; });
        return std::move(ladder_);
    }

  private:
    bool is_evidence(const Entry& e) const {
        return std::find(evidence_.begin(), evidence_.end(), &e) != evidence_.end();
    }
    std::string column_of(const std::string& address) const {
        const auto service = p_.story->service_at(address);
        if (!service.empty()) return upper_name(service);
        return (is_application_server(p_, address) ? "AS " : "UE ") + address;
    }

    // The one who asked, the services in the order of a call, whoever else there is.
    void name_columns() {
        if (!p_.ue.empty()) ladder_.columns.push_back("UE " + p_.ue);
        const auto involved = [&](std::string_view service) {
            return std::any_of(p_.entries.begin(), p_.entries.end(), [&](const Entry* e) {
                return e->service == service ||
                       (e->kind == Kind::Sip && p_.story->service_at(e->remote) == service) ||
                       (service == "hss" && (e->kind == Kind::CxRequest));
            });
        };
        for (const auto service : order)
            if (involved(service)) ladder_.columns.push_back(upper_name(service));
        for (const auto* e : p_.entries) {
            (void)column(upper_name(e->service));
            if (e->kind == Kind::Sip) (void)column(column_of(e->remote));
        }
    }
    std::size_t column(const std::string& name) {
        const auto found = std::find(ladder_.columns.begin(), ladder_.columns.end(), name);
        if (found != ladder_.columns.end()) return static_cast<std::size_t>(found - ladder_.columns.begin());
        ladder_.columns.push_back(name);
        return ladder_.columns.size() - 1;
    }
    bool tells(const std::string& service) const {
        return std::any_of(p_.story->accounts.begin(), p_.story->accounts.end(),
                           [&](const Account& a) { return a.service == service; });
    }

    void add(const Entry& e, std::size_t from, std::size_t to, bool lost, bool shown) {
        ladder_.steps.push_back({e.at, from, to, label_of(e), lost, shown, &e});
    }
    void add_word(const Entry& e) {
        const auto at = column(upper_name(e.service));
        add(e, at, at, false, is_evidence(e));
    }

    void add_sip(const Entry& e) {
        const auto me = column(upper_name(e.service));
        const auto peer_service = p_.story->service_at(e.remote);
        const auto peer = column(column_of(e.remote));
        if (!e.out) return add(e, peer, me, false, is_evidence(e));
        const Entry* arrived = nullptr;
        for (const auto* other : p_.entries)
            if (other->kind == Kind::Sip && !other->out && other->service == peer_service &&
                other->text == e.text && other->at >= e.at - longest_way && other->at <= e.at + longest_way &&
                std::find(told_.begin(), told_.end(), other) == told_.end()) {
                arrived = other;
                break;
            }
        if (arrived != nullptr) told_.push_back(arrived);
        const bool lost = arrived == nullptr && !peer_service.empty() && tells(peer_service);
        add(e, me, peer, lost, is_evidence(e) || (arrived != nullptr && is_evidence(*arrived)));
    }

    void add_cx(const Entry& e) {
        const auto me = column(upper_name(e.service));
        std::string other_name = "HSS";
        if (e.service == "hss") {
            const auto peer = e.field("peer");
            other_name = upper_name(peer.substr(0, peer.find('.')));
        }
        const Entry* twin = nullptr;
        for (const auto* other : p_.entries)
            if (other != &e && other->kind == e.kind && other->service != e.service &&
                other->name == e.name && other->out != e.out && other->at >= e.at - longest_way &&
                other->at <= e.at + longest_way && other->field("impu") == e.field("impu") &&
                other->field("result") == e.field("result") &&
                std::find(told_.begin(), told_.end(), other) == told_.end()) {
                twin = other;
                break;
            }
        if (twin != nullptr) {
            told_.push_back(twin);
            other_name = upper_name(twin->service);
        }
        const bool shown = is_evidence(e) || (twin != nullptr && is_evidence(*twin));
        if (e.service == "hss" && twin == nullptr && e.field("peer").empty()) return add_word(e);
        const auto peer = column(other_name);
        if (e.out)
            add(e, me, peer, false, shown);
        else
            add(e, peer, me, false, shown);
    }

    const Procedure& p_;
    const std::vector<const Entry*>& evidence_;
    std::vector<const Entry*> told_;  // drawn already, from the other side
    Ladder ladder_;
};

}  // namespace

std::string clock_text(std::int64_t at) {
    const auto second = at / 1'000'000;
    const auto of_day = second % 86'400;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%06d", static_cast<int>(of_day / 3600),
                  static_cast<int>(of_day / 60 % 60), static_cast<int>(of_day % 60),
                  static_cast<int>(at % 1'000'000));
    return text.data();
}

Ladder ladder_of(const Procedure& procedure, const std::vector<const Entry*>& evidence) {
    return Drawing{procedure, evidence}.draw();
}

std::string Ladder::text() const {
    const auto middle = [](std::size_t column) { return margin + column * (width + 1) + width / 2; };
    std::string out(margin, ' ');
    for (const auto& name : columns) {
        const bool of_address = name.starts_with("UE ") || name.starts_with("AS ");
        auto shown = of_address && name.size() > width ? name.substr(3) : name;
        shown = shown.substr(0, width);
        const auto left = (width - shown.size()) / 2;
        out += std::string(left, ' ') + shown + std::string(width - left - shown.size() + 1, ' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
    for (const auto& step : steps) {
        std::string line(margin + columns.size() * (width + 1), ' ');
        const auto clock = clock_text(step.at);
        std::copy(clock.begin(), clock.end(), line.begin());
        for (std::size_t c = 0; c < columns.size(); ++c) line[middle(c)] = '|';
        if (step.from == step.to) {
            line.resize(middle(step.from) + 1);
            line[middle(step.from)] = '*';
            line += " " + step.label;
        } else {
            const auto left = middle(std::min(step.from, step.to));
            const auto right = middle(std::max(step.from, step.to));
            for (auto i = left + 1; i < right; ++i) line[i] = '-';
            line[step.to > step.from ? right - 1 : left + 1] = step.lost             ? 'x'
                                                               : step.to > step.from ? '>'
                                                                                     : '<';
            const auto room = right - left - 5;
            const auto label = step.label.substr(0, room);
            std::copy(label.begin(), label.end(), line.begin() + static_cast<std::ptrdiff_t>(left + 3));
        }
        while (!line.empty() && line.back() == ' ') line.pop_back();
        out += line + (step.evidence ? "   <===\n" : "\n");
    }
    return out;
}

std::string Ladder::svg() const {
    constexpr int left = 120;
    constexpr int column = 190;
    constexpr int row = 26;
    constexpr int top = 50;
    const auto x = [&](std::size_t c) { return left + static_cast<int>(c) * column + column / 2; };
    const int wide = left + static_cast<int>(columns.size()) * column + 200;
    const int high = top + static_cast<int>(steps.size() + 1) * row;
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(wide) +
                      "\" height=\"" + std::to_string(high) +
                      "\" font-family=\"monospace\" font-size=\"12\">\n";
    const auto text = [&](int at_x, int at_y, std::string_view words, std::string_view style) {
        out += "<text x=\"" + std::to_string(at_x) + "\" y=\"" + std::to_string(at_y) + "\" " +
               std::string{style} + ">" + escaped(words) + "</text>\n";
    };
    const auto line = [&](int x1, int y1, int x2, int y2, std::string_view style) {
        out += "<line x1=\"" + std::to_string(x1) + "\" y1=\"" + std::to_string(y1) + "\" x2=\"" +
               std::to_string(x2) + "\" y2=\"" + std::to_string(y2) + "\" " + std::string{style} + "/>\n";
    };
    for (std::size_t c = 0; c < columns.size(); ++c) {
        text(x(c), 20, columns[c], "text-anchor=\"middle\" font-weight=\"bold\"");
        line(x(c), 30, x(c), high - row / 2, "stroke=\"#999\"");
    }
    int y = top;
    for (const auto& step : steps) {
        const std::string colour = step.lost || step.evidence ? "#c00" : "#036";
        text(4, y + 4, clock_text(step.at), "fill=\"#666\"");
        if (step.from == step.to) {
            out += "<circle cx=\"" + std::to_string(x(step.from)) + "\" cy=\"" + std::to_string(y) +
                   "\" r=\"4\" fill=\"" + colour + "\"/>\n";
            text(x(step.from) + 10, y + 4, step.label, "fill=\"" + colour + "\"");
        } else {
            const int direction = step.to > step.from ? 1 : -1;
            const int tip = x(step.to) - (step.lost ? direction * 40 : 0);
            line(x(step.from), y, tip, y,
                 "stroke=\"" + colour + "\" stroke-width=\"1.5\"" +
                     (step.lost ? " stroke-dasharray=\"4 3\"" : ""));
            if (step.lost) {
                line(tip - 5, y - 5, tip + 5, y + 5, "stroke=\"#c00\" stroke-width=\"2\"");
                line(tip - 5, y + 5, tip + 5, y - 5, "stroke=\"#c00\" stroke-width=\"2\"");
            } else {
                line(tip, y, tip - direction * 8, y - 4, "stroke=\"" + colour + "\"");
                line(tip, y, tip - direction * 8, y + 4, "stroke=\"" + colour + "\"");
            }
            text((x(step.from) + x(step.to)) / 2, y - 4, step.label,
                 "text-anchor=\"middle\" fill=\"" + colour + "\"");
        }
        y += row;
    }
    return out + "</svg>\n";
}

}  // namespace ims::why
