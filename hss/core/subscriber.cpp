#include "hss/core/subscriber.hpp"

namespace ims::hss {

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
    const auto add = [&](Impu impu, bool barred) {
        PublicIdentityRecord r;
        r.identity.identity = std::move(impu);
        r.identity.barring_indication = barred;
        r.identity.display_name = subscriber.display_name;
        // 29.228 B.2.1: with AliasInd every identity has a group; "1" is unique within the subscription.
        r.identity.alias_identity_group_id = "1";
        r.service_profile = subscriber.service_profile;
        set.public_identities.push_back(std::move(r));
    };
    auto of_imsi = temporary_impu_of_imsi(subscriber.imsi, subscriber.realm);
    if (!subscriber.bar_imsi_identity || !subscriber.msisdn) add(of_imsi, subscriber.bar_imsi_identity);
    if (subscriber.msisdn) {
        add(Impu{"sip:+" + *subscriber.msisdn + "@" + subscriber.realm}, false);
        add(Impu{"tel:+" + *subscriber.msisdn}, false);
        if (subscriber.bar_imsi_identity) add(of_imsi, true);
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
