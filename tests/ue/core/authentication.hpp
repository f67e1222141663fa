#pragma once
#include "common/base/random.hpp"
#include "common/crypto/aka.hpp"
#include "common/crypto/digest.hpp"
#include "common/sip/message/values.hpp"
#include "tests/ue/core/config.hpp"
#include "tests/ue/core/happening.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::ue {

// The client side of authentication (24.229 5.1.1.5, RFC 3310, RFC 4169, RFC 8760) with a software card or a
// password. It remembers the last challenge, so that later requests can show it again.
class Authentication {
  public:
    Authentication(const Config& config, Random& random);

    // Of the first REGISTER, as 24.229 5.1.1.2.2 has it: empty nonce, empty response.
    sip::AuthValue initial(std::string_view uri) const;
    // The best of the offered challenges that this UE understands, answered; nothing if there is none.
    struct Answer {
        Challenged challenged;
        sip::AuthValue authorization;
        struct Keys {
            std::array<std::uint8_t, 16> ik{}, ck{};
        };
        std::optional<Keys> keys = {};  // of AKA, where the network authenticated itself
    };
    std::optional<Answer> answer(const std::vector<sip::AuthValue>& challenges, std::string_view method,
                                 std::string_view uri, std::string_view body);
    // Of a request sent later, before the network asks (5.1.1.4): the last AKA answer as it was, or a digest
    // with the next nonce count. Nothing if there was no challenge yet.
    std::optional<sip::AuthValue> again(std::string_view method, std::string_view uri, std::string_view body);
    // Authentication-Info (RFC 7616 3.5): the nonce to use next time.
    void next_nonce(std::string_view nonce);

    std::uint64_t sqn_ms() const { return checker_.highest(); }
    void restore_sqn_ms(std::uint64_t sqn) { checker_.set_highest(sqn); }

  private:
    struct Challenge {
        std::string realm, nonce, opaque, algorithm_text;
        crypto::DigestAlgorithm algorithm;
        std::string qop;  // "auth", "auth-int" or none
        std::uint32_t nonce_count = 0;
        std::string ha1;
    };
    std::optional<Challenge> understood(const sip::AuthValue& challenge) const;
    sip::AuthValue respond(std::string_view method, std::string_view uri, std::string_view body);
    sip::AuthValue header(std::string_view uri, std::string_view response) const;
    Answer answer_aka(const Card& card, std::string_view method, std::string_view uri, std::string_view body);

    const Config& config_;
    Random& random_;
    crypto::SqnChecker checker_;
    Challenge last_;
    std::optional<sip::AuthValue> last_answer_;
};

}  // namespace ims::ue
