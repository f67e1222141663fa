#pragma once
#include "hss/core/subscription.hpp"

namespace ims::hss {

// What somebody gets who is described by little more than an IMSI and a number. The values are taken when he
// is made: a template that changes later changes nobody.
struct SubscriberTemplate {
    // SIP and tel URIs with {imsi}, {msisdn} and {realm} in them. What asks for a number is left out where
    // there is none; neighbours that do are there once for each number where there are several.
    std::vector<std::string> public_identities{"sip:{imsi}@{realm}", "sip:+{msisdn}@{realm}",
                                               "tel:+{msisdn}"};
    bool bar_imsi_identity = false;
    ServiceProfileId service_profile{1};
    std::optional<CapabilitySetId> capability_set;
    std::optional<ChargingSetId> charging_set;
    std::optional<std::vector<std::string>> allowed_visited_networks;
    crypto::Amf amf{0x80, 0x00};
    std::uint64_t sqn = 0;
    bool operator==(const SubscriberTemplate&) const = default;
};
// Why nobody could be made from it, or nothing.
std::optional<std::string> inconsistency(const SubscriberTemplate& pattern);

// The usual subscriber, named by an IMSI and a number: IMPI IMSI@realm; sip:+MSISDN@realm, sip:IMSI@realm and
// tel:+MSISDN as aliases in one implicit registration set. The IMSI's identity stands first unless it is
// barred (23.228 E.3.1 recommends barring it), then the number's does: the default identity must not be
// barred.
struct Subscriber {
    std::string imsi;
    std::string realm;
    std::optional<std::string> msisdn;  // digits without "+"
    std::vector<std::string> further_msisdns;
    std::vector<std::string> public_identities = SubscriberTemplate{}.public_identities;  // as there
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
