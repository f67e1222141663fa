#include "hss/postgres/async_store.hpp"

#include "hss/postgres/json.hpp"
#include "hss/postgres/read_catalogue.hpp"
#include "hss/postgres/statements.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <libpq-fe.h>
#include <pqxx/pqxx>

namespace ims::hss {
namespace {

using Parameters = std::vector<std::optional<std::string>>;

// How far an SQN of an earlier era is advanced: 64 SEQ, more vectors than one subscriber is given in the half
// second that PostgreSQL may lose (three times wal_writer_delay).
constexpr std::uint64_t sqn_jump = 64U << 5;

// May the changes be lost in a crash of the database? SQN: yes, see private_identity in the schema. The flag
// and the name an MAR stores of a user nobody serves yet: yes, the SAR that follows stores the name itself,
// and without one the UE registers again. Whatever ends or makes a registration: no.
bool durable(const Subscription& loaded, const Changes& changes) {
    return std::ranges::any_of(changes, [&](const Change& c) {
        if (std::holds_alternative<SetSqn>(c) || std::holds_alternative<SetAuthenticationPending>(c))
            return false;
        if (const auto* a = std::get_if<Assign>(&c)) return loaded.in_use() || !a->assignment;
        return true;
    });
}

std::string column(bool b) {
    return b ? "t" : "f";
}
std::string column(std::int64_t n) {
    return std::to_string(n);
}

// Of statement::confirm.
Parameters condition(const Snapshot& loaded) {
    return {column(loaded.subscription->id.value()), column(loaded.subscription->version),
            column(loaded.catalogue->revision)};
}

// Of statement::save: the condition, and the registration as it is to be.
Parameters save_parameters(const Snapshot& loaded, const Subscription& after) {
    auto parameters = condition(loaded);
    if (const auto& a = after.assignment)
        parameters.insert(parameters.end(), {a->server_name, a->origin_host, a->origin_realm,
                                             column(std::int64_t{a->features})});
    else
        parameters.insert(parameters.end(), 4, std::nullopt);
    auto columns = registration_columns(after);
    parameters.insert(parameters.end(),
                      {column(after.reassignment_pending), std::move(columns.registered_sets),
                       std::move(columns.registered_impis), std::move(columns.unregistered_sets),
                       std::move(columns.pending_impis)});
    return parameters;
}

void add_restorations(Parameters& parameters, const Subscription& after, const Changes& changes) {
    std::vector<std::string> sets, impis, documents;
    for (const auto& change : changes) {
        const auto* c = std::get_if<SetRestorationInfo>(&change);
        if (!c) continue;
        sets.push_back(std::to_string(c->set.value()));
        impis.push_back(c->impi.value());
        const auto set =
            std::ranges::find(after.implicit_registration_sets, c->set, &ImplicitRegistrationSet::id);
        const auto* a = set == after.implicit_registration_sets.end() ? nullptr : set->association(c->impi);
        documents.push_back(a && a->restoration_info ? print_json(*a->restoration_info) : "null");
    }
    parameters.insert(parameters.end(), {array_of(sets), array_of(impis), array_of(documents)});
}

// The whole statement of a save. An MAR writes an SQN, an SAR restoration information: never both.
Pipeline::Command save_command(const Save& save, const Subscription& after, std::int64_t era) {
    Pipeline::Command command;
    command.statement = &statement::save;
    command.parameters = save_parameters(save.loaded, after);
    command.locks = after.id.value();
    for (const auto& change : save.changes) {
        if (const auto* c = std::get_if<SetSqn>(&change)) {
            command.statement = &statement::save_with_sqn;
            command.parameters.insert(command.parameters.end(),
                                      {c->impi.value(), std::to_string(c->sqn), column(era)});
            return command;
        }
        if (std::holds_alternative<SetRestorationInfo>(change)) {
            command.statement = &statement::save_with_restoration;
            add_restorations(command.parameters, after, save.changes);
            return command;
        }
    }
    return command;
}

// With all statements prepared; else nothing, and `why`.
Pipeline::Handle connected_to(const std::string& options, std::string& why) {
    Pipeline::Handle c{PQconnectdb(options.c_str())};
    bool good = PQstatus(c.get()) == CONNECTION_OK;
    for (const auto& s : all_statements())
        good = good && Rows{PQprepare(c.get(), s.name, s.sql.c_str(), 0, nullptr)}.good();
    if (good) return c;
    why = PQerrorMessage(c.get());
    return {};
}

// See private_identity in the schema: whoever could read an SQN that a crash took back counts from a later
// one.
std::optional<std::int64_t> next_era(PGconn* c, std::string& why) {
    const Rows rows{PQexec(c, "UPDATE hss SET sqn_era = sqn_era + 1 RETURNING sqn_era")};
    if (!rows.empty()) return rows.at(0, 0).number();
    why = PQerrorMessage(c);
    return std::nullopt;
}

}  // namespace

struct AsyncStore::Load {
    Lookup lookup;
    Answered answered;
    Snapshot snapshot{};
    std::shared_ptr<const std::vector<SealedCredentials>> sealed{};
    bool repeated = false;  // after the connection was lost
};
struct AsyncStore::Lanes {
    Pipeline::Handle reading, durable;
    std::int64_t era = 0;
    std::string why;  // not
};

AsyncStore::AsyncStore(boost::asio::io_context& io, DatabaseConfig config, Secrets secrets,
                       std::shared_ptr<CatalogueCache> cache, Connection::NoteSink notes,
                       Background background)
    : io_{io},
      config_{std::move(config)},
      secrets_{secrets},
      cache_{std::move(cache)},
      notes_{std::move(notes)},
      background_{std::move(background)},
      reader_{config_, [](const Note&) {}},
      remembered_{config_.remembered} {}
AsyncStore::~AsyncStore() = default;

void AsyncStore::broken(const std::string& why) {
    notes_(Note{Severity::Error, "hss.database.refused", {{"reason", why}}});
}

// ---- connections

AsyncStore::Lanes AsyncStore::open() {
    Lanes lanes;
    // Also migrates.
    if (const auto error = refresh_catalogue([this](auto c) { cache_->replace(std::move(c)); })) {
        lanes.why = *error == StoreError::Away ? reader_.why_away() : "the catalogue cannot be read";
        return lanes;
    }
    lanes.durable = connected_to(connection_options(config_), lanes.why);
    if (!lanes.durable) return lanes;
    const auto era = next_era(lanes.durable.get(), lanes.why);
    if (!era) return lanes;
    lanes.era = *era;
    lanes.reading = connected_to(connection_options(config_, "-c synchronous_commit=off"), lanes.why);
    return lanes;
}

void AsyncStore::connect() {
    if (!connected() && !opening_) connect_then([](bool) {});
}

void AsyncStore::connect_then(std::function<void(bool)> then) {
    if (closed_) return then(false);
    waiting_.push_back(std::move(then));
    if (std::exchange(opening_, true)) return;
    background_([self = shared_from_this()] {
        auto lanes = std::make_shared<Lanes>(self->open());
        boost::asio::post(self->io_, [self, lanes] { self->opened(std::move(*lanes)); });
    });
}

void AsyncStore::opened(Lanes lanes) {
    opening_ = false;
    if (!lanes.reading) {
        lost(lanes.why);
    } else if (!closed_) {
        ++generation_;
        era_ = lanes.era;
        remembered_.clear();
        const auto on_lost = [weak = weak_from_this()](const std::string& why) {
            if (const auto self = weak.lock()) self->lost(why);
        };
        reading_ = std::make_shared<Pipeline>(io_, std::move(lanes.reading), on_lost);
        durable_ = std::make_shared<Pipeline>(io_, std::move(lanes.durable), on_lost);
        reading_->start();
        durable_->start();
        if (std::exchange(was_away_, false)) notes_(Note{Severity::Info, "hss.database.connected"});
    }
    for (const auto& then : std::exchange(waiting_, {})) then(connected());
}

void AsyncStore::lost(const std::string& why) {
    const auto reading = std::exchange(reading_, {}), durable = std::exchange(durable_, {});
    if (!closed_ && !std::exchange(was_away_, true))
        notes_(Note{Severity::Error, "hss.database.away", {{"reason", first_line(why)}}});
    if (reading) reading->close(why);
    if (durable) durable->close(why);
}

void AsyncStore::close() {
    closed_ = true;
    lost("closing");
}

// ---- loading

void AsyncStore::ask(StoreRequest request, Answered answered) {
    if (auto* s = std::get_if<Save>(&request)) return save(std::move(*s), std::move(answered));
    load(std::make_shared<Load>(Load{std::move(std::get<Lookup>(request)), std::move(answered)}));
}

void AsyncStore::load(LoadPtr load) {
    if (!connected())
        return connect_then([self = shared_from_this(), load](bool connected) {
            if (connected) return self->load(load);
            load->answered(Loaded{StoreError::Away});
        });
    if (const auto remembered = remembered_.find(load->lookup)) {
        if (auto catalogue = cache_->newest()) {
            load->sealed = remembered->sealed;
            return finish(load, {remembered->subscription, true, std::move(catalogue), true, generation_});
        }
    }
    const auto& [impi, impu, credentials] = load->lookup;
    if (!impi && !impu) return finish(load, {});
    query(load, impi ? statement::load_by_impi : statement::load_by_impu,
          impi ? impi->value() : impu->value(), [this, load](const Rows& rows) {
              if (!rows.empty()) return on_rows(load, rows);
              if (load->lookup.impi) return finish(load, {});
              find_wildcard(load);
          });
}

// Runs a statement with one parameter; `then` is not called if that fails.
void AsyncStore::query(const LoadPtr& load, const Statement& statement, const std::string& key,
                       std::function<void(const Rows&)> then) {
    if (!reading_) return failed(load, {true, {}});
    Pipeline::Command command;
    command.statement = &statement;
    command.parameters = {key};
    command.done = [self = shared_from_this(), load, then = std::move(then)](const Pipeline::Answer& answer) {
        if (!answer) return self->failed(load, answer.error());
        then(*answer);
    };
    reading_->run(std::move(command));
}

void AsyncStore::failed(const LoadPtr& load, const Pipeline::Failure& failure) {
    if (!failure.lost) {
        broken(failure.reason);
        return load->answered(Loaded{StoreError::Broken});
    }
    if (std::exchange(load->repeated, true)) return load->answered(Loaded{StoreError::Away});
    this->load(load);
}

void AsyncStore::on_rows(const LoadPtr& load, const Rows& rows) {
    auto loaded = read_rows(rows, era_, sqn_jump);
    load->snapshot = {std::make_shared<const Subscription>(std::move(loaded.subscription)), true, nullptr,
                      false, generation_};
    load->sealed = std::make_shared<const std::vector<SealedCredentials>>(std::move(loaded.sealed));
    remembered_.remember({load->snapshot.subscription, load->sealed});
    with_catalogue(load, loaded.catalogue_revision);
}

// The wildcard that matches an identity which is not distinct anywhere.
void AsyncStore::find_wildcard(const LoadPtr& load) {
    query(load, statement::wildcards, load->lookup.impu->value(), [this, load](const Rows& rows) {
        for (int n = 0; n < rows.size(); ++n) {
            const std::string candidate{rows.at(n, 0).view()};
            if (!matches_wildcard(*load->lookup.impu, Impu{candidate})) continue;
            return query(load, statement::load_by_impu, candidate, [this, load](const Rows& found) {
                if (found.empty()) return finish(load, {});
                on_rows(load, found);
            });
        }
        finish(load, {});
    });
}

void AsyncStore::with_catalogue(const LoadPtr& load, std::int64_t revision) {
    if (auto newest = cache_->newest(); newest && newest->revision >= revision) {
        load->snapshot.catalogue = std::move(newest);
        return find_whether_known(load);
    }
    const bool being_read = !awaiting_catalogue_.empty();
    awaiting_catalogue_.emplace_back(load, revision);
    if (being_read) return;
    background_([self = shared_from_this()] {
        const auto error = self->refresh_catalogue([&](auto c) { self->cache_->put(std::move(c)); });
        boost::asio::post(self->io_, [self, error] {
            for (const auto& [waiting, needed] : std::exchange(self->awaiting_catalogue_, {})) {
                if (error)
                    waiting->answered(Loaded{*error});
                else
                    self->with_catalogue(waiting, needed);
            }
        });
    });
}

// Blocks; in the background.
std::optional<StoreError> AsyncStore::refresh_catalogue(
    const std::function<void(std::shared_ptr<const Catalogue>)>& keep) {
    std::optional<StoreError> error;
    try {
        error = reader_.run(true, [&](pqxx::connection_base& c) {
            keep(std::make_shared<const Catalogue>(read_catalogue(c)));
        });
    } catch (const pqxx::pqxx_exception& e) {
        broken(e.base().what());
        error = StoreError::Broken;
    }
    reader_.close();
    return error;
}

// Whether anybody has the public identity, when the private one leads to a subscription without it.
void AsyncStore::find_whether_known(const LoadPtr& load) {
    const auto& impu = load->lookup.impu;
    if (!load->lookup.impi || !impu || load->snapshot.subscription->find(*impu))
        return finish(load, load->snapshot);
    load->snapshot.public_identity_known = false;
    query(load, statement::impu_exists, impu->value(), [this, load](const Rows& exists) {
        load->snapshot.public_identity_known = !exists.empty();
        if (!exists.empty()) return finish(load, load->snapshot);
        query(load, statement::wildcards, load->lookup.impu->value(), [this, load](const Rows& rows) {
            for (int n = 0; n < rows.size() && !load->snapshot.public_identity_known; ++n)
                load->snapshot.public_identity_known =
                    matches_wildcard(*load->lookup.impu, Impu{std::string{rows.at(n, 0).view()}});
            finish(load, load->snapshot);
        });
    });
}

void AsyncStore::finish(const LoadPtr& load, Snapshot snapshot) {
    if (load->lookup.credentials && snapshot.subscription) {
        auto opened = with_credentials(*snapshot.subscription, *load->sealed, secrets_);
        if (!opened) {
            broken("a sealed credential does not open with the configured key");
            return load->answered(Loaded{StoreError::Broken});
        }
        snapshot.subscription = std::make_shared<const Subscription>(std::move(*opened));
    }
    load->answered(Loaded{std::move(snapshot)});
}

// ---- saving

void AsyncStore::save(Save save, Answered answered) {
    // What another generation read is to be read again: a crash may have taken its version back.
    if (!connected() || save.loaded.generation != generation_) return answered(Saved{StoreError::Conflict});
    if (save.changes.empty()) return confirm(save, std::move(answered));

    auto after = std::make_shared<Subscription>(*save.loaded.subscription);
    apply_to(*after, save.changes);
    auto command = save_command(save, *after, era_);
    command.done = [self = shared_from_this(), after, loaded = save.loaded.subscription,
                    answered = std::move(answered)](const Pipeline::Answer& answer) {
        auto outcome = self->saved(answer, *loaded);
        if (!outcome) {
            ++after->version;
            for (auto& p : after->private_identities) {
                p.aka.reset();
                p.sip_digest.reset();
                p.line_identifiers.clear();
                p.framed_ip_address.reset();
            }
            self->remembered_.replace(after);
        }
        answered(outcome);
    };
    (durable(*save.loaded.subscription, save.changes) ? durable_ : reading_)->run(std::move(command));
}

void AsyncStore::confirm(const Save& save, Answered answered) {
    if (!save.loaded.remembered) return answered(Saved{});
    Pipeline::Command command;
    command.statement = &statement::confirm;
    command.parameters = condition(save.loaded);
    command.done = [self = shared_from_this(), loaded = save.loaded.subscription,
                    answered = std::move(answered)](const Pipeline::Answer& answer) {
        answered(self->saved(answer, *loaded));
    };
    reading_->run(std::move(command));
}

Saved AsyncStore::saved(const Pipeline::Answer& answer, const Subscription& loaded) {
    if (answer && !answer->empty()) return std::nullopt;
    remembered_.forget(loaded);
    // Whether a lost connection had saved is unknown: the version tells when it is loaded again, and a
    // decision repeated after a save is the same decision.
    if (answer || answer.error().lost) return StoreError::Conflict;
    broken(answer.error().reason);
    return StoreError::Broken;
}

}  // namespace ims::hss
