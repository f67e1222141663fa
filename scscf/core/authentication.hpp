#pragma once
#include "common/base/records.hpp"
#include "common/base/time.hpp"
#include "common/base/wakeups.hpp"
#include "common/crypto/digest.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/node/state.hpp"
#include "common/sip/message/values.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Challenges and their answers (TS 24.229 5.4.1.2, RFC 3310, RFC 4169, RFC 7616). What decides is pure; who
// asks the HSS and answers the UE is the registrar.
namespace ims::scscf {

// What an Authorization header says; views into it.
struct Credentials {
    std::string_view username, realm, nonce, uri, response, algorithm, cnonce, qop, nc, auts;
    static Credentials of(const sip::AuthValue& authorization);
};

struct AkaVector {
    Octets rand_autn;  // 32
    Octets xres, ck, ik;
    static std::optional<AkaVector> of(const cx::SipAuthDataItem& item);  // nothing if it is incomplete
};

// A challenge that waits for its answer, or a nonce that was answered and may be used again (SIP Digest).
struct AkaChallenge {
    std::string call_id;
    Impu impu;
    crypto::DigestAlgorithm algorithm;
    std::string realm;
    std::string nonce;  // base64 of RAND || AUTN
    AkaVector vector;
    unsigned resynchronisations = 0;
};
struct DigestChallenge {
    std::string call_id;  // of the REGISTER that was challenged last
    Impu impu;
    std::vector<cx::SipDigestAuthenticate> credentials;  // one per algorithm
    std::string realm;
    std::string nonce;
    std::uint32_t nc = 0;  // the highest one used with this nonce
    bool awaited = true;   // reg-await-auth runs
};

enum class Verdict : std::uint8_t {
    Accepted,
    OtherCallId,  // 5.4.1.2.2 B1
    Incomplete,   // username, algorithm, nonce, uri, qop, nc or cnonce missing or not what was asked
    WrongNonce,   // an old or foreign nonce
    Replayed,     // nc not above the last
    WrongResponse,
    MacFailure,   // AKA: empty response, no auts: the UE did not accept the network
    SyncFailure,  // AKA: auts
};
std::string_view text(Verdict v);

struct Answered {  // the request that carries the credentials
    std::string_view method;
    std::string_view call_id;
    std::string_view body;
};
Verdict verify(const AkaChallenge& challenge, const Credentials& credentials, const Answered& request);
// Of a digest the response is looked at before nonce and nc: stale says that the password was right (RFC
// 7616 3.3).
Verdict verify(const DigestChallenge& challenge, const Credentials& credentials, const Answered& request);

std::uint32_t nonce_count(const Credentials& credentials);  // nc; 0 if it is none

// WWW-Authenticate of an AKA challenge (5.4.1.2.1A); CK and IK go to the P-CSCF.
sip::AuthValue www_authenticate(const AkaChallenge& challenge, bool with_keys);
// One per algorithm, in the order of preference (RFC 8760 2.3). Proxy-Authenticate looks the same.
std::vector<sip::AuthValue> www_authenticate(const DigestChallenge& challenge,
                                             const std::vector<crypto::HashAlgorithm>& preference,
                                             bool stale);
sip::AuthValue authentication_info(const DigestChallenge& challenge, const Credentials& credentials,
                                   std::string_view body, std::string_view next_nonce);

// The state of authentication by private identity.
class Authentications {
  public:
    struct State {
        Impi impi;
        std::optional<AkaChallenge> aka;
        std::optional<DigestChallenge> digest;
        std::deque<AkaVector> vectors;  // not used yet
        TimePoint until{};              // reg-await-auth, or the end of the nonce
        bool empty() const { return !aka && !digest && vectors.empty(); }
    };
    State* find(const Impi& impi);
    State& of(const Impi& impi);  // made if there is none
    void expire_at(const Impi& impi, TimePoint at);
    void erase(const Impi& impi);
    // AKA: in place of what was outstanding, until `at`; and its end, which leaves vectors where they are.
    State& challenge(const Impi& impi, AkaChallenge challenge, TimePoint at);
    void answered(const Impi& impi);

    std::vector<State> take_due(TimePoint now);  // whose time is over, taken out
    std::optional<TimePoint> next_deadline() const { return alarms_.next(); }
    void for_each(const std::function<void(const State&)>& f) const;
    std::size_t size() const { return states_.size(); }
    TextChanges changes;  // of AKA challenges, by private identity

  private:
    Records<State> states_;        // by private identity
    Wakeups<std::size_t> alarms_;  // its hash
};

}  // namespace ims::scscf
