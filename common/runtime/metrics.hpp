#pragma once
#include "common/base/text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// Prometheus' text exposition format, version 0.0.4.
namespace ims::runtime {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// Collects samples and prints them grouped by family, each family with its HELP and TYPE once.
class Exposition {
  public:
    enum class Type : std::uint8_t { Counter, Gauge, Histogram };
    void counter(std::string_view name, std::string_view help, double value, const Labels& labels = {});
    // HELP and TYPE of a counter that may have no sample yet, because its labels are not known.
    void declare_counter(std::string_view name, std::string_view help) { family(name, help, Type::Counter); }
    void gauge(std::string_view name, std::string_view help, double value, const Labels& labels = {});
    // Cumulative buckets by upper bound, without +Inf.
    void histogram(std::string_view name, std::string_view help,
                   const std::vector<std::pair<double, std::uint64_t>>& buckets, std::uint64_t count,
                   double sum, const Labels& labels = {});
    std::string text() const;

  private:
    struct Family {
        std::string help;
        Type type = Type::Gauge;
        std::string samples;
    };
    Family& family(std::string_view name, std::string_view help, Type type);
    std::map<std::string, Family, std::less<>> families_;
};

// A latency distribution in seconds.
class Histogram {
  public:
    explicit Histogram(std::vector<double> bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25, 0.5, 1, 2.5, 5, 10});
    void observe(double seconds);
    void collect(Exposition& out, std::string_view name, std::string_view help,
                 const Labels& labels = {}) const;

  private:
    std::vector<double> bounds_;
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    double sum_ = 0;
};

// "UR.AttInitReg" of TS 32.409 is "ims_ur_att_init_reg" here, "MA.SuccMAA" is "ims_ma_succ_maa".
std::string measurement_name(std::string_view name_3gpp);

// The numbers of a process. Used from the loop's thread only.
class Metrics {
  public:
    using Source = std::function<void(Exposition&)>;
    void count_note(std::string_view id);  // ims_notes_total{id="..."}
    std::uint64_t notes(std::string_view id) const;
    void add_source(Source source) { sources_.push_back(std::move(source)); }  // asked at each scrape
    std::string text() const;  // with process_cpu_seconds_total, process_resident_memory_bytes, ...

    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  private:
    std::unordered_map<std::string, std::uint64_t, StringHash, std::equal_to<>> notes_;
    std::vector<Source> sources_;
};

}  // namespace ims::runtime
