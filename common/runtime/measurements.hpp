#pragma once
#include "common/base/measurement.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Counts what the rows say, from the notes as they pass.
namespace ims::runtime {

class Exposition;

class Measurements {
  public:
    explicit Measurements(std::span<const Measurement> rows);
    void see(const Note& note);
    void collect(Exposition& out) const;

  private:
    struct Labels {
        std::string field, cause;
        auto operator<=>(const Labels&) const = default;
    };
    struct Counter {
        const Measurement* row;  // the first of this name
        std::string name;        // "ims_ur_att_init_reg_total"
        std::map<Labels, std::uint64_t> counts;
    };
    struct Rule {
        const Measurement* row;
        std::size_t counter;
    };
    std::vector<Counter> counters_;
    std::unordered_map<std::string_view, std::vector<Rule>> rules_;  // by note
};

}  // namespace ims::runtime
