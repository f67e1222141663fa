#pragma once
#include "common/base/text.hpp"
#include "common/crypto/digest.hpp"
#include "scscf/core/scscf.hpp"
#include "tests/support/saved_state.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// An S-CSCF on a bench: SIP goes in as text, Cx answers by hand, what it says is read back. Alice has three
// public identities, of which the one made of her IMSI is barred.
namespace ims::scscf::test {

inline constexpr std::string_view domain = "ims.example";
inline const Impi alice_impi{"001010000000001@ims.example"};
inline const Impu alice_barred{"sip:001010000000001@ims.example"};
inline const Impu alice_sip{"sip:+15550001@ims.example"};
inline const Impu alice_tel{"tel:+15550001"};

std::string alice_profile();
Config lab_config();  // accepts AKA without integrity protection

// A REGISTER as the I-CSCF hands it on; every part can be replaced.
struct Register {
    std::string call_id = "reg-1@ue";
    unsigned cseq = 1;
    std::string to = "sip:001010000000001@ims.example";
    std::string contact = "<sip:alice@10.0.0.1:5060>;expires=600";
    std::string authorization =
        R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce="", )"
        R"(uri="sip:ims.example", response="", integrity-protected="no")";
    std::string path = "<sip:term.7@pcscf.ims.example:5060;lr>";
    std::string more;  // further header lines, each with CRLF
    std::string text() const;
};

// A request of a served user, or for one, as a P-CSCF, an I-CSCF or another network sends it.
struct Request {
    std::string method = "INVITE";
    std::string uri = "sip:bob@ims.example";
    std::string route;
    std::string asserted = "<sip:+15550001@ims.example>";
    std::string more;  // further header lines, each with CRLF
    std::string to_tag;
    std::string call_id = "call-1@ue";
    unsigned cseq = 1;
    std::string text() const;
};

// Before the node, which keeps a reference to it.
struct Chance {
    SeededRandom random{7};
};

class Bench : private Chance {
  public:
    explicit Bench(Config config = lab_config(), std::unique_ptr<ServiceControl> service_control = nullptr);

    Scscf node;
    TimePoint now = TimePoint{} + std::chrono::hours{1};
    std::deque<sip::Message> sent;  // SIP the node sent, not yet read
    std::deque<cx::Send> asked;     // Cx requests, not yet read
    std::vector<Note> notes;
    std::vector<cx::Reply> replies;

    void receive(std::string_view message, std::string_view from = "127.0.1.10:5060");
    void advance(Duration by);
    void answer(const cx::Send& question, cx::Answer answer);
    void fail(const cx::Send& question, cx::SendFailed::Reason reason = cx::SendFailed::Reason::Timeout);
    void push(cx::Request request);  // from the HSS
    void respond(const sip::Message& request, int status, std::string_view more = {});

    sip::Message take();  // the oldest unread message; fails the test if there is none
    template <class R>
    cx::Send ask() {  // the oldest unread Cx request, which is an R
        cx::Send question = next_question();
        if (!std::holds_alternative<R>(question.request)) wrong_question(question);
        return question;
    }
    template <class R>
    static const R& in(const cx::Send& question) {
        return std::get<R>(question.request);
    }
    const Note* note(std::string_view id) const;  // the last one of that id

    // ---- whole procedures
    cx::MultimediaAuthAnswer vector();  // of a USIM with XRES, CK, IK of counting octets
    std::string answer_to(const sip::Message& challenge,
                          std::string_view extra = R"(, integrity-protected="no")",
                          std::string_view xres_hex = "a1a2a3a4a5a6a7a8");
    cx::ServerAssignmentAnswer assignment(std::string profile = alice_profile());
    sip::Message challenged(const Register& r);  // up to the 401
    // The REGISTER that follows in the same Call-ID, answering that challenge.
    Register answering(Register r, const sip::Message& challenge);
    // Registers alice with AKA from that contact and gives the 200.
    sip::Message register_alice(Register r = {});

    std::string registered();   // alice is; gives her Service-Route
    sip::Message beyond_100();  // the oldest unread message that is no 100

    void absorb(Effects& effects);

  private:
    cx::Send next_question();
    [[noreturn]] static void wrong_question(const cx::Send& question);
};

const cx::ServerAssignmentRequest& sar_in(const cx::Send& question);
std::string replaced(std::string text, std::string_view what, std::string_view by);
std::string header(const sip::Message& message, std::string_view name);
std::vector<std::string> headers(const sip::Message& message, std::string_view name);

}  // namespace ims::scscf::test
