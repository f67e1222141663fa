#pragma once
#include "hss/core/subscription.hpp"

namespace ims::hss {

// The usual subscriber, named by an IMSI and a number: IMPI IMSI@realm; sip:+MSISDN@realm, sip:IMSI@realm and
// tel:+MSISDN as aliases in one implicit registration set. The IMSI's identity stands first unless it is
// barred (23.228 E.3.1 recommends barring it), then the number's does: the default identity must not be
// barred.
struct Subscriber {
    std::string imsi;
    std::string realm;
    std::optional<std::string> msisdn;  // digits without "+"
    std::optional<AkaCredential> aka;
    std::optional<std::string> digest_ha1;  // MD5, realm as above
    std::uint64_t sqn = 0;
    bool bar_imsi_identity = false;
    std::optional<std::string> display_name;
    ServiceProfileId service_profile{1};
    std::optional<CapabilitySetId> capability_set;
    std::optional<ChargingSetId> charging_set;
};
Subscription subscription_of(const Subscriber& subscriber);

// Decimal text plus n, keeping leading zeros; nothing on overflow of its length or anything but digits.
std::optional<std::string> number_after(std::string_view digits, std::uint64_t n);

}  // namespace ims::hss
