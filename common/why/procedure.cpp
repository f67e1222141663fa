#include "common/why/procedure.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ims::why {

namespace {

using Turn = std::pair<std::string, std::uint64_t>;  // of which service, which

std::string call_id_of(const Entry& e) {
    if (e.kind == Entry::Kind::Sip) return e.message ? std::string{e.message->call_id()} : std::string{};
    return std::string{e.field("call_id")};
}

bool is_sip(const Entry& e) {
    return e.kind == Entry::Kind::Sip && e.message.has_value();
}

bool is_cx(const Entry& e) {
    return e.kind == Entry::Kind::CxRequest || e.kind == Entry::Kind::CxAnswer ||
           e.kind == Entry::Kind::CxFailed;
}

// Entries by Call-ID, and what belongs to their turns and their Cx transactions.
class Grouping {
  public:
    explicit Grouping(const Story& story) : story_{story} {}

    std::vector<std::string> call_ids() const {
        std::vector<std::string> ids;
        for (const auto& e : story_.entries)
            if (is_sip(e))
                if (const auto id = call_id_of(e); std::find(ids.begin(), ids.end(), id) == ids.end())
                    ids.push_back(id);
        return ids;
    }

    std::vector<const Entry*> of(const std::string& call_id) const {
        std::set<Turn> turns;
        for (const auto& e : story_.entries)
            if (call_id_of(e) == call_id) turns.emplace(e.service, e.turn);
        std::set<Turn> asked;  // Cx transactions: service and id
        std::set<Turn> transmitted;
        std::set<const Entry*> mine;
        for (bool more = true; more;) {
            more = false;
            for (const auto& e : story_.entries) {
                if (mine.contains(&e)) continue;
                const auto id = call_id_of(e);
                const bool of_turn = turns.contains({e.service, e.turn}) && (id.empty() || id == call_id);
                const bool of_transaction = is_cx(e) && asked.contains({e.service, e.id});
                const bool of_transmission =
                    e.kind == Entry::Kind::TransportFailed && transmitted.contains({e.service, e.id});
                if (id != call_id && !of_turn && !of_transaction && !of_transmission && !answers(e, mine))
                    continue;
                mine.insert(&e);
                more = true;
                if (is_cx(e)) asked.emplace(e.service, e.id);
                if (is_sip(e) && e.out && e.id != 0) transmitted.emplace(e.service, e.id);
                if (e.turn != 0) turns.emplace(e.service, e.turn);
            }
        }
        std::vector<const Entry*> ordered;
        for (const auto& e : story_.entries)
            if (mine.contains(&e)) ordered.push_back(&e);
        return ordered;
    }

  private:
    // At the HSS: the request that one of ours is at its other end.
    static bool answers(const Entry& e, const std::set<const Entry*>& mine) {
        if (e.kind != Entry::Kind::CxRequest || e.out) return false;
        return std::any_of(mine.begin(), mine.end(), [&](const Entry* other) {
            return other->kind == Entry::Kind::CxRequest && other->out && other->service != e.service &&
                   other->name == e.name && other->field("impi") == e.field("impi") &&
                   other->field("impu") == e.field("impu") && std::abs(other->at - e.at) < 2'000'000;
        });
    }

    const Story& story_;
};

bool deregisters(const sip::Message& m) {
    if (const auto expires = m.get<sip::h::Expires>(); expires && *expires == 0) return true;
    const auto contact = m.get<sip::h::Contact>();
    return contact && !contact->star && contact->address.params.get("expires").value_or("") == "0";
}

class Reading {
  public:
    Reading(const Story& story, std::string call_id, std::vector<const Entry*> entries) {
        p_.story = &story;
        p_.call_id = std::move(call_id);
        p_.entries = std::move(entries);
    }

    std::optional<Procedure> read() {
        const auto first = std::find_if(p_.entries.begin(), p_.entries.end(), [](const Entry* e) {
            return is_sip(*e) && e->message->is_request();
        });
        if (first == p_.entries.end() || (*first)->out || p_.story->is_service((*first)->remote))
            return {};  // a service's own
        p_.entrance = (*first)->service;
        p_.ue = (*first)->remote;
        p_.method = (*first)->message->method_name();
        keep_last_attempt();
        read_request();
        read_end();
        p_.began = p_.entries.front()->at;
        p_.last = p_.entries.back()->at;
        return std::move(p_);
    }

  private:
    bool asks(const Entry& e) const {
        return is_sip(e) && !e.out && e.service == p_.entrance && e.message->is_request() &&
               e.message->method_name() == p_.method && !p_.story->is_service(e.remote);
    }
    // The final response to who asked.
    bool tells(const Entry& e) const {
        return is_sip(e) && e.out && e.service == p_.entrance && e.message->is_response() &&
               e.message->status() >= 200 && method_of(*e.message) == p_.method &&
               !p_.story->is_service(e.remote);
    }
    static std::string_view method_of(const sip::Message& response) { return response.method_name(); }

    // Only registrations come again under their Call-ID (RFC 3261 10.2).
    void keep_last_attempt() {
        if (p_.method != "REGISTER") return;
        std::size_t from = 0;
        bool over = false;
        std::uint32_t answered = 0;
        for (std::size_t i = 0; i < p_.entries.size(); ++i) {
            const auto& e = *p_.entries[i];
            if (tells(e) && e.message->status() != 401 && e.message->status() != 407) {
                over = true;
                answered = e.message->cseq_number();
            } else if (asks(e) && over && e.message->cseq_number() > answered) {
                from = i;
                over = false;
            }
        }
        p_.entries.erase(p_.entries.begin(), p_.entries.begin() + static_cast<std::ptrdiff_t>(from));
    }

    void read_request() {
        const Entry* request = nullptr;
        for (const auto* e : p_.entries)
            if (asks(*e) && (request == nullptr || p_.method == "REGISTER")) request = e;
        const auto& m = *request->message;
        if (const auto from = m.get<sip::h::From>()) p_.who = from->uri.text();
        p_.whom = m.request_uri().text();
        p_.kind = Procedure::Kind::Other;
        if (m.method() == sip::Method::Invite) p_.kind = Procedure::Kind::Call;
        if (m.method() == sip::Method::Message) p_.kind = Procedure::Kind::Message;
        if (m.method() != sip::Method::Register) return;
        p_.kind = deregisters(m) ? Procedure::Kind::Deregistration : Procedure::Kind::Registration;
        if (const auto to = m.get<sip::h::To>()) p_.whom = to->uri.text();
        if (const auto authorization = m.get<sip::h::Authorization>())
            p_.impi = authorization->params.get("username").value_or("");
    }

    void read_end() {
        for (const auto* e : p_.entries) {
            if (!tells(*e)) continue;
            p_.status = e->message->status();
            if (p_.kind == Procedure::Kind::Call) break;  // re-INVITEs have answers of their own
        }
        if (p_.status == 0) return;
        const bool challenged = p_.status == 401 || p_.status == 407;
        p_.end = p_.status < 300    ? Procedure::End::Success
                 : p_.status == 487 ? Procedure::End::Cancelled
                 : challenged       ? Procedure::End::Open
                                    : Procedure::End::Failure;
        if (p_.kind == Procedure::Kind::Call && challenged) p_.end = Procedure::End::Failure;
    }

    Procedure p_;
};

// What cannot be read is a procedure of its own, unless it came amid another.
void add_unreadable(const Story& story, std::vector<Procedure>& procedures) {
    for (const auto& note : story.entries) {
        if (note.kind != Entry::Kind::Note || note.name != "sip.message.malformed") continue;
        const bool amid = std::any_of(procedures.begin(), procedures.end(), [&](const Procedure& p) {
            return std::find(p.entries.begin(), p.entries.end(), &note) != p.entries.end();
        });
        if (amid) continue;
        Procedure p;
        p.story = &story;
        p.end = Procedure::End::Failure;
        p.entrance = note.service;
        p.ue = note.field("peer");
        p.who = p.ue;
        p.whom = "the " + note.service;
        p.method = note.field("method").empty() ? "unreadable message" : note.field("method");
        for (const auto& e : story.entries)
            if (e.service == note.service && e.turn == note.turn) p.entries.push_back(&e);
        p.began = p.last = note.at;
        procedures.push_back(std::move(p));
    }
}

std::string_view host_of(std::string_view address) {
    return address.substr(0, address.rfind(':'));
}

// What a UE sent in SigComp and nobody could read. A NACK mends it at once, and then it is no matter; where
// it does not, it belongs to the registration that waits for the UE, or is a procedure of its own.
class Undecompressed {
  public:
    Undecompressed(const Story& story, std::vector<Procedure>& procedures)
        : story_{story}, procedures_{procedures} {}

    void add() {
        for (const auto& note : story_.entries) {
            if (note.kind != Entry::Kind::Note || note.name != "sigcomp.message.refused") continue;
            if (is_of_the_key(note) && !is_mended(note)) home(note).entries.push_back(&note);
        }
    }

  private:
    // The flow is written "UDP 192.0.2.1:5060-198.51.100.1:5060".
    static std::string_view sender(const Entry& note) {
        const auto flow = note.field("flow");
        return flow.substr(flow.rfind('-') + 1);
    }
    static bool is_of(const Procedure& p, const Entry& note) {
        const auto impi = note.field("impi");
        return p.began <= note.at &&
               (impi.empty() || p.impi.empty() ? host_of(p.ue) == host_of(sender(note)) : p.impi == impi);
    }
    // Memories tell the warnings of that time too that are about nobody they know.
    bool is_of_the_key(const Entry& note) const {
        if (const auto impi = note.field("impi"); !impi.empty())
            return std::any_of(story_.accounts.begin(), story_.accounts.end(), [&](const Account& a) {
                return std::find(a.identities.begin(), a.identities.end(), impi) != a.identities.end();
            });
        return std::any_of(procedures_.begin(), procedures_.end(),
                           [&](const Procedure& p) { return is_of(p, note); });
    }
    bool is_mended(const Entry& note) const {
        return std::any_of(story_.entries.begin(), story_.entries.end(), [&](const Entry& e) {
            return e.kind == Entry::Kind::Sip && !e.out && e.service == note.service && e.at > note.at &&
                   host_of(e.remote) == host_of(sender(note));
        });
    }
    Procedure& home(const Entry& note) {
        for (auto p = procedures_.rbegin(); p != procedures_.rend(); ++p)
            if (p->is_failure() && is_of(*p, note) &&
                (p->kind == Procedure::Kind::Registration ? p->end == Procedure::End::Open
                                                          : p->method == "SigComp message"))
                return *p;
        Procedure p;
        p.story = &story_;
        p.end = Procedure::End::Failure;
        p.entrance = note.service;
        p.ue = sender(note);
        p.impi = note.field("impi");
        p.who = p.impi.empty() ? p.ue : p.impi;
        p.whom = "the " + note.service;
        p.method = "SigComp message";
        p.began = p.last = note.at;
        return procedures_.emplace_back(std::move(p));
    }

    const Story& story_;
    std::vector<Procedure>& procedures_;
};

}  // namespace

const Entry* Procedure::note(std::string_view id) const {
    return note(id, {}, {});
}

const Entry* Procedure::note(std::string_view id, std::string_view field, std::string_view contains) const {
    for (auto e = entries.rbegin(); e != entries.rend(); ++e)
        if ((*e)->kind == Entry::Kind::Note && (*e)->name == id &&
            (contains.empty() || (*e)->field(field).find(contains) != std::string_view::npos))
            return *e;
    return nullptr;
}

const Entry* Procedure::cx_answer(std::string_view command) const {
    return cx_answer(command, {});
}

const Entry* Procedure::cx_answer(std::string_view command, std::string_view result) const {
    for (auto e = entries.rbegin(); e != entries.rend(); ++e)
        if ((*e)->kind == Entry::Kind::CxAnswer && (*e)->name == command &&
            (*e)->field("result").find(result) != std::string_view::npos)
            return *e;
    return nullptr;
}

const Entry* Procedure::cx_request(std::string_view command) const {
    for (auto e = entries.rbegin(); e != entries.rend(); ++e)
        if ((*e)->kind == Entry::Kind::CxRequest && (*e)->name == command) return *e;
    return nullptr;
}

const Entry* Procedure::cx_failed() const {
    for (auto e = entries.rbegin(); e != entries.rend(); ++e)
        if ((*e)->kind == Entry::Kind::CxFailed) return *e;
    return nullptr;
}

const Entry* Procedure::to_ue(int response_status) const {
    return sip([&](const Entry& e) {
        return e.out && e.service == entrance && e.status() == response_status &&
               !story->is_service(e.remote);
    });
}

const Entry* Procedure::from_ue(std::string_view wanted_method) const {
    for (const auto* e : entries)
        if (is_sip(*e) && !e->out && e->service == entrance && e->is_request() &&
            e->message->method_name() == wanted_method && !story->is_service(e->remote))
            return e;
    return nullptr;
}

std::string Procedure::title() const {
    switch (kind) {
        case Kind::Registration: return "registration of " + whom;
        case Kind::Deregistration: return "deregistration of " + whom;
        case Kind::Call: return "call from " + who + " to " + whom;
        case Kind::Message: return "message from " + who + " to " + whom;
        case Kind::Other: return method + " from " + who + " to " + whom;
    }
    return {};
}

std::vector<Procedure> procedures_of(const Story& story) {
    std::vector<Procedure> procedures;
    const Grouping grouping{story};
    for (const auto& call_id : grouping.call_ids())
        if (auto p = Reading{story, call_id, grouping.of(call_id)}.read())
            procedures.push_back(std::move(*p));
    add_unreadable(story, procedures);
    Undecompressed{story, procedures}.add();
    std::stable_sort(procedures.begin(), procedures.end(),
                     [](const Procedure& a, const Procedure& b) { return a.began < b.began; });
    return procedures;
}

}  // namespace ims::why
