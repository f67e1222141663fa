#include "hss/postgres/postgres_store.hpp"

#include "hss/postgres/read_catalogue.hpp"

#include <pqxx/pqxx>

namespace ims::hss {

PostgresStore::PostgresStore(DatabaseConfig config, Secrets secrets, std::shared_ptr<CatalogueCache> cache,
                             Connection::NoteSink notes)
    : connection_{config, [](const Note&) {}},  // the store beside it says when the database is away
      secrets_{secrets},
      cache_{cache},
      notes_{notes},
      store_{std::make_shared<AsyncStore>(io_, std::move(config), secrets, std::move(cache), std::move(notes),
                                          [](const std::function<void()>& job) { job(); })} {}
PostgresStore::~PostgresStore() {
    store_->close();
}

StoreAnswer PostgresStore::ask(StoreRequest request) {
    std::optional<StoreAnswer> answer;
    store_->ask(std::move(request), [&](StoreAnswer a) { answer = std::move(a); });
    while (!answer) {
        io_.restart();
        io_.run_one();
    }
    return std::move(*answer);
}

Loaded PostgresStore::load(const Lookup& lookup) {
    return std::get<Loaded>(ask(lookup));
}
std::vector<Loaded> PostgresStore::load(const std::vector<Lookup>& lookups) {
    std::vector<std::optional<Loaded>> answers(lookups.size());
    std::size_t missing = lookups.size();
    for (std::size_t n = 0; n < lookups.size(); ++n)
        store_->ask(lookups[n], [&answers, &missing, n](StoreAnswer a) {
            answers[n] = std::get<Loaded>(std::move(a));
            --missing;
        });
    while (missing > 0) {
        io_.restart();
        io_.run_one();
    }
    std::vector<Loaded> out;
    out.reserve(answers.size());
    for (auto& answer : answers) out.push_back(std::move(*answer));
    return out;
}
Saved PostgresStore::save(const Snapshot& loaded, const Changes& changes) {
    return std::get<Saved>(ask(Save{loaded, changes}));
}

void PostgresStore::broken(const std::string& why) {
    notes_(Note{Severity::Error, "hss.database.refused", {{"reason", why}}});
}

std::shared_ptr<const Catalogue> PostgresStore::catalogue(pqxx::connection_base& c) {
    const auto revision =
        pqxx::nontransaction{c}.exec1("SELECT catalogue_revision FROM hss")[0].as<std::int64_t>();
    if (auto cached = cache_->get(revision)) return cached;
    auto fresh = std::make_shared<const Catalogue>(read_catalogue(c));
    cache_->put(fresh);
    return fresh;
}

}  // namespace ims::hss
