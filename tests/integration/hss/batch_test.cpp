// What is asked while the database is busy goes together, and of one kind in one statement: each still gets
// its own.
#include "hss/postgres/pipeline.hpp"
#include "tests/integration/hss/fixture.hpp"

#include <algorithm>
#include <fstream>
#include <thread>

#include <libpq-fe.h>
#include <pqxx/pqxx>

namespace ims::hss::test {
namespace {

using namespace std::chrono_literals;

// Reads differently in an array if it is not quoted there.
const std::vector<std::string> odd_texts{"",   "NULL",        "null",   "{}",           "{", "}",       ",",
                                         "\"", "\\",          "\\\\\"", "a\"b\\c{d},e", " ", "{\"x\"}", "'",
                                         "$1", "\xc3\xa4\n\t"};

Snapshot found(const StoreAnswer& answer) {
    const auto& loaded = std::get<Loaded>(answer);
    REQUIRE(loaded.has_value());
    return *loaded;
}

// A store on the loop. What it is asked for together goes in one batch of each connection.
class Together {
  public:
    explicit Together(World& w)
        : store_{std::make_shared<AsyncStore>(
              io_, DatabaseConfig{w.connection}, *Secrets::from_text(std::string(64, 'a')), w.cache,
              [](const Note&) {}, [](const std::function<void()>& job) { job(); })} {
        ask({Lookup{Impi{"nobody@x"}, {}, false}});  // connects
    }
    ~Together() { store_->close(); }

    void start(const std::vector<StoreRequest>& requests) {
        answers_.assign(requests.size(), std::nullopt);
        for (std::size_t n = 0; n < requests.size(); ++n)
            store_->ask(requests[n], [this, n](StoreAnswer a) { answers_[n] = std::move(a); });
    }
    void poll() {
        io_.restart();
        io_.poll();
    }
    std::vector<StoreAnswer> finish() {
        while (std::ranges::any_of(answers_, [](const auto& a) { return !a; })) {
            io_.restart();
            io_.run_one();
        }
        std::vector<StoreAnswer> out;
        for (auto& a : answers_) out.push_back(std::move(*a));
        return out;
    }
    std::vector<StoreAnswer> ask(const std::vector<StoreRequest>& requests) {
        start(requests);
        return finish();
    }
    std::vector<Snapshot> load(const std::vector<Impi>& impis) {
        std::vector<StoreRequest> lookups;
        lookups.reserve(impis.size());
        for (const auto& impi : impis) lookups.emplace_back(Lookup{impi, {}, false});
        std::vector<Snapshot> out;
        for (const auto& a : ask(lookups)) out.push_back(found(a));
        return out;
    }

  private:
    boost::asio::io_context io_;
    std::shared_ptr<AsyncStore> store_;
    std::vector<std::optional<StoreAnswer>> answers_;
};

Impi impi(unsigned n) {
    return subscription_of(usual_subscriber(n)).private_identities[0].impi;
}
std::vector<Impi> impis(unsigned first, unsigned last) {
    std::vector<Impi> out;
    for (auto n = first; n <= last; ++n) out.push_back(impi(n));
    return out;
}
// What is in the database, read anew each time, in an era after those of the stores opened before.
class Reader {
  public:
    explicit Reader(World& w)
        : store_{DatabaseConfig{.connection = w.connection, .remembered = 0},
                 *Secrets::from_text(std::string(64, 'a')), w.cache, [](const Note&) {}} {}
    Subscription operator()(const Impi& impi) {
        const auto loaded = store_.load({impi, std::nullopt, false});
        REQUIRE(loaded.has_value());
        REQUIRE(loaded->subscription);
        return *loaded->subscription;
    }

  private:
    PostgresStore store_;
};
Saved saved(const StoreAnswer& answer) {
    return std::get<Saved>(answer);
}

// What an MAR changes.
Changes sqn(const Snapshot& s, std::uint64_t sqn) {
    const auto& impi = s.subscription->private_identities[0].impi;
    return {SetSqn{impi, sqn}, SetAuthenticationPending{impi, true}};
}
// What an SAR changes.
Changes registration(const Snapshot& s, const Assignment& assignment) {
    const auto& impi = s.subscription->private_identities[0].impi;
    const auto set = s.subscription->implicit_registration_sets[0].id;
    return {Assign{assignment}, SetState{set, RegistrationState::Registered},
            SetRegistration{set, impi, true}};
}
Changes with_restoration(const Snapshot& s, Changes changes, const std::string& text) {
    const auto& impi = s.subscription->private_identities[0].impi;
    changes.emplace_back(SetRestorationInfo{
        s.subscription->implicit_registration_sets[0].id, impi,
        cx::ScscfRestorationInfo{impi, {{text, text, 7, text, std::nullopt, std::nullopt}}, 5000, text}});
    return changes;
}

// All that Cx requests change.
void check_same(const Subscription& a, const Subscription& b) {
    CHECK(a.id == b.id);
    CHECK(a.version == b.version);
    CHECK(a.assignment == b.assignment);
    CHECK(a.reassignment_pending == b.reassignment_pending);
    REQUIRE(a.implicit_registration_sets.size() == b.implicit_registration_sets.size());
    for (std::size_t n = 0; n < a.implicit_registration_sets.size(); ++n) {
        CHECK(a.implicit_registration_sets[n].state == b.implicit_registration_sets[n].state);
        CHECK(a.implicit_registration_sets[n].associations == b.implicit_registration_sets[n].associations);
    }
    REQUIRE(a.private_identities.size() == b.private_identities.size());
    for (std::size_t n = 0; n < a.private_identities.size(); ++n) {
        CHECK(a.private_identities[n].sqn == b.private_identities[n].sqn);
        CHECK(a.private_identities[n].authentication_pending ==
              b.private_identities[n].authentication_pending);
    }
}
Subscription after(const Save& save) {
    auto s = *save.loaded.subscription;
    apply_to(s, save.changes);
    ++s.version;
    return s;
}

// What PostgreSQL has refused so far. A form for many that it refuses would be seen by nobody else, as the
// commands go one by one then.
std::size_t refusals() {
    std::ifstream log{Cluster::instance().folder() + "/postgres.log"};
    REQUIRE(log);
    std::size_t count = 0;
    for (std::string line; std::getline(log, line);)
        count += line.find("ERROR:") != std::string::npos ? 1 : 0;
    return count;
}

// The one session that waits for a lock.
struct Blocked {
    int pid = 0;
    std::string query;
};
Blocked wait_until_blocked(Together& together, pqxx::connection& c) {
    for (int n = 0; n < 1000; ++n) {
        together.poll();
        const auto found = pqxx::nontransaction{c}.exec(
            "SELECT pid, query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type "
            "= 'Lock'");
        if (!found.empty()) return {found[0][0].as<int>(), found[0][1].as<std::string>()};
        std::this_thread::sleep_for(10ms);
    }
    FAIL("nobody waits for the lock");
    return {};
}

}  // namespace

TEST_CASE("commands of one kind share an execution, and each is answered with its own rows",
          "[TS29.228-6.1]") {
    static constexpr ManyStatement echo_many{"echo_many", 2};
    static constexpr Statement echo{"echo", &echo_many};
    static constexpr Statement echo_second{"echo_second", &echo_many, 0, 1};
    static constexpr Statement other{"other"};
    Pipeline::Handle c{PQconnectdb(Cluster::instance().fresh_database().c_str())};
    REQUIRE(PQstatus(c.get()) == CONNECTION_OK);
    // "nobody" has no row, "two" has two; nothing may be "refused".
    for (const auto& [name, sql] : std::vector<std::pair<const char*, const char*>>{
             {"echo", "SELECT $1::text, $2::text, 'one'"},
             {"echo_second", "SELECT NULL::text, $1::text, 'one'"},
             {"echo_many",
              "SELECT x.n, x.a, x.b, 'many', CASE WHEN x.a = 'refused' THEN 1 / (x.n - x.n) END "
              "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS x (a, b, n) "
              "CROSS JOIN generate_series(1, CASE x.a WHEN 'nobody' THEN 0 WHEN 'two' THEN 2 ELSE 1 END) "
              "ORDER BY x.n"},
             {"other", "SELECT 'other', '', ''"}})
        REQUIRE(Rows{PQprepare(c.get(), name, sql, 0, nullptr)}.good());

    boost::asio::io_context io;
    const auto pipeline = std::make_shared<Pipeline>(io, std::move(c), [](const std::string&) {});
    pipeline->start();
    using Texts = std::vector<std::vector<std::optional<std::string>>>;  // rows
    const auto run = [&](const std::vector<Pipeline::Command>& commands) {
        std::vector<std::optional<Pipeline::Answer>> answers(commands.size());
        for (std::size_t n = 0; n < commands.size(); ++n) {
            auto command = commands[n];
            command.done = [&, n](Pipeline::Answer a) { answers[n] = std::move(a); };
            pipeline->run(std::move(command));
        }
        while (std::ranges::any_of(answers, [](const auto& a) { return !a; })) REQUIRE(io.run_one() > 0);
        std::vector<Texts> out;
        for (const auto& answer : answers) {
            auto& rows = out.emplace_back();
            if (!*answer) rows.push_back({"failed"});
            for (int row = 0; *answer && row < (*answer)->size(); ++row)
                rows.push_back({(*answer)->at(row, 0).text(), (*answer)->at(row, 1).text(),
                                (*answer)->at(row, 2).text()});
        }
        return out;
    };
    const auto of = [](const Statement& statement, std::vector<std::optional<std::string>> parameters) {
        Pipeline::Command command;
        command.statement = &statement;
        command.parameters = std::move(parameters);
        return command;
    };

    CHECK(run({of(echo, {"a", "b"})})[0] == Texts{{"a", "b", "one"}});

    std::vector<Pipeline::Command> commands;
    std::vector<Texts> expected;
    for (const auto& text : odd_texts) {
        commands.push_back(of(echo, {text, std::nullopt}));
        expected.push_back({{text, std::nullopt, "many"}});
        commands.push_back(of(echo, {std::nullopt, text}));
        expected.push_back({{std::nullopt, text, "many"}});
    }
    commands.push_back(of(echo, {"nobody", "x"}));
    expected.emplace_back();
    commands.push_back(of(echo, {"two", "x"}));
    expected.push_back({{"two", "x", "many"}, {"two", "x", "many"}});
    commands.push_back(of(echo, {"nobody", "y"}));
    expected.emplace_back();
    CHECK(run(commands) == expected);

    // Kinds in turn: rows that lock have one order, whatever the statement; others stand by their statement.
    commands = {of(echo, {"9", "a"}), of(echo_second, {"7"}), of(echo, {"8", "c"}), of(echo_second, {"6"})};
    for (std::size_t n = 0; n < commands.size(); ++n) commands[n].locks = 9 - static_cast<std::int64_t>(n);
    CHECK(run(commands) == std::vector<Texts>{{{"9", "a", "many"}},
                                              {{std::nullopt, "7", "many"}},
                                              {{"8", "c", "many"}},
                                              {{std::nullopt, "6", "many"}}});
    const auto mixed = run({of(echo, {"a", "1"}), of(other, {}), of(echo, {"b", "2"}), of(other, {})});
    CHECK(mixed[0] == Texts{{"a", "1", "many"}});
    CHECK(mixed[2] == Texts{{"b", "2", "many"}});
    CHECK(mixed[1][0][0] == "other");
    CHECK(mixed[3][0][0] == "other");

    // One that is refused spoils none: they are repeated one by one. ("echo" refuses nobody, "echo_many"
    // does.)
    CHECK(run({of(echo, {"a", "1"}), of(echo, {"refused", "2"}), of(echo, {"c", "3"})}) ==
          std::vector<Texts>{{{"a", "1", "one"}}, {{"refused", "2", "one"}}, {{"c", "3", "one"}}});
    pipeline->close("done");
}

TEST_CASE("many are loaded together, by private and by public identity, and who is unknown is told so",
          "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 30; ++n) w.add(n);
    Together together{w};
    Reader stored{w};
    std::vector<StoreRequest> lookups;
    for (unsigned n = 40; n >= 1; --n) {
        lookups.emplace_back(Lookup{impi(n), {}, n % 2 == 0});
        lookups.emplace_back(Lookup{{}, Impu{"tel:+" + *number_after("15550000", n)}, false});
    }
    lookups.emplace_back(Lookup{impi(7), {}, false});  // once more
    for (const auto& text : odd_texts) lookups.emplace_back(Lookup{Impi{text}, {}, false});
    lookups.emplace_back(Lookup{impi(1), Impu{"tel:+15550002"}, false});  // another one's
    const auto refused = refusals();
    const auto answers = together.ask(lookups);
    CHECK(refusals() == refused);

    std::size_t at = 0;
    const auto loaded = [&] { return found(answers.at(at++)); };
    for (unsigned n = 40; n >= 1; --n) {
        const auto by_impi = loaded(), by_impu = loaded();
        if (n > 30) {
            CHECK_FALSE(by_impi.subscription);
            CHECK_FALSE(by_impu.subscription);
            continue;
        }
        const auto expected = subscription_of(usual_subscriber(n));
        for (const auto& s : {by_impi.subscription, by_impu.subscription}) {
            REQUIRE(s);
            REQUIRE(s->private_identities.size() == 1);
            CHECK(s->private_identities[0].impi == impi(n));
            const auto& identities = s->implicit_registration_sets.at(0).public_identities;
            const auto& wanted = expected.implicit_registration_sets[0].public_identities;
            REQUIRE(identities.size() == wanted.size());
            for (std::size_t i = 0; i < wanted.size(); ++i)
                CHECK(identities[i].identity.identity == wanted[i].identity.identity);
        }
        CHECK(by_impi.subscription->private_identities[0].aka.has_value() == (n % 2 == 0));
    }
    CHECK(loaded().subscription->private_identities[0].impi == impi(7));
    for (std::size_t n = 0; n < odd_texts.size(); ++n) CHECK_FALSE(loaded().subscription);
    const auto another = loaded();
    CHECK(another.public_identity_known);
    CHECK_FALSE(another.subscription->find(Impu{"tel:+15550002"}));
}

TEST_CASE("a batch of every kind of change answers each and stores each", "[TS29.228-6.1]") {
    World w;
    std::vector<Subscription> all;
    for (unsigned n = 1; n <= 64; ++n) {
        auto s = subscription_of(usual_subscriber(n));
        // Names that have to be quoted in arrays, and once more in arrays of arrays.
        if (n > 48) {
            const Impi odd{"u\"\\{},'" + std::to_string(n) + "@NULL"};
            s.private_identities[0].impi = odd;
            s.implicit_registration_sets[0].associations[0].impi = odd;
        }
        all.push_back(std::move(s));
    }
    REQUIRE(w.provisioning.create(all).has_value());
    std::vector<Impi> who;
    who.reserve(all.size());
    for (const auto& s : all) who.push_back(s.private_identities[0].impi);
    std::ranges::reverse(who);

    Together together{w};
    Reader stored{w};
    const auto first = together.load(who);
    const auto loaded = together.load(who);
    CHECK(loaded[0].remembered);
    // Somebody else changes two that are only to be confirmed, and one that is not.
    const auto other = w.make_store();
    for (const std::size_t n : {4U, 24U, 25U}) {
        const auto s = other->load({who[n], std::nullopt, false});
        REQUIRE_FALSE(other->save(*s, {SetAuthenticationPending{who[n], true}}));
    }

    std::vector<StoreRequest> requests;
    for (std::size_t n = 0; n < loaded.size(); ++n) {
        const auto odd = [&](std::size_t step) { return odd_texts[(n + step) % odd_texts.size()]; };
        const Assignment assignment{"sip:" + odd(0), odd(1), odd(2), static_cast<std::uint32_t>(n)};
        Save save{loaded[n], {}};
        if (n % 4 == 1) save.changes = sqn(loaded[n], n * 32);
        if (n % 4 == 2) save.changes = registration(loaded[n], assignment);
        if (n % 4 == 3)
            save.changes = with_restoration(loaded[n], registration(loaded[n], assignment), odd(3));
        requests.emplace_back(std::move(save));
        if (n % 8 == 0) requests.emplace_back(Lookup{impi(1000 + static_cast<unsigned>(n)), {}, false});
    }
    const auto refused = refusals();
    const auto answers = together.ask(requests);
    CHECK(refusals() == refused);
    for (std::size_t n = 0; n < requests.size(); ++n) {
        const auto* save = std::get_if<Save>(&requests[n]);
        if (!save) {
            CHECK_FALSE(found(answers[n]).subscription);
            continue;
        }
        const auto& impi = save->loaded.subscription->private_identities[0].impi;
        INFO(impi.value());
        if (impi == who[4] || impi == who[24] || impi == who[25]) {
            CHECK(saved(answers[n]) == StoreError::Conflict);
            CHECK(stored(impi).private_identities[0].sqn == 0);
            CHECK_FALSE(stored(impi).assignment);
            continue;
        }
        CHECK_FALSE(saved(answers[n]));
        auto expected = after(*save);
        if (save->changes.empty()) --expected.version;
        // Another era, as another store has: it goes on from later.
        if (expected.private_identities[0].sqn > 0) expected.private_identities[0].sqn += 64U << 5;
        check_same(stored(impi), expected);
    }
    // What the store remembers of them is what it stored.
    for (const auto& snapshot : together.load(who)) {
        const auto& p = snapshot.subscription->private_identities[0];
        if (p.sqn > 0) CHECK(stored(p.impi).private_identities[0].sqn == p.sqn + (64U << 5));
    }
}

TEST_CASE("in a batch only those conflict that changed meanwhile, and nothing of them is stored",
          "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 20; ++n) w.add(n);
    Together together{w};
    Reader stored{w};
    const auto loaded = together.load(impis(1, 20));
    const auto other = w.make_store();
    for (const unsigned n : {3U, 5U, 13U, 20U}) {
        const auto s = other->load({impi(n), std::nullopt, false});
        REQUIRE_FALSE(other->save(*s, {SetReassignmentPending{false}}));
    }
    std::vector<StoreRequest> requests;
    for (unsigned n = 1; n <= 20; ++n) {
        const auto& s = loaded[n - 1];
        requests.emplace_back(
            n <= 10 ? Save{s, sqn(s, 32)}
                    : Save{s, with_restoration(s, registration(s, {"sip:s", "h", "r", 0}), "x")});
    }
    const auto refused = refusals();
    const auto answers = together.ask(requests);
    CHECK(refusals() == refused);
    pqxx::connection c{w.connection};
    for (unsigned n = 1; n <= 20; ++n) {
        INFO(n);
        const bool conflict = n == 3 || n == 5 || n == 13 || n == 20;
        CHECK(saved(answers[n - 1]) == (conflict ? Saved{StoreError::Conflict} : Saved{}));
        const auto row = pqxx::nontransaction{c}.exec_params1(
            "SELECT s.version, p.sqn, s.server_name IS NOT NULL, a.restoration_info IS NOT NULL "
            "FROM private_identity p JOIN subscription s ON s.id = p.subscription_id JOIN association a "
            "USING (impi) "
            "WHERE p.impi = $1",
            impi(n).value());
        CHECK(row[0].as<int>() == 1);
        CHECK(row[1].as<int>() == (n <= 10 && !conflict ? 32 : 0));
        CHECK(row[2].as<bool>() == (n > 10 && !conflict));
        CHECK(row[3].as<bool>() == (n > 10 && !conflict));
    }
}

TEST_CASE("in a batch only decisions on the catalogue as it is hold", "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 8; ++n) w.add(n);
    Together together{w};
    Reader stored{w};
    const auto first = together.load(impis(1, 8));
    const auto loaded = together.load(impis(1, 8));
    ServiceProfileTemplate profile;
    profile.service_ids = {"urn:urn-7:3gpp-service.ims.icsi.mmtel"};
    REQUIRE(w.provisioning.put(1, "default", profile).has_value());
    const auto newest = w.cache->newest();
    REQUIRE(newest->revision > loaded[0].catalogue->revision);
    std::vector<StoreRequest> requests;
    for (unsigned n = 1; n <= 8; ++n) {
        auto s = loaded[n - 1];
        if (n % 2 == 0) s.catalogue = newest;
        requests.emplace_back(n <= 4 ? Save{s, sqn(s, 32)} : Save{s, {}});
    }
    const auto refused = refusals();
    const auto answers = together.ask(requests);
    CHECK(refusals() == refused);
    for (unsigned n = 1; n <= 8; ++n) {
        INFO(n);
        CHECK(saved(answers[n - 1]) == (n % 2 == 0 ? Saved{} : Saved{StoreError::Conflict}));
        CHECK(stored(impi(n)).version == (n == 2 || n == 4 ? 1 : 0));
    }
}

TEST_CASE("of decisions on one subscription in one batch the first alone takes place", "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 6; ++n) w.add(n);
    Together together{w};
    Reader stored{w};
    const auto loaded = together.load(impis(1, 6));
    auto stale = loaded[1];
    auto earlier = *stale.subscription;
    earlier.version = -1;
    stale.subscription = std::make_shared<const Subscription>(earlier);

    const auto& [one, two, three, four, five, six] =
        std::tie(loaded[0], loaded[1], loaded[2], loaded[3], loaded[4], loaded[5]);
    const auto to = [](const Snapshot& s, const char* name) { return registration(s, {name, "h", "r", 0}); };
    const auto refused = refusals();
    const auto answers = together.ask({
        // without the disk
        Save{one, sqn(one, 32)},
        Save{three, sqn(three, 32)},
        Save{one, sqn(one, 64)},
        Save{one, {SetAuthenticationPending{impi(1), true}}},
        Save{stale, sqn(stale, 32)},
        Save{two, sqn(two, 64)},
        Save{two, sqn(two, 96)},
        // with it
        Save{four, to(four, "sip:first")},
        Save{five, with_restoration(five, to(five, "sip:first"), "first")},
        Save{four, with_restoration(four, to(four, "sip:second"), "second")},
        Save{five, to(five, "sip:second")},
        Save{six, to(six, "sip:first")},
        Save{five, with_restoration(five, to(five, "sip:third"), "third")},
    });
    CHECK(refusals() == refused);
    const std::vector<bool> won{true, true, false, false, false, true, false,
                                true, true, false, false, true,  false};
    for (std::size_t n = 0; n < won.size(); ++n) {
        INFO(n);
        CHECK(saved(answers[n]) == (won[n] ? Saved{} : Saved{StoreError::Conflict}));
    }
    const auto sqn_of = [&](unsigned n) { return stored(impi(n)).private_identities[0].sqn - (64U << 5); };
    CHECK(sqn_of(1) == 32);
    CHECK(sqn_of(2) == 64);
    CHECK(sqn_of(3) == 32);
    const auto info = [](const Subscription& s) {
        return s.implicit_registration_sets[0].associations[0].restoration_info;
    };
    for (unsigned n = 1; n <= 6; ++n) {
        const auto s = stored(impi(n));
        CHECK(s.version == 1);
        if (n >= 4) CHECK(s.assignment->server_name == "sip:first");
        CHECK(info(s).has_value() == (n == 5));
        if (n == 5) CHECK(info(s)->sip_authentication_scheme == "first");
    }
}

TEST_CASE("of one that the schema refuses in a batch nothing is stored, and of the others all",
          "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 12; ++n) w.add(n);
    Together together{w};
    Reader stored{w};
    const auto loaded = together.load(impis(1, 12));
    std::vector<StoreRequest> requests;
    for (unsigned n = 1; n <= 12; ++n) {
        const auto& s = loaded[n - 1];
        const bool bad = n == 4 || n == 9;
        requests.emplace_back(
            n <= 6 ? Save{s, sqn(s, bad ? std::uint64_t{1} << 48 : 32)}
                   : Save{s, with_restoration(s, registration(s, {bad ? "" : "sip:s", "h", "r", 0}), "x")});
    }
    const auto answers = together.ask(requests);
    for (unsigned n = 1; n <= 12; ++n) {
        INFO(n);
        const auto s = stored(impi(n));
        if (n == 4 || n == 9) {
            CHECK(saved(answers[n - 1]) == StoreError::Broken);
            check_same(s, *loaded[n - 1].subscription);
            continue;
        }
        CHECK_FALSE(saved(answers[n - 1]));
        CHECK(s.version == 1);
        CHECK((s.private_identities[0].sqn > 0) == (n <= 6));
        CHECK(s.implicit_registration_sets[0].associations[0].restoration_info.has_value() == (n > 6));
    }
}

TEST_CASE("a batch locks in ascending order, whatever the order it was asked in", "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 9; ++n) w.add(n);
    Together together{w};
    Reader stored{w};
    const auto loaded = together.load(impis(1, 9));
    pqxx::connection holder{w.connection}, watcher{w.connection};
    // The rows lie in another order than their ids: a scan would meet the last first.
    pqxx::nontransaction{watcher}.exec(
        "UPDATE subscription SET loose_route = true WHERE id <= (SELECT id FROM subscription ORDER BY id "
        "OFFSET 5 LIMIT 1)");
    const bool durable = GENERATE(true, false);
    const bool analyzed = GENERATE(true, false);
    if (analyzed) pqxx::nontransaction{watcher}.exec("VACUUM ANALYZE");
    std::vector<StoreRequest> requests;
    for (const unsigned n : {8U, 2U, 9U, 4U, 1U, 6U, 3U, 7U, 5U}) {
        const auto& s = loaded[n - 1];
        auto changes = durable ? registration(s, {"sip:s", "h", "r", 0}) : sqn(s, 32);
        requests.emplace_back(Save{s, durable && n % 3 == 0 ? with_restoration(s, changes, "x") : changes});
    }
    const auto id = [&](unsigned n) { return loaded[n - 1].subscription->id.value(); };
    {
        pqxx::work work{holder};
        work.exec_params("SELECT 1 FROM subscription WHERE id = $1 FOR UPDATE", id(5));
        together.start(requests);
        CHECK(wait_until_blocked(together, watcher).query.find("WITH ORDINALITY") != std::string::npos);
        std::vector<std::int64_t> free, expected;
        for (const auto& row :
             pqxx::work{watcher}.exec("SELECT id FROM subscription ORDER BY id FOR UPDATE SKIP LOCKED"))
            free.push_back(row[0].as<std::int64_t>());
        for (unsigned n = 6; n <= 9; ++n) expected.push_back(id(n));
        CHECK(free == expected);
    }
    for (const auto& answer : together.finish()) CHECK_FALSE(saved(answer));
}

TEST_CASE("a connection lost amid a batch leaves none of it, and what only reads is asked again",
          "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 5; ++n) w.add(n);
    Together together{w};
    Reader stored{w};
    const auto loaded = together.load(impis(1, 3));
    const auto save = [&](const std::vector<Snapshot>& snapshots) {
        std::vector<StoreRequest> requests;
        requests.reserve(snapshots.size());
        for (const auto& s : snapshots) requests.emplace_back(Save{s, sqn(s, 32)});
        return requests;
    };
    pqxx::connection holder{w.connection}, watcher{w.connection};
    {
        pqxx::work work{holder};
        work.exec_params("SELECT 1 FROM subscription WHERE id = $1 FOR UPDATE",
                         loaded[1].subscription->id.value());
        auto requests = save(loaded);
        for (unsigned n = 4; n <= 6; ++n) requests.emplace_back(Lookup{impi(n), {}, false});
        together.start(requests);
        const auto blocked = wait_until_blocked(together, watcher);
        pqxx::nontransaction{watcher}.exec("SELECT pg_terminate_backend(" + std::to_string(blocked.pid) +
                                           ")");
        const auto answers = together.finish();
        for (std::size_t n = 0; n < 3; ++n) CHECK(saved(answers[n]) == StoreError::Conflict);
        CHECK(found(answers[3]).subscription->private_identities[0].impi == impi(4));
        CHECK(found(answers[4]).subscription->private_identities[0].impi == impi(5));
        CHECK_FALSE(found(answers[5]).subscription);
    }
    for (unsigned n = 1; n <= 3; ++n) check_same(stored(impi(n)), *loaded[n - 1].subscription);
    // Decided on what was read before: to be read again.
    for (const auto& answer : together.ask(save(loaded))) CHECK(saved(answer) == StoreError::Conflict);
    for (const auto& answer : together.ask(save(together.load(impis(1, 3))))) CHECK_FALSE(saved(answer));
}

}  // namespace ims::hss::test
