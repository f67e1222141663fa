#pragma once
#include "common/base/result.hpp"
#include "common/ims/identity.hpp"
#include "common/ims/service_profile.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// application/reginfo+xml (RFC 3680, RFC 5628, 24.229 7.10): the document both ends of the reg event
// exchange.
namespace ims::reginfo {

enum class State : std::uint8_t { Init, Active, Terminated };
enum class ContactEvent : std::uint8_t {
    Registered,
    Created,
    Refreshed,
    Shortened,
    Expired,
    Deactivated,
    Probation,
    Unregistered,
    Rejected
};

struct Contact {
    std::string id;
    bool active = true;  // state: active or terminated
    ContactEvent event = ContactEvent::Registered;
    std::optional<std::uint64_t> duration_registered, expires, retry_after;
    std::optional<std::string> q, call_id;
    std::optional<std::uint32_t> cseq;
    std::string uri;
    std::optional<std::string> display_name;
    std::vector<std::pair<std::string, std::string>>
        unknown_params;                              // Contact header parameters: reg-id, +sip.instance, ...
    std::optional<std::string> pub_gruu, temp_gruu;  // RFC 5628
    std::optional<std::uint32_t> temp_gruu_first_cseq;
    bool operator==(const Contact&) const = default;
};
// What is agreed with the user of an identity (24.229 7.10.3, the element `actions`).
struct Policy {
    enum class PrivateNetwork : std::uint8_t { None, Forward, Insert };  // P-Private-Network-Indication
    struct ResourcePriority {  // an allowed one (RFC 4412): of a namespace, a value
        std::string name_space, value;
        bool operator==(const ResourcePriority&) const = default;
    };

    std::vector<ResourcePriority> resource_priorities;
    bool privileged_sender = false;      // of all he sends
    bool privileged_in_private = false;  // of traffic of the private network (privSenderPNI)
    PrivateNetwork private_network = PrivateNetwork::None;
    std::string private_domain;  // to insert
    bool any() const { return *this != Policy{}; }
    bool operator==(const Policy&) const = default;
};
struct Registration {
    std::string aor;
    std::string id;
    State state = State::Active;
    std::vector<Contact> contacts;
    std::optional<std::string> wildcarded_identity;  // 24.229 7.10.2
    Policy policy = {};
    bool operator==(const Registration&) const = default;
};
struct Document {
    std::uint32_t version = 0;
    bool full = true;
    std::vector<Registration> registrations;
    bool operator==(const Document&) const = default;
};

std::string_view text(ContactEvent e);
std::string print(const Document& document);

// What a contact has in common in all the registrations that it is bound to, printed once: all but its id,
// state, event, display name and GRUUs.
class PrintedContact {
  public:
    explicit PrintedContact(const Contact& contact);
    std::string_view attributes_and_uri() const { return attributes_and_uri_; }
    std::string_view params() const { return params_; }

  private:
    std::string attributes_and_uri_, params_;
};

// Prints a document registration by registration. What it was given can be had for several subscribers, to
// whom only the version differs.
class Printer {
  public:
    void add(const Registration& registration);
    void add(const Registration& registration, const std::vector<PrintedContact>& contacts);  // one for each
    bool has_active() const { return has_active_; }  // a registration that is active
    std::string document(std::uint32_t version, bool full = true) const;

  private:
    std::string registrations_;
    bool has_active_ = false, uses_gruu_ = false, uses_wildcard_ = false, uses_actions_ = false;
};

Result<Document, XmlError> parse(std::string_view xml);

}  // namespace ims::reginfo
