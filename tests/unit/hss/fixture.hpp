#pragma once
#include "hss/core/hss.hpp"
#include "hss/core/memory_store.hpp"

#include <ostream>

// One subscriber of the usual kind, changed by each test as far as it is about it.
namespace ims {
inline std::ostream& operator<<(std::ostream& out, const Impu& impu) {
    return out << impu.value();
}
inline std::ostream& operator<<(std::ostream& out, const Impi& impi) {
    return out << impi.value();
}
}  // namespace ims
namespace ims::hss::test {

using R = cx::ResultCode;
using X = cx::ExperimentalResultCode;
using State = RegistrationState;
using Sat = cx::ServerAssignmentType;

inline const std::string realm = "ims.mnc001.mcc001.3gppnetwork.org";
inline const Impi alice{"001010000000001@" + realm};
inline const Impu alice_imsi{"sip:001010000000001@" + realm};
inline const Impu alice_sip{"sip:+15550001@" + realm};
inline const Impu alice_tel{"tel:+15550001"};
inline const std::string scscf = "sip:scscf.ims.example:6060";
inline const std::string other_scscf = "sip:scscf2.ims.example:6060";
inline const Origin origin{"scscf.ims.example", "ims.example"};
inline const Origin other_origin{"scscf2.ims.example", "ims.example"};

inline std::vector<cx::SupportedFeatures> with_restoration() {
    return {{cx::vendor_3gpp, 1, feature::ims_restoration_ind}};
}

inline crypto::AkaKeys keys() {
    crypto::MilenageKeys k;
    k.k = {0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6, 0xbc};
    k.opc = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e, 0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf};
    return k;
}

inline Subscriber usual_subscriber() {
    Subscriber s;
    s.imsi = "001010000000001";
    s.realm = realm;
    s.msisdn = "15550001";
    s.aka = AkaCredential{keys(), {0x80, 0x00}};
    return s;
}

struct World {
    Policy policy = [] {
        Policy p;
        p.home_network = realm;
        return p;
    }();
    MemoryStore store;
    SeededRandom random{1};

    World() { store.add_subscriber(usual_subscriber()); }
    explicit World(const std::function<void(Subscription&)>& edit) : World() { change(edit); }

    void change(const std::function<void(Subscription&)>& edit) { store.change(alice, edit); }
    const Subscription& subscription() const { return *store.find(alice); }
    const ImplicitRegistrationSet& set() const { return subscription().implicit_registration_sets.front(); }

    // As after that much of a registration at `server`.
    void has_state(State state, const std::string& server = scscf, const Origin& at = origin) {
        change([&](Subscription& s) {
            s.assignment = Assignment{server, at.host, at.realm, 0};
            s.implicit_registration_sets.front().state = state;
            s.implicit_registration_sets.front().associations.front().registered = state == State::Registered;
        });
    }
    void is_being_authenticated(const std::string& server = scscf) {
        change([&](Subscription& s) {
            s.assignment = Assignment{server, origin.host, origin.realm, 0};
            s.private_identities.front().authentication_pending = true;
        });
    }
    // A second private identity that may register the same set.
    Impi share_with_second_impi(bool registered) {
        const Impi second{"001010000000002@" + realm};
        change([&](Subscription& s) {
            PrivateIdentity p;
            p.impi = second;
            s.private_identities.push_back(p);
            s.implicit_registration_sets.front().associations.push_back({second, registered, {}});
        });
        return second;
    }
    // A second set of the same private identity: an office number.
    Impu add_second_set(State state = State::NotRegistered) {
        const Impu office{"sip:office@" + realm};
        change([&](Subscription& s) {
            ImplicitRegistrationSet set;
            PublicIdentityRecord r;
            r.identity.identity = office;
            set.public_identities.push_back(r);
            set.associations.push_back({alice, state == State::Registered, {}});
            set.state = state;
            s.implicit_registration_sets.push_back(set);
        });
        return office;
    }
    void add_wildcard() {
        change([](Subscription& s) {
            PublicIdentityRecord r;
            r.identity.identity = Impu{"sip:pbx!.*!@" + realm};
            r.identity.identity_type = IdentityType::WildcardedImpu;
            s.implicit_registration_sets.front().public_identities.push_back(r);
        });
    }
    Impu of_wildcard() const { return Impu{"sip:pbx17@" + realm}; }
    void stores_restoration_info(const Impi& impi = alice) {
        change([&](Subscription& s) {
            s.implicit_registration_sets.front().association(impi)->restoration_info =
                cx::ScscfRestorationInfo{
                    impi, {{"<sip:pcscf.ims.example;lr>", "<sip:192.0.2.1>", {}, {}, {}, {}}}, {}, {}};
        });
    }
    void has_capabilities() {
        store.change_catalogue([](Catalogue& c) {
            c.capability_sets[CapabilitySetId{1}] = {{1, 2}, {7}, {}};
        });
        change([](Subscription& s) { s.capability_set = CapabilitySetId{1}; });
    }
    void has_unregistered_service() {
        store.change_catalogue([](Catalogue& c) {
            InitialFilterCriterion voicemail;
            voicemail.application_server.server_name = "sip:voicemail.ims.example";
            voicemail.profile_part_indicator = ProfilePartIndicator::Unregistered;
            c.service_profiles.at(ServiceProfileId{1}).initial_filter_criteria.push_back(voicemail);
        });
    }

    template <class Answer, class Request>
    Answer ask(const Request& request, const Origin& from = origin) {
        auto outcome = Hss{policy}.handle(request, from, store, random);
        pushes = std::move(outcome.pushes);
        notes = std::move(outcome.notes);
        return std::get<Answer>(outcome.answer);
    }
    std::vector<Push> pushes;
    std::vector<Note> notes;
};

template <class Answer>
bool answers(const Answer& a, diameter::Result expected) {
    return a.result == expected;
}

}  // namespace ims::hss::test
