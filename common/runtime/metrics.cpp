#include "common/runtime/metrics.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ims::runtime {

namespace {

const auto process_started = std::chrono::system_clock::now();

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);  // the shortest text that reads back the same
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\' || (quotes && c == '"')) out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
}

std::string label_text(const Labels& labels) {
    if (labels.empty()) return {};
    std::string out = "{";
    for (const auto& [name, value] : labels) {
        if (out.size() > 1) out += ',';
        out += name;
        out += "=\"";
        append_escaped(out, value, true);
        out += '"';
    }
    return out + '}';
}

void append_sample(std::string& out, std::string_view name, std::string_view suffix, const Labels& labels,
                   double value) {
    out += name;
    out += suffix;
    out += label_text(labels);
    out += ' ';
    out += number_text(value);
    out += '\n';
}

std::string_view type_text(Exposition::Type t) {
    switch (t) {
        case Exposition::Type::Counter: return "counter";
        case Exposition::Type::Gauge: return "gauge";
        case Exposition::Type::Histogram: return "histogram";
    }
    return {};
}

// The names Prometheus' client libraries give the same numbers.
void collect_process(Exposition& out) {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        const auto seconds = [](const timeval& t) {
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
        };
        out.counter("process_cpu_seconds_total", "User and system CPU time spent.",
                    seconds(usage.ru_utime) + seconds(usage.ru_stime));
        out.counter("ims_process_cpu_user_seconds_total", "User CPU time spent.", seconds(usage.ru_utime));
        out.counter("ims_process_cpu_system_seconds_total", "System CPU time spent.",
                    seconds(usage.ru_stime));
    }
    std::ifstream statm{"/proc/self/statm"};
    std::uint64_t pages = 0, resident = 0;
    if (statm >> pages >> resident) {
        const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
        out.gauge("process_virtual_memory_bytes", "Virtual memory size.", static_cast<double>(pages) * page);
        out.gauge("process_resident_memory_bytes", "Resident memory size.",
                  static_cast<double>(resident) * page);
    }
    out.gauge("process_start_time_seconds", "Start of the process, seconds since 1970.",
              std::chrono::duration<double>(process_started.time_since_epoch()).count());
}

}  // namespace

Exposition::Family& Exposition::family(std::string_view name, std::string_view help, Type type) {
    const auto it = families_.find(name);
    if (it != families_.end()) return it->second;
    return families_.emplace(std::string{name}, Family{std::string{help}, type, {}}).first->second;
}

void Exposition::counter(std::string_view name, std::string_view help, double value, const Labels& labels) {
    append_sample(family(name, help, Type::Counter).samples, name, {}, labels, value);
}

void Exposition::gauge(std::string_view name, std::string_view help, double value, const Labels& labels) {
    append_sample(family(name, help, Type::Gauge).samples, name, {}, labels, value);
}

void Exposition::histogram(std::string_view name, std::string_view help,
                           const std::vector<std::pair<double, std::uint64_t>>& buckets, std::uint64_t count,
                           double sum, const Labels& labels) {
    auto& samples = family(name, help, Type::Histogram).samples;
    const auto bucket = [&](std::string_view bound, std::uint64_t n) {
        auto with_bound = labels;
        with_bound.emplace_back("le", bound);
        append_sample(samples, name, "_bucket", with_bound, static_cast<double>(n));
    };
    for (const auto& [bound, n] : buckets) bucket(number_text(bound), n);
    bucket("+Inf", count);
    append_sample(samples, name, "_sum", labels, sum);
    append_sample(samples, name, "_count", labels, static_cast<double>(count));
}

std::string Exposition::text() const {
    std::string out;
    for (const auto& [name, f] : families_) {
        out += "# HELP " + name + ' ';
        append_escaped(out, f.help, false);
        out += "\n# TYPE " + name + ' ';
        out += type_text(f.type);
        out += '\n';
        out += f.samples;
    }
    return out;
}

Histogram::Histogram(std::vector<double> bounds) : bounds_{std::move(bounds)}, counts_(bounds_.size(), 0) {}

void Histogram::observe(double seconds) {
    ++count_;
    sum_ += seconds;
    const auto at =
        std::lower_bound(bounds_.begin(), bounds_.end(), seconds);  // "le": a bound belongs to its bucket
    if (at != bounds_.end()) ++counts_[static_cast<std::size_t>(at - bounds_.begin())];
}

void Histogram::collect(Exposition& out, std::string_view name, std::string_view help,
                        const Labels& labels) const {
    std::vector<std::pair<double, std::uint64_t>> buckets;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bounds_.size(); ++i) buckets.emplace_back(bounds_[i], below += counts_[i]);
    out.histogram(name, help, buckets, count_, sum_, labels);
}

std::string measurement_name(std::string_view name_3gpp) {
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    std::string out = "ims_";
    for (std::size_t i = 0; i < name_3gpp.size(); ++i) {
        const char c = name_3gpp[i];
        if (c == '.') {
            out += '_';
            continue;
        }
        // A word begins with a capital behind a small letter, or before one within capitals.
        const bool follows = i > 0 && name_3gpp[i - 1] != '.';
        const bool behind_small = follows && !upper(name_3gpp[i - 1]);
        const bool before_small =
            i + 1 < name_3gpp.size() && !upper(name_3gpp[i + 1]) && name_3gpp[i + 1] != '.';
        if (upper(c) && follows && (behind_small || before_small)) out += '_';
        out += lower(c);
    }
    return out;
}

void Metrics::count_note(std::string_view id) {
    const auto it = notes_.find(id);
    if (it != notes_.end())
        ++it->second;
    else
        notes_.emplace(id, 1);
}

std::uint64_t Metrics::notes(std::string_view id) const {
    const auto it = notes_.find(id);
    return it == notes_.end() ? 0 : it->second;
}

std::string Metrics::text() const {
    Exposition out;
    collect_process(out);
    for (const auto& [id, n] : notes_)
        out.counter("ims_notes_total", "Decisions and incidents by the id of their note.",
                    static_cast<double>(n), {{"id", id}});
    for (const auto& source : sources_) source(out);
    return out.text();
}

}  // namespace ims::runtime
