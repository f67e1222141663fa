#pragma once
#include "common/base/procedure.hpp"
#include "common/diameter/types/cx.hpp"
#include "icscf/core/icscf.hpp"

#include <memory>
#include <string>
#include <variant>

// Finding the S-CSCF of one request (TS 24.229 5.3.1, 5.3.2): ask the HSS, try the S-CSCF, select another if
// it does not serve. Each is a procedure from top to bottom; what it waits for is a Question.
namespace ims::icscf {

// Send the request to this S-CSCF (or AS) and come back with its final answer.
struct Attempt {
    std::string server;
    bool reselected = false;              // not the first one: the Request-URI gets scscf-reselection
    std::optional<std::string> wildcard;  // LIA Wildcarded-Public-Identity, for P-Profile-Key
};
using Question = std::variant<cx::Request, Attempt>;

struct AttemptEnded {
    int status = 0;
    bool silent = false;  // no answer, or not reachable
};
using Reply = std::variant<cx::Answer, cx::SendFailed, AttemptEnded>;

struct Rejection {
    int status = 500;
    std::string reason;  // for the log: "HSS: DIAMETER_ERROR_USER_UNKNOWN (5001)"
};
struct PassAnswerOn {};  // the final answer of the last attempt is the answer
using Outcome = std::variant<Rejection, PassAnswerOn>;

using Location = Procedure<Question, Reply, Outcome>;

// 5.3.1.2, 5.3.1.3. `reselect`: the REGISTER is not integrity protected, or restoration is supported.
Location locate_for_register(std::shared_ptr<const Config> config, cx::UserAuthorizationRequest uar,
                             bool reselect);
// 5.3.2.1, 5.3.2.1A, 5.3.2.2.
// The S-CSCF is known without the HSS: it made the temporary GRUU in the Request-URI (5.4.7A.3).
Location locate_at(std::string server);
Location locate_for_request(std::shared_ptr<const Config> config, cx::LocationInfoRequest lir);

}  // namespace ims::icscf
