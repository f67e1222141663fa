#pragma once
#include "common/base/ip.hpp"
#include "common/base/time.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace ims {

// How much work SigComp messages may make whose sender nobody knows: those without a compartment. A first
// REGISTER may be one (TS 24.229 8.1.1), and so may be anything that anybody sends to an open port. Work is
// sigcomp::Effort::used: cycles, of which each takes about the same time.
//
// Two kinds of bucket, filled by what is earned each second and emptied by what was used: one for all
// strangers, and one for each address. The memory is always the same: addresses share 4096 buckets by their
// hash, and an IPv6 address counts by its first 64 bits, which is what one UE is given.
class Strangers {
  public:
    struct Config {
        // A message of 2 kB gets as much as RFC 3320 8.6 grants it, larger ones no more.
        std::uint64_t message_cycles = 280'000;
        std::uint64_t address_cycles_per_second = 1'000'000;
        std::uint64_t cycles_per_second = 10'000'000;
    };
    // What each message costs besides: taking it apart, the NACK, a line in the log.
    static constexpr std::uint64_t message_overhead = 5'000;

    explicit Strangers(const Config& config);

    enum class Verdict : std::uint8_t { Welcome, AddressUsedUp, AllUsedUp };
    // `first`: the bucket that refuses has refused nothing since it was last full.
    struct Admission {
        Verdict verdict = Verdict::Welcome;
        bool first = false;
    };
    Admission admit(const IpAddress& from, TimePoint now);
    // What an admitted message has used. A bucket may fall below nothing, by one message.
    void spent(const IpAddress& from, std::uint64_t cycles);
    // A message of it could not be read; true if that is the first one since its bucket was last full.
    bool failed_first(const IpAddress& from);

    std::uint64_t message_cycles() const { return config_.message_cycles; }

    struct Counters {
        std::uint64_t messages = 0, cycles = 0, refused = 0;
    };
    const Counters& counters() const { return counters_; }

  private:
    struct Bucket {
        std::int64_t missing = 0;  // from being full
        TimePoint filled;          // when `missing` was right
        bool refused = false;      // somebody, since it was last full
        bool failed = false;       // a message, since then
    };
    static void fill(Bucket& b, std::uint64_t each_second, TimePoint now);
    static bool empty(const Bucket& b, std::uint64_t full);
    Bucket& bucket_of(const IpAddress& from);

    Config config_;
    Bucket all_;
    std::unique_ptr<std::array<Bucket, 4096>> by_address_;  // null until the first stranger comes
    Counters counters_;
};

std::string_view limit_text(Strangers::Verdict v);  // the key of the configuration that was reached

}  // namespace ims
