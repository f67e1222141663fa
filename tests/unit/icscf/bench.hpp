#pragma once
#include "icscf/core/icscf.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// An I-CSCF on a bench: SIP goes in as text, Cx answers by hand, what it says is read back. It knows three
// S-CSCFs.
namespace ims::icscf::test {

Config lab_config();

// A REGISTER as a P-CSCF sends it, an INVITE as an S-CSCF or another network does.
std::string a_register(std::string_view more = {},
                       std::string_view contact = "<sip:alice@10.0.0.1>;expires=600",
                       std::string_view integrity_protected = "no");
std::string an_invite(std::string_view request_uri, std::string_view more = {}, std::string_view route = {});

struct Chance {  // before the node, which keeps a reference to it
    SeededRandom random{7};
};

class Bench : private Chance {
  public:
    explicit Bench(Config config = lab_config());

    Icscf node;
    TimePoint now = TimePoint{} + std::chrono::hours{1};
    struct Sent {
        sip::Message message;
        IpEndpoint to;
    };
    std::deque<Sent> sent;
    std::deque<cx::Send> asked;
    std::vector<Note> notes;

    void receive(std::string_view message, std::string_view from = "127.0.1.10:5060");
    void advance(Duration by);
    void answer(const cx::Send& question, cx::Answer answer);
    void fail(const cx::Send& question);
    void respond(const Sent& request, int status, std::string_view more = {});

    Sent take();  // the oldest unread message that is no 100
    template <class R>
    cx::Send ask() {
        auto question = next_question();
        if (!std::holds_alternative<R>(question.request)) wrong_question(question);
        return question;
    }
    const Note* note(std::string_view id) const;

  private:
    void absorb(Effects& effects);
    cx::Send next_question();
    [[noreturn]] static void wrong_question(const cx::Send& question);
};

cx::UserAuthorizationAnswer served_by(std::string name);
cx::UserAuthorizationAnswer needs(std::vector<std::uint32_t> mandatory,
                                  std::vector<std::uint32_t> optional = {});
cx::LocationInfoAnswer located_at(std::string name);
cx::LocationInfoAnswer lia(cx::Result result);
cx::UserAuthorizationAnswer uaa(cx::Result result);
std::string header(const sip::Message& message, std::string_view name);

}  // namespace ims::icscf::test
