// What a registration costs: run with the tag, on an idle machine. Not part of the usual run.
#include "tests/integration/hss/fixture.hpp"

#include <ctime>
#include <fstream>

#include <pqxx/pqxx>
#include <sys/resource.h>
#include <unistd.h>

namespace ims::hss::test {
namespace {

double own_cpu() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
// Of every process of the cluster, in seconds; ticks of 10 ms.
double database_cpu() {
    double ticks = 0;
    const auto pids = ::popen(
        ("ps -o pid= --ppid $(head -1 " + Cluster::instance().folder() + "/data/postmaster.pid)").c_str(),
        "r");
    char line[64];
    while (std::fgets(line, sizeof line, pids)) {
        std::ifstream stat{"/proc/" + std::string{trim(line)} + "/stat"};
        std::string word;
        for (int n = 1; n <= 15 && stat >> word; ++n)
            if (n >= 14) ticks += std::stod(word);
    }
    ::pclose(pids);
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

TEST_CASE("CPU of a registration: UAR, MAR, UAR, SAR", "[.][cost]") {
    World w;
    constexpr unsigned users = 3000;
    std::vector<Subscription> all;
    for (unsigned n = 1; n <= users; ++n) all.push_back(subscription_of(usual_subscriber(n)));
    REQUIRE(w.provisioning.create(all).has_value());
    pqxx::connection{w.connection}.prepare("x", "SELECT 1");
    const auto round = [&](const char* what) {
        const auto own = own_cpu(), database = database_cpu();
        for (const auto& s : all) {
            const auto& impi = s.private_identities[0].impi;
            const auto& impu = s.implicit_registration_sets[0].public_identities[1].identity.identity;
            cx::UserAuthorizationRequest uar{impi, impu, realm, {}, {}, {}};
            w.ask<cx::UserAuthorizationAnswer>(uar);
            cx::MultimediaAuthRequest mar;
            mar.user_name = impi;
            mar.public_identity = impu;
            mar.server_name = scscf;
            mar.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
            REQUIRE(w.ask<cx::MultimediaAuthAnswer>(mar).result == diameter::Result{R::Success});
            w.ask<cx::UserAuthorizationAnswer>(uar);
            cx::ServerAssignmentRequest sar;
            sar.user_name = impi;
            sar.public_identity = {impu};
            sar.server_name = scscf;
            sar.server_assignment_type = Sat::Registration;
            REQUIRE(w.ask<cx::ServerAssignmentAnswer>(sar).result == diameter::Result{R::Success});
        }
        WARN(what << ": hss " << (own_cpu() - own) / users * 1e6 << " us, database "
                  << (database_cpu() - database) / users * 1e6 << " us");
    };
    round("first registration");
    round("registration again");
}

}  // namespace ims::hss::test
