#include "common/compression/strangers.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace ims {

Strangers::Strangers(const Config& config) : config_{config} {}

std::string_view limit_text(Strangers::Verdict v) {
    switch (v) {
        case Strangers::Verdict::Welcome: return "none";
        case Strangers::Verdict::AddressUsedUp: return "sigcomp_strangers.address_cycles_per_second";
        case Strangers::Verdict::AllUsedUp: return "sigcomp_strangers.cycles_per_second";
    }
    return {};
}

// A full bucket holds one second's worth, so after a second nothing is missing but what was overdrawn.
void Strangers::fill(Bucket& b, std::uint64_t each_second, TimePoint now) {
    const auto passed = std::chrono::duration<double>(now - b.filled).count();
    b.filled = now;
    const auto earned = std::min(passed * static_cast<double>(each_second), static_cast<double>(b.missing));
    b.missing -= static_cast<std::int64_t>(earned);
    if (b.missing <= 0) b = {0, now, false, false};
}

bool Strangers::empty(const Bucket& b, std::uint64_t full) {
    return b.missing >= static_cast<std::int64_t>(full);
}

Strangers::Bucket& Strangers::bucket_of(const IpAddress& from) {
    const auto octets = from.octets();
    const auto counted = octets.first(std::min<std::size_t>(octets.size(), 8));
    const auto hash =
        std::hash<std::string_view>{}({reinterpret_cast<const char*>(counted.data()), counted.size()});
    if (!by_address_) by_address_ = std::make_unique<std::array<Bucket, 4096>>();
    return (*by_address_)[hash % by_address_->size()];
}

Strangers::Admission Strangers::admit(const IpAddress& from, TimePoint now) {
    auto& own = bucket_of(from);
    fill(own, config_.address_cycles_per_second, now);
    fill(all_, config_.cycles_per_second, now);
    const bool own_empty = empty(own, config_.address_cycles_per_second);
    if (!own_empty && !empty(all_, config_.cycles_per_second)) return {};
    ++counters_.refused;
    auto& b = own_empty ? own : all_;
    return {own_empty ? Verdict::AddressUsedUp : Verdict::AllUsedUp, !std::exchange(b.refused, true)};
}

bool Strangers::failed_first(const IpAddress& from) {
    return !std::exchange(bucket_of(from).failed, true);
}

void Strangers::spent(const IpAddress& from, std::uint64_t cycles) {
    ++counters_.messages;
    counters_.cycles += cycles;
    const auto all = static_cast<std::int64_t>(cycles + message_overhead);
    bucket_of(from).missing += all;
    all_.missing += all;
}

}  // namespace ims
