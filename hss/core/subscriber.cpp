#include "hss/core/subscriber.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

constexpr std::string_view imsi_mark = "{imsi}", msisdn_mark = "{msisdn}", realm_mark = "{realm}";

bool asks_for(std::string_view pattern, std::string_view mark) {
    return pattern.find(mark) != pattern.npos;
}

void fill_in(std::string& text, std::string_view mark, std::string_view value) {
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + value.size()))
        text.replace(at, mark.size(), value);
}

struct MadeIdentity {
    Impu impu;
    bool barred = false;
};

std::vector<MadeIdentity> identities_of(const Subscriber& subscriber) {
    auto numbers = subscriber.further_msisdns;
    if (subscriber.msisdn) numbers.insert(numbers.begin(), *subscriber.msisdn);
    std::vector<MadeIdentity> made, barred_ones;
    const auto add = [&](std::string text, std::string_view msisdn) {
        const bool barred = subscriber.bar_imsi_identity && asks_for(text, imsi_mark);
        fill_in(text, imsi_mark, subscriber.imsi);
        fill_in(text, realm_mark, subscriber.realm);
        fill_in(text, msisdn_mark, msisdn);
        (barred ? barred_ones : made).push_back({Impu{std::move(text)}, barred});
    };
    const auto& patterns = subscriber.public_identities;
    for (auto first = patterns.begin(); first != patterns.end();) {
        const bool numbered = asks_for(*first, msisdn_mark);
        const auto last = std::find_if(first, patterns.end(), [&](const std::string& p) {
            return asks_for(p, msisdn_mark) != numbered;
        });
        if (numbered) {
            for (const auto& number : numbers)
                std::for_each(first, last, [&](const std::string& p) { add(p, number); });
        } else {
            std::for_each(first, last, [&](const std::string& p) { add(p, {}); });
        }
        first = last;
    }
    for (auto& one : barred_ones) made.push_back(std::move(one));
    return made;
}

}  // namespace

std::optional<std::string> inconsistency(const SubscriberTemplate& pattern) {
    for (const auto& p : pattern.public_identities)
        if (!asks_for(p, imsi_mark) && !asks_for(p, msisdn_mark))
            return "'" + p + "' would be the same for everybody: it needs {imsi} or {msisdn}";
    Subscriber example;
    example.imsi = "001010000000001";
    example.realm = "ims.example";
    example.msisdn = "15550001";
    example.public_identities = pattern.public_identities;
    example.bar_imsi_identity = pattern.bar_imsi_identity;
    return inconsistency(subscription_of(example));
}

Subscription subscription_of(const Subscriber& subscriber) {
    Subscription s;
    PrivateIdentity p;
    p.impi = impi_of_imsi(subscriber.imsi, subscriber.realm);
    p.imsi = subscriber.imsi;
    p.aka = subscriber.aka;
    p.sqn = subscriber.sqn;
    if (subscriber.digest_ha1) {
        p.sip_digest = cx::SipDigestAuthenticate{subscriber.realm, "MD5", "auth", *subscriber.digest_ha1};
        if (!subscriber.aka) p.scheme = AuthenticationScheme::SipDigest;
    }

    ImplicitRegistrationSet set;
    for (auto& [impu, barred] : identities_of(subscriber)) {
        PublicIdentityRecord r;
        r.identity.identity = std::move(impu);
        r.identity.barring_indication = barred;
        r.identity.display_name = subscriber.display_name;
        // 29.228 B.2.1: with AliasInd every identity has a group; "1" is unique within the subscription.
        r.identity.alias_identity_group_id = "1";
        r.service_profile = subscriber.service_profile;
        set.public_identities.push_back(std::move(r));
    }
    set.associations.push_back({p.impi, false, {}});
    s.private_identities.push_back(std::move(p));
    s.implicit_registration_sets.push_back(std::move(set));
    s.capability_set = subscriber.capability_set;
    s.charging_set = subscriber.charging_set;
    return s;
}

std::optional<std::string> number_after(std::string_view digits, std::uint64_t n) {
    std::string text{digits};
    for (auto at = text.rbegin(); at != text.rend(); ++at) {
        if (!is_digit(*at)) return std::nullopt;
        n += static_cast<std::uint64_t>(*at - '0');
        *at = static_cast<char>('0' + n % 10);
        n /= 10;
    }
    if (n != 0) return std::nullopt;
    return text;
}

}  // namespace ims::hss
