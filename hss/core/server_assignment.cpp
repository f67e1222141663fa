// SAR, TS 29.228 6.1.2.1.
#include "hss/core/identify.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

using Type = cx::ServerAssignmentType;
using Request = cx::ServerAssignmentRequest;
using Answer = cx::ServerAssignmentAnswer;

constexpr std::uint32_t p_cscf_restoration_indication = 1U << 0;  // SAR-Flags, 29.229 6.3.70

bool allows_several(Type type) {
    switch (type) {
        case Type::TimeoutDeregistration:
        case Type::UserDeregistration:
        case Type::TimeoutDeregistrationStoreServerName:
        case Type::UserDeregistrationStoreServerName:
        case Type::AdministrativeDeregistration:
        case Type::DeregistrationTooMuchData: return true;
        case Type::NoAssignment:
        case Type::Registration:
        case Type::ReRegistration:
        case Type::UnregisteredUser:
        case Type::AuthenticationFailure:
        case Type::AuthenticationTimeout: return false;
    }
    return false;
}
bool wants_distinct(Type type) {
    return type == Type::Registration || type == Type::ReRegistration || type == Type::UserDeregistration ||
           type == Type::UserDeregistrationStoreServerName || type == Type::AuthenticationFailure ||
           type == Type::AuthenticationTimeout;
}

// One SAR on its way through the table.
class Assigning {
  public:
    Assigning(const Request& request, const Origin& origin, const Snapshot& snapshot, const Policy& policy)
        : request_{request}, origin_{origin}, snapshot_{snapshot}, policy_{policy} {
        decision_.answer.supported_features = answered(request.supported_features, policy);
        restoration_ = restoration(request.supported_features, policy);
    }

    Decision<Answer> run() && {
        if (find_identities()) by_type();
        return std::move(decision_);
    }

  private:
    void answer(diameter::Result result) { decision_.answer.result = result; }
    bool refuse(diameter::Result result) {
        answer(result);
        return false;
    }

    bool find_identities();
    void by_type();
    void registration();
    void unregistered_user();
    void no_assignment();
    void deregistration(bool keep_name);
    void authentication_failed();

    bool other_server() const {
        return subscription_->assignment && subscription_->assignment->server_name != request_.server_name;
    }
    bool may_move() const { return restoration_ && subscription_->reassignment_pending; }
    // True if another S-CSCF has the user and keeps him: answered.
    bool already_registered_elsewhere() {
        if (!other_server() || may_move()) return false;
        decision_.answer.server_name = subscription_->assignment->server_name;
        answer(cx::ExperimentalResultCode::ErrorIdentityAlreadyRegistered);
        return true;
    }
    void change(Change c) {
        apply_to(after_, c);
        decision_.changes.push_back(std::move(c));
    }
    void assign() {
        Assignment now{request_.server_name, origin_.host, origin_.realm,
                       announced(request_.supported_features)};
        if (subscription_->assignment != now) change(Assign{std::move(now)});
        if (subscription_->reassignment_pending && other_server()) change(SetReassignmentPending{false});
    }
    void clear_pending(const Impi& impi) {
        const auto* p = subscription_->find(impi);
        if (p && p->authentication_pending) change(SetAuthenticationPending{impi, false});
    }
    // The name goes with the last set that needs it; a private identity being authenticated needs it too.
    void clear_name_if_unused() {
        if (!after_.assignment || after_.in_use()) return;
        if (std::ranges::any_of(after_.private_identities, &PrivateIdentity::authentication_pending)) return;
        change(Assign{});
        if (after_.reassignment_pending) change(SetReassignmentPending{false});
    }
    void clear_set(const ImplicitRegistrationSet& set) {
        for (const auto& a : set.associations) {
            if (a.registered) change(SetRegistration{set.id, a.impi, false});
            if (a.restoration_info) change(SetRestorationInfo{set.id, a.impi, {}});
        }
    }
    Impi impi_for_profile() const {
        if (request_.user_name) return *request_.user_name;
        for (const auto& a : set().associations)
            if (a.registered) return a.impi;
        return set().associations.front().impi;
    }
    const ImplicitRegistrationSet& set() const { return *matches_.front().set; }
    void add_profile();
    void add_restoration_info();

    const Request& request_;
    const Origin& origin_;
    const Snapshot& snapshot_;
    const Policy& policy_;
    bool restoration_ = false;
    const Subscription* subscription_ = nullptr;
    std::vector<Subscription::Match> matches_;  // by Public-Identity; none when only User-Name was given
    Subscription after_;
    Decision<Answer> decision_;
};

bool Assigning::find_identities() {
    const auto& impus = request_.public_identity;
    if (impus.empty()) {
        // 6.1.2.1: without a public identity all of the private one are meant, at deregistrations.
        if (!request_.user_name || !allows_several(request_.server_assignment_type))
            return refuse(cx::ResultCode::MissingAvp);
        if (!snapshot_.subscription) return refuse(cx::ExperimentalResultCode::ErrorUserUnknown);
        subscription_ = &*snapshot_.subscription;
        after_ = *subscription_;
        return true;
    }
    for (const auto& impu : impus) {
        auto who = identify(snapshot_, request_.user_name, impu);
        if (!who && request_.wildcarded_public_identity && snapshot_.subscription)
            who = identify(snapshot_, request_.user_name, Impu{*request_.wildcarded_public_identity});
        if (!who) return refuse(who.error());
        subscription_ = who->subscription;
        matches_.push_back(who->match);
    }
    if (impus.size() > 1 && !allows_several(request_.server_assignment_type))
        return refuse(cx::ResultCode::AvpOccursTooManyTimes);
    for (const auto& m : matches_) {
        if (!m.distinct && wants_distinct(request_.server_assignment_type))
            return refuse(cx::ExperimentalResultCode::ErrorInAssignmentType);
        if (m.identity->psi() && !m.identity->psi_active)
            return refuse(cx::ExperimentalResultCode::ErrorUserUnknown);
    }
    after_ = *subscription_;
    return true;
}

void Assigning::by_type() {
    switch (request_.server_assignment_type) {
        case Type::Registration:
        case Type::ReRegistration: return registration();
        case Type::UnregisteredUser: return unregistered_user();
        case Type::NoAssignment: return no_assignment();
        case Type::TimeoutDeregistration:
        case Type::UserDeregistration:
        case Type::AdministrativeDeregistration:
        case Type::DeregistrationTooMuchData: return deregistration(false);
        case Type::TimeoutDeregistrationStoreServerName:
        case Type::UserDeregistrationStoreServerName: return deregistration(true);
        case Type::AuthenticationFailure:
        case Type::AuthenticationTimeout: return authentication_failed();
    }
    answer(cx::ExperimentalResultCode::ErrorInAssignmentType);  // 12 to 14 are of SWx
}

void Assigning::registration() {
    if (!request_.user_name) return answer(cx::ResultCode::MissingAvp);
    if (already_registered_elsewhere()) return;
    const auto& impi = *request_.user_name;
    const auto& association = *set().association(impi);

    // A second contact of the same IMPI, unknown to an S-CSCF that lost the first: it gets it back.
    if (request_.server_assignment_type == Type::Registration &&
        request_.multiple_registration_indication == 1U && restoration_ &&
        set().state == RegistrationState::Registered && association.restoration_info) {
        decision_.answer.scscf_restoration_info = {*association.restoration_info};
        add_profile();
        return answer(cx::ExperimentalResultCode::ErrorInAssignmentType);
    }

    assign();
    if (set().state != RegistrationState::Registered)
        change(SetState{set().id, RegistrationState::Registered});
    if (!association.registered) change(SetRegistration{set().id, impi, true});
    clear_pending(impi);
    if (restoration_ && request_.scscf_restoration_info &&
        association.restoration_info != request_.scscf_restoration_info)
        change(SetRestorationInfo{set().id, impi, request_.scscf_restoration_info});

    add_profile();
    if (restoration_)
        for (const auto& a : set().associations)
            if (a.registered && a.impi != impi)
                decision_.answer.associated_registered_identities.push_back(a.impi);
    answer(cx::ResultCode::Success);
}

void Assigning::unregistered_user() {
    // No serving node of ours takes part in P-CSCF restoration over the HSS.
    if ((request_.sar_flags.value_or(0) & p_cscf_restoration_indication) != 0)
        return answer(cx::ExperimentalResultCode::ErrorServingNodeFeatureUnsupported);
    if (already_registered_elsewhere()) return;

    const auto& match = matches_.front();
    if (set().state == RegistrationState::Registered) {
        if (!match.distinct && !request_.wildcarded_public_identity) {
            decision_.answer.wildcarded_public_identity = match.identity->identity.identity.value();
            return answer(cx::ExperimentalResultCode::ErrorInAssignmentType);
        }
        if (restoration_) {
            add_restoration_info();
            add_profile();
            return answer(cx::ExperimentalResultCode::ErrorInAssignmentType);
        }
        clear_set(set());
    }
    assign();
    if (set().state != RegistrationState::Unregistered)
        change(SetState{set().id, RegistrationState::Unregistered});
    decision_.answer.user_name = impi_for_profile();
    add_profile();
    answer(cx::ResultCode::Success);
}

void Assigning::no_assignment() {
    const bool ours = subscription_->assignment && !other_server();
    if (!ours && !subscription_->reassignment_pending) return answer(cx::ResultCode::UnableToComply);
    add_profile();
    if (restoration_) add_restoration_info();
    answer(cx::ResultCode::Success);
}

void Assigning::deregistration(bool keep_name) {
    if (already_registered_elsewhere()) return;
    const bool kept = keep_name && policy_.keep_server_name;

    std::vector<const ImplicitRegistrationSet*> sets;
    for (const auto& m : matches_)
        if (std::ranges::find(sets, m.set) == sets.end()) sets.push_back(m.set);
    if (matches_.empty())
        for (const auto& s : subscription_->implicit_registration_sets)
            if (s.association(*request_.user_name)) sets.push_back(&s);

    if (!request_.user_name &&
        std::ranges::any_of(sets, [](const auto* s) { return s->registered_count() > 1; }))
        return answer(cx::ResultCode::MissingAvp);

    for (const auto* s : sets) {
        if (s->state == RegistrationState::Unregistered) {
            if (!kept) change(SetState{s->id, RegistrationState::NotRegistered});
            continue;
        }
        if (s->state != RegistrationState::Registered) continue;
        for (const auto& a : s->associations) {
            if (request_.user_name && a.impi != *request_.user_name) continue;
            if (a.registered) change(SetRegistration{s->id, a.impi, false});
            if (a.restoration_info) change(SetRestorationInfo{s->id, a.impi, {}});
        }
        if (after_.find(s->id)->registered_count() == 0)
            change(
                SetState{s->id, kept ? RegistrationState::Unregistered : RegistrationState::NotRegistered});
    }
    // The REGISTER that ends a registration may have been challenged: its flag must not hold the name.
    if (request_.user_name) clear_pending(*request_.user_name);
    clear_name_if_unused();
    if (keep_name && !kept) return answer(cx::ExperimentalResultCode::SuccessServerNameNotStored);
    answer(cx::ResultCode::Success);
}

void Assigning::authentication_failed() {
    if (!request_.user_name) return answer(cx::ResultCode::MissingAvp);
    if (already_registered_elsewhere()) return;
    clear_pending(*request_.user_name);
    clear_name_if_unused();
    answer(cx::ResultCode::Success);
}

void Assigning::add_profile() {
    auto& a = decision_.answer;
    const auto impi = impi_for_profile();
    if (!a.user_name) a.user_name = impi;
    if (request_.user_data_already_available == cx::UserDataAlreadyAvailable::NotAvailable) {
        a.user_data = user_data(*subscription_, set(), impi, *snapshot_.catalogue,
                                announced(request_.supported_features) & policy_.features);
        a.charging_information = charging_information(*subscription_, *snapshot_.catalogue);
    }
    if (subscription_->private_identities.size() > 1)
        for (const auto& p : subscription_->private_identities) a.associated_identities.push_back(p.impi);
    if (subscription_->loose_route) a.loose_route_indication = 1U;
    if (subscription_->privileged_sender)
        a.priviledged_sender_indication = *subscription_->privileged_sender ? 1U : 0U;
    if (!matches_.front().distinct)
        a.wildcarded_public_identity = matches_.front().identity->identity.identity.value();
}

void Assigning::add_restoration_info() {
    for (const auto& a : set().associations)
        if (a.restoration_info) decision_.answer.scscf_restoration_info.push_back(*a.restoration_info);
}

}  // namespace

Decision<cx::ServerAssignmentAnswer> decide(const cx::ServerAssignmentRequest& request, const Origin& origin,
                                            const Snapshot& snapshot, const Policy& policy) {
    return Assigning{request, origin, snapshot, policy}.run();
}

}  // namespace ims::hss
