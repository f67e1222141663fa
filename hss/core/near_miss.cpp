#include "hss/core/near_miss.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <set>

namespace ims::hss {

namespace {

constexpr std::size_t most_found = 10;
constexpr std::size_t longest_number = 20;  // beyond any IMSI or MSISDN; bounds the search

struct Parts {
    std::string prefix;  // "sip:", "tel:+", ""
    std::string user;
    std::string domain;  // with "@"
};

Parts parts_of(std::string_view identity) {
    Parts p;
    for (const auto* scheme : {"sip:", "sips:", "tel:"})
        if (istarts_with(identity, scheme)) {
            p.prefix = identity.substr(0, std::string_view{scheme}.size());
            identity.remove_prefix(p.prefix.size());
        }
    if (identity.starts_with('+')) {
        p.prefix += '+';
        identity.remove_prefix(1);
    }
    const auto at = std::min(identity.rfind('@'), identity.size());
    p.user = identity.substr(0, at);
    p.domain = identity.substr(at);
    return p;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= longest_number && std::all_of(text.begin(), text.end(), is_digit);
}

// All texts one slip of the finger away.
std::set<std::string> slips(const std::string& number) {
    std::set<std::string> found;
    for (std::size_t i = 0; i <= number.size(); ++i)
        for (char d = '0'; d <= '9'; ++d) {
            auto more = number;
            more.insert(i, 1, d);
            found.insert(more);
            if (i == number.size()) continue;
            auto other = number;
            other[i] = d;
            found.insert(other);
        }
    for (std::size_t i = 0; i < number.size(); ++i) {
        auto less = number;
        less.erase(i, 1);
        found.insert(less);
        if (i + 1 == number.size()) continue;
        auto swapped = number;
        std::swap(swapped[i], swapped[i + 1]);
        found.insert(swapped);
    }
    found.erase(number);
    return found;
}

// The domain with its MNC written in each way: 01 as mnc01, mnc001 and mnc010.
std::set<std::string> with_other_mnc(const std::string& domain) {
    const auto at = domain.find("mnc");
    if (at == std::string::npos) return {};
    const auto end = domain.find_first_not_of("0123456789", at + 3);
    if (end == std::string::npos) return {};
    const auto digits = domain.substr(at + 3, end - at - 3);
    std::set<std::string> numbers;
    if (digits.size() == 1) numbers = {"00" + digits, "0" + digits};
    if (digits.size() == 2) numbers = {"0" + digits, digits + "0"};
    if (digits.size() == 3) {
        if (digits[0] == '0') numbers = {digits.substr(1), digits.substr(1) + "0"};
        if (digits[2] == '0') numbers.insert({digits.substr(0, 2), "0" + digits.substr(0, 2)});
        if (digits.starts_with("00")) numbers.insert(digits.substr(2));
    }
    numbers.erase(digits);
    std::set<std::string> domains;
    for (const auto& number : numbers) domains.insert(domain.substr(0, at + 3) + number + domain.substr(end));
    return domains;
}

}  // namespace

std::string_view text(Slip slip) {
    switch (slip) {
        case Slip::Mnc: return "the MNC of the domain is written differently";
        case Slip::Domain: return "the domain differs";
        case Slip::Digit: return "one digit differs, is missing or is too much";
    }
    return {};
}

NearMissSearch near_miss_search(std::string_view identity) {
    const auto p = parts_of(identity);
    NearMissSearch search;
    if (is_number(p.user))
        for (const auto& other : slips(p.user)) search.identities.push_back(p.prefix + other + p.domain);
    if (p.domain.empty()) return search;
    for (const auto& domain : with_other_mnc(p.domain))
        search.identities.push_back(p.prefix + p.user + domain);
    search.user_at = p.prefix + p.user + "@";
    return search;
}

std::vector<NearMiss> near_misses(std::string_view identity, const std::vector<std::string>& stored) {
    const auto p = parts_of(identity);
    const auto domains = with_other_mnc(p.domain);
    const auto numbers = is_number(p.user) ? slips(p.user) : std::set<std::string>{};
    std::vector<NearMiss> found;
    for (const auto& one : stored) {
        if (one == identity) continue;
        const auto other = parts_of(one);
        if (other.prefix != p.prefix) continue;
        if (other.user == p.user && domains.contains(other.domain))
            found.push_back({one, Slip::Mnc});
        else if (other.user == p.user && !p.domain.empty())
            found.push_back({one, Slip::Domain});
        else if (other.domain == p.domain && numbers.contains(other.user))
            found.push_back({one, Slip::Digit});
    }
    std::sort(found.begin(), found.end(), [](const NearMiss& a, const NearMiss& b) {
        return std::pair{a.how, a.identity} < std::pair{b.how, b.identity};
    });
    found.erase(std::unique(found.begin(), found.end()), found.end());
    if (found.size() > most_found) found.resize(most_found);
    return found;
}

}  // namespace ims::hss
