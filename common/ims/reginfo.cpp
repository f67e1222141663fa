#include "common/ims/reginfo.hpp"

#include "common/ims/xml.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::reginfo {

namespace {

constexpr std::string_view reginfo_namespace = "urn:ietf:params:xml:ns:reginfo";
constexpr std::string_view gruu_namespace = "urn:ietf:params:xml:ns:gruuinfo";         // RFC 5628 5
constexpr std::string_view policy_namespace = "urn:ietf:params:xml:ns:common-policy";  // RFC 4745
constexpr std::string_view policies_namespace = "urn:3gpp:ns:extRegInfo:1.0";          // 24.229 7.10.3
constexpr std::string_view wildcard_namespace = "urn:3gpp:ns:extRegExp:1.0";           // 24.229 7.10.2

constexpr std::array<std::string_view, 9> event_texts{"registered", "created",      "refreshed",
                                                      "shortened",  "expired",      "deactivated",
                                                      "probation",  "unregistered", "rejected"};
constexpr std::array<std::string_view, 3> state_texts{"init", "active", "terminated"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& texts, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i)
        if (texts[i] == text) return static_cast<Enum>(i);
    return {};
}

void print_gruu(xml::Writer& w, std::string_view element, const std::optional<std::string>& uri,
                const std::optional<std::uint32_t>& first_cseq = {}) {
    if (!uri) return;
    w.begin(element);
    w.attribute("uri", *uri);
    if (first_cseq) w.attribute("first-cseq", std::uint64_t{*first_cseq});
    w.end_empty();
}

void print(xml::Writer& w, const Contact& c, const PrintedContact& common) {
    w.begin("contact");
    w.attribute("id", c.id);
    w.attribute("state", c.active ? "active" : "terminated");
    w.attribute("event", text(c.event));
    w.raw(common.attributes_and_uri());
    if (c.display_name) w.leaf("display-name", *c.display_name);
    w.raw(common.params());
    print_gruu(w, "gr:pub-gruu", c.pub_gruu);
    print_gruu(w, "gr:temp-gruu", c.temp_gruu, c.temp_gruu_first_cseq);
    w.close("contact");
}

void print(xml::Writer& w, const Policy& p) {
    w.open("cp:actions");
    for (const auto& allowed : p.resource_priorities) {
        w.begin("eri:rph");
        w.attribute("ns", allowed.name_space);
        w.attribute("val", allowed.value);
        w.end_empty();
    }
    if (p.privileged_sender) w.empty("eri:privSender");
    if (p.private_network != Policy::PrivateNetwork::None) {
        const bool insert = p.private_network == Policy::PrivateNetwork::Insert;
        w.begin("eri:pni");
        w.attribute("insert", insert ? "ins" : "fwd");
        if (insert) w.attribute("domain", p.private_domain);
        w.end_empty();
    }
    if (p.privileged_in_private) w.empty("eri:privSenderPNI");
    w.close("cp:actions");
}

void print(xml::Writer& w, const Registration& r, const std::vector<PrintedContact>& contacts) {
    w.begin("registration");
    w.attribute("aor", r.aor);
    w.attribute("id", r.id);
    w.attribute("state", state_texts[static_cast<std::size_t>(r.state)]);
    w.begin_content();
    for (std::size_t i = 0; i < r.contacts.size(); ++i) print(w, r.contacts[i], contacts[i]);
    if (r.wildcarded_identity) w.leaf("ere:wildcardedIdentity", *r.wildcarded_identity);
    if (r.policy.any()) print(w, r.policy);
    w.close("registration");
}

using pugi::xml_node;
using Failure = std::optional<XmlError>;

std::string_view attribute(const xml_node& node, const char* name) {
    return trim(node.attribute(name).value());
}

// Of an attribute or element that stands there twice, the first one counts.
template <class Number>
Failure take_number(const xml_node& node, const pugi::xml_attribute& from, std::optional<Number>& out) {
    if (out) return {};
    out = xml::number_of<Number>(trim(from.value()));
    if (!out) return xml::error_at(node, "number expected in " + std::string{from.name()});
    return {};
}

void take_text(std::string_view text, std::optional<std::string>& out) {
    if (!out) out.emplace(text);
}

Failure read_attributes(const xml_node& node, Contact& out) {
    std::optional<std::string> id;
    std::optional<std::string_view> state, event;
    for (const auto& given : node.attributes()) {
        const std::string_view name = given.name();
        const auto value = trim(given.value());
        Failure failure;
        if (name == "id")
            take_text(value, id);
        else if (name == "state")
            state = state.value_or(value);
        else if (name == "event")
            event = event.value_or(value);
        else if (name == "duration-registered")
            failure = take_number(node, given, out.duration_registered);
        else if (name == "expires")
            failure = take_number(node, given, out.expires);
        else if (name == "retry-after")
            failure = take_number(node, given, out.retry_after);
        else if (name == "cseq")
            failure = take_number(node, given, out.cseq);
        else if (name == "q")
            take_text(value, out.q);
        else if (name == "callid")
            take_text(value, out.call_id);
        if (failure) return failure;
    }
    if (state != "active" && state != "terminated") return xml::error_at(node, "unknown state of a contact");
    const auto known = find<ContactEvent>(event_texts, event.value_or(std::string_view{}));
    if (!known) return xml::error_at(node, "unknown event of a contact");
    out.id = std::move(id).value_or(std::string{});
    out.active = state == "active";
    out.event = *known;
    return {};
}

Failure read(const xml_node& node, Contact& out) {
    if (auto failure = read_attributes(node, out)) return failure;
    std::optional<std::string> uri;
    bool has_pub_gruu = false, has_temp_gruu = false;
    for (const auto& element : node.children()) {
        const auto name = xml::local_name(element);
        if (name == "uri") {
            take_text(xml::text_of(element), uri);
        } else if (name == "display-name") {
            take_text(xml::text_of(element), out.display_name);
        } else if (name == "unknown-param") {
            out.unknown_params.emplace_back(attribute(element, "name"), xml::text_of(element));
        } else if (name == "pub-gruu" && !std::exchange(has_pub_gruu, true)) {
            if (const auto given = element.attribute("uri")) out.pub_gruu = trim(given.value());
        } else if (name == "temp-gruu" && !std::exchange(has_temp_gruu, true)) {
            if (const auto given = element.attribute("uri")) out.temp_gruu = trim(given.value());
            if (const auto given = element.attribute("first-cseq"))
                if (auto failure = take_number(element, given, out.temp_gruu_first_cseq)) return failure;
        }
    }
    if (!uri) return xml::error_at(node, "contact without uri");
    out.uri = std::move(*uri);
    return {};
}

// What is there that we do not know, or that says nothing, is passed over: the element is open to extensions.
Policy read_policy(const xml_node& actions) {
    using PrivateNetwork = Policy::PrivateNetwork;
    Policy p;
    for (const auto& action : actions.children()) {
        const auto name = xml::local_name(action);
        if (name == "privSender") {
            p.privileged_sender = true;
        } else if (name == "privSenderPNI") {
            p.privileged_in_private = true;
        } else if (name == "rph") {
            const auto name_space = attribute(action, "ns"), value = attribute(action, "val");
            if (!name_space.empty() && !value.empty())
                p.resource_priorities.push_back({std::string{name_space}, std::string{value}});
        } else if (name == "pni") {
            const auto how = attribute(action, "insert"), domain = attribute(action, "domain");
            if (how == "fwd") p.private_network = PrivateNetwork::Forward;
            if (how == "ins" && !domain.empty()) {
                p.private_network = PrivateNetwork::Insert;
                p.private_domain = domain;
            }
        }
    }
    return p;
}

Failure read(const xml_node& node, Registration& out) {
    out.aor = attribute(node, "aor");
    if (out.aor.empty()) return xml::error_at(node, "registration without aor");
    out.id = attribute(node, "id");
    const auto state = find<State>(state_texts, attribute(node, "state"));
    if (!state) return xml::error_at(node, "unknown state of a registration");
    out.state = *state;
    bool has_actions = false;
    for (const auto& element : node.children()) {
        const auto name = xml::local_name(element);
        if (name == "contact") {
            if (auto failure = read(element, out.contacts.emplace_back())) return failure;
        } else if (name == "wildcardedIdentity") {
            take_text(xml::text_of(element), out.wildcarded_identity);
        } else if (name == "actions" && !std::exchange(has_actions, true)) {
            out.policy = read_policy(element);
        }
    }
    return {};
}

}  // namespace

std::string_view text(ContactEvent e) {
    return event_texts[static_cast<std::size_t>(e)];
}

PrintedContact::PrintedContact(const Contact& c) {
    std::string room;
    room.reserve(192 + c.uri.size());
    xml::Writer attributes{std::move(room)};
    if (c.duration_registered) attributes.attribute("duration-registered", *c.duration_registered);
    if (c.expires) attributes.attribute("expires", *c.expires);
    if (c.retry_after) attributes.attribute("retry-after", *c.retry_after);
    if (c.q) attributes.attribute("q", *c.q);
    if (c.call_id) attributes.attribute("callid", *c.call_id);
    if (c.cseq) attributes.attribute("cseq", std::uint64_t{*c.cseq});
    attributes.begin_content();
    attributes.leaf("uri", c.uri);
    attributes_and_uri_ = attributes.take();

    xml::Writer params{std::string{}};
    for (const auto& [name, value] : c.unknown_params) {
        params.begin("unknown-param");
        params.attribute("name", name);
        params.begin_content();
        params.text(value);
        params.close("unknown-param");
    }
    params_ = params.take();
}

void Printer::add(const Registration& registration) {
    add(registration, {registration.contacts.begin(), registration.contacts.end()});
}

void Printer::add(const Registration& registration, const std::vector<PrintedContact>& contacts) {
    if (registrations_.empty())
        registrations_.reserve(4096);  // three identities with a contact of an ordinary phone
    xml::Writer w{std::move(registrations_)};
    print(w, registration, contacts);
    registrations_ = w.take();
    has_active_ = has_active_ || registration.state == State::Active;
    uses_gruu_ = uses_gruu_ ||
                 std::any_of(registration.contacts.begin(), registration.contacts.end(),
                             [](const Contact& contact) { return contact.pub_gruu || contact.temp_gruu; });
    uses_wildcard_ = uses_wildcard_ || registration.wildcarded_identity;
    uses_actions_ = uses_actions_ || registration.policy.any();
}

std::string Printer::document(std::uint32_t version, bool full) const {
    std::string text{xml::declaration};
    text.reserve(registrations_.size() + 512);
    xml::Writer w{std::move(text)};
    w.begin("reginfo");
    w.attribute("xmlns", reginfo_namespace);
    if (uses_gruu_) w.attribute("xmlns:gr", gruu_namespace);
    if (uses_wildcard_) w.attribute("xmlns:ere", wildcard_namespace);
    if (uses_actions_) {
        w.attribute("xmlns:cp", policy_namespace);
        w.attribute("xmlns:eri", policies_namespace);
    }
    w.attribute("version", std::uint64_t{version});
    w.attribute("state", full ? "full" : "partial");
    w.begin_content();
    w.raw(registrations_);
    w.close("reginfo");
    return w.take();
}

std::string print(const Document& document) {
    Printer printer;
    for (const auto& registration : document.registrations) printer.add(registration);
    return printer.document(document.version, document.full);
}

Result<Document, XmlError> parse(std::string_view text) {
    const auto xml_document = xml::parse(text);
    if (!xml_document) return xml_document.error();
    const auto root = xml_document->document_element();
    if (xml::local_name(root) != "reginfo") return xml::error_at(root, "reginfo expected");

    Document document;
    const auto version = xml::number_of<std::uint32_t>(attribute(root, "version"));
    if (!version) return xml::error_at(root, "reginfo without version");
    document.version = *version;
    const auto state = attribute(root, "state");
    if (state != "full" && state != "partial") return xml::error_at(root, "unknown state of reginfo");
    document.full = state == "full";
    for (const auto& element : root.children()) {
        if (xml::local_name(element) != "registration") continue;
        if (auto failure = read(element, document.registrations.emplace_back())) return *failure;
    }
    return document;
}

}  // namespace ims::reginfo
