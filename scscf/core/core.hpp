#pragma once
#include "common/base/random.hpp"
#include "common/node/node.hpp"
#include "common/sip/proxy/element.hpp"
#include "scscf/core/config.hpp"
#include "scscf/core/cx_client.hpp"
#include "scscf/core/gruus.hpp"
#include "scscf/core/registrations.hpp"
#include "scscf/core/service_control.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace ims::scscf {

// Whom a decision concerns, for the log.
struct Subject {
    std::string call_id;
    std::string impi;
    std::string impu;
};

// What the parts of the S-CSCF share: what it stands on, what it knows, and the event being handled.
class Core {
  public:
    Core(Config c, sip::ElementConfig e, Random& r, std::unique_ptr<ServiceControl> s);

    Config config;
    sip::Uri own;  // config.server_name
    std::string ioi;
    Random& random;
    sip::Element element;
    Registrations registrations;
    Gruus gruus;
    CxClient cx;
    std::unique_ptr<ServiceControl> service_control;

    // Takes a new configuration but for what others know us by; gives the keys that differ and were not
    // taken.
    std::vector<std::string> reload(Config fresh);

    // ---- the event being handled
    void begin(TimePoint at, Effects& effects) {
        now = at;
        out_ = &effects;
    }
    TimePoint now{};
    sip::ElementOutputs outputs;  // of the element, to be worked off before the event is over
    Effects& effects() { return *out_; }

    void note(Severity severity, std::string_view id, Subject subject, std::vector<Note::Field> more = {});
    void respond(sip::ServerTransactionId id, sip::Message response);
    // Answers with an error, its P-Charging-Vector (5.4.1.2.3: type 1) and a note of id `why`.
    void reject(sip::ServerTransactionId id, const sip::Message& request, int status, std::string_view why,
                const Subject& subject, std::string_view reason, std::vector<Note::Field> more = {});
    // RFC 3261 8.2.2.3: answers 420 if the request requires an extension that is not among `known`.
    bool refuses_extensions(sip::ServerTransactionId id, const sip::Message& request,
                            std::initializer_list<std::string_view> known);
    sip::Message response_to(const sip::Message& request, int status);  // with a To tag
    void run(CxProcedure procedure) { cx.run(std::move(procedure), effects()); }

    // The precondition of 5.4.1 and 5.4.3: may what the network says be taken from there?
    bool trusts(const sip::Flow& flow) const;
    bool is_home_domain(std::string_view host) const;
    // A name within the home network: "pcscf.ims.example" where the home domain is "ims.example".
    bool is_home_node(std::string_view host) const;
    // Our own URI with that user part, as a loose route.
    sip::Uri own_route(std::string_view user) const;

  private:
    Effects* out_ = nullptr;
};

Subject subject_of(const sip::Message& message, std::string_view impi = {}, std::string_view impu = {});

// The first hop of a request of ours that carries routes: text of a header with comma separated values.
std::string join(const std::vector<std::string_view>& values);

}  // namespace ims::scscf
