#include "common/why/story.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace ims::why {

std::int64_t Story::now() const {
    std::int64_t latest = 0;
    for (const auto& a : accounts) latest = std::max(latest, a.now);
    return latest;
}

std::string Story::service_at(std::string_view address) const {
    for (const auto& a : accounts)
        for (const auto& at : a.listening) {
            const auto space = at.find(' ');
            if (space != std::string::npos && std::string_view{at}.substr(space + 1) == address)
                return a.service;
        }
    // Connections that a service opened itself have ports of their own.
    const auto host = address.substr(0, address.rfind(':'));
    for (const auto& e : entries)
        if (e.kind == Entry::Kind::Sip && e.local == address) return e.service;
    std::string only;
    for (const auto& a : accounts)
        for (const auto& at : a.listening) {
            const auto listens = std::string_view{at}.substr(at.find(' ') + 1);
            if (listens.substr(0, listens.rfind(':')) != host || a.service == only) continue;
            if (!only.empty()) return {};  // several services at one address
            only = a.service;
        }
    return only;
}

bool Story::is_service(std::string_view address) const {
    return !service_at(address).empty();
}

Story story_of(std::string key, std::vector<Account> accounts) {
    Story story;
    story.key = std::move(key);
    // Two of a kind have turns and transactions of their own: "pcscf", "pcscf 2".
    std::map<std::string, int> of_a_kind;
    for (auto& a : accounts)
        if (const auto n = ++of_a_kind[a.service]; n > 1) {
            a.service += " " + std::to_string(n);
            for (auto& e : a.entries) e.service = a.service;
        }
    for (auto& a : accounts) {
        for (auto& e : a.entries) story.entries.push_back(std::move(e));
        a.entries.clear();
    }
    story.accounts = std::move(accounts);
    std::stable_sort(story.entries.begin(), story.entries.end(),
                     [](const Entry& x, const Entry& y) { return x.at < y.at; });
    return story;
}

namespace {

constexpr int most_rounds = 4;
constexpr std::size_t most_keys = 100;  // in one question: an address has its limits

using Keys = std::set<std::string>;

// Names that others found and this one did not.
Keys missing(const std::vector<std::optional<Account>>& accounts, std::size_t n) {
    Keys known{accounts[n]->call_ids.begin(), accounts[n]->call_ids.end()};
    known.insert(accounts[n]->icids.begin(), accounts[n]->icids.end());
    Keys keys;
    for (const auto& other : accounts) {
        if (!other) continue;
        for (const auto* names : {&other->call_ids, &other->icids})
            for (const auto& name : *names)
                if (!known.contains(name)) keys.insert(name);
    }
    // The HSS knows no Call-IDs: it is asked about whom the others asked it.
    if (accounts[n]->service == "hss")
        for (const auto& other : accounts) {
            if (!other || other->service == "hss") continue;
            for (const auto& e : other->entries)
                if (e.kind == Entry::Kind::CxRequest)
                    for (const auto* field : {"impi", "impu"})
                        if (!e.field(field).empty()) keys.emplace(e.field(field));
        }
    return keys;
}

}  // namespace

Story gather(const std::string& key, const std::vector<std::string>& services, const Ask& ask) {
    std::vector<std::optional<Account>> accounts(services.size());
    std::vector<Keys> asked(services.size());
    std::vector<std::string> silent;
    const auto take = [&](std::size_t n) {
        auto account = ask(n, {asked[n].begin(), asked[n].end()});
        if (account)
            accounts[n] = std::move(*account);
        else
            silent.push_back(services[n] + ": " + account.error().why);
        return account.has_value();
    };
    for (std::size_t n = 0; n < services.size(); ++n) {
        asked[n].insert(key);
        (void)take(n);
    }
    bool more = true;
    for (int round = 1; more && round < most_rounds; ++round) {
        more = false;
        for (std::size_t n = 0; n < services.size(); ++n) {
            if (!accounts[n]) continue;
            const auto before = asked[n].size();
            for (const auto& name : missing(accounts, n))
                if (asked[n].size() < most_keys) asked[n].insert(name);
            if (asked[n].size() == before) continue;
            more = true;
            if (!take(n)) accounts[n].reset();
        }
    }
    std::vector<Account> told;
    for (auto& account : accounts)
        if (account) told.push_back(std::move(*account));
    auto story = story_of(key, std::move(told));
    story.silent = std::move(silent);
    return story;
}

}  // namespace ims::why
