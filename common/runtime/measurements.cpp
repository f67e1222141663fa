#include "common/runtime/measurements.hpp"

#include "common/runtime/metrics.hpp"

#include <algorithm>

namespace ims::runtime {

Measurements::Measurements(std::span<const Measurement> rows) {
    for (const auto& row : rows) {
        auto found = std::find_if(counters_.begin(), counters_.end(),
                                  [&](const Counter& c) { return c.row->counter == row.counter; });
        if (found == counters_.end())
            found = counters_.insert(counters_.end(), {&row, measurement_name(row.counter) + "_total", {}});
        // From zero on, so that the first one is a rise. What has a label has no value before it is there.
        if (row.outcome != Measurement::Outcome::Failure && (row.field.empty() || !row.value.empty()))
            found->counts.emplace(Labels{}, 0);
        rules_[row.note].push_back({&row, static_cast<std::size_t>(found - counters_.begin())});
    }
}

void Measurements::see(const Note& note) {
    const auto rules = rules_.find(note.id);
    if (rules == rules_.end()) return;
    for (const auto& [row, counter] : rules->second) {
        const auto value = row->field.empty() ? std::string_view{} : note.field(row->field);
        if (!row->field.empty() && (row->value.empty() ? value.empty() : value != row->value)) continue;
        Labels labels;
        if (row->value.empty()) labels.field = value;
        if (row->outcome != Measurement::Outcome::Any) {
            const auto status = note.field("status");
            if (status.empty()) continue;
            const bool success = status.starts_with('2');
            if (success != (row->outcome == Measurement::Outcome::Success)) continue;
            if (!success) labels.cause = status;
        }
        ++counters_[counter].counts[std::move(labels)];
    }
}

void Measurements::collect(Exposition& out) const {
    for (const auto& counter : counters_) {
        const auto help =
            std::string{counter.row->counter} + " (TS 32.409): " + std::string{counter.row->meaning};
        out.declare_counter(counter.name, help);
        for (const auto& [labels, count] : counter.counts) {
            runtime::Labels shown;
            if (!labels.field.empty()) shown.emplace_back(counter.row->field, labels.field);
            if (!labels.cause.empty()) shown.emplace_back("cause", labels.cause);
            out.counter(counter.name, help, static_cast<double>(count), shown);
        }
    }
}

}  // namespace ims::runtime
