#pragma once
#include "common/base/note.hpp"
#include "common/base/random.hpp"
#include "hss/core/catalogue.hpp"

// The decision tables of TS 29.228 6.1.1.1 (UAR), 6.1.2.1 (SAR), 6.1.4.1 (LIR) and 6.3.1 (MAR): a request and
// a snapshot give the answer and what changes. Pure: nothing is looked up, nothing is stored.
namespace ims::hss {

namespace feature = cx::feature;

// What the operator chose.
struct Policy {
    std::string home_network;  // Visited-Network-Identifier of home: always allowed
    crypto::SqnScheme sqn;
    unsigned first_ind = 0;  // IND values for IMS; others are for whoever shares the keys (TS 33.102 C.3.4)
    unsigned ind_count = 32;
    unsigned max_auth_items = 5;   // vectors in one MAA
    bool keep_server_name = true;  // after *_STORE_SERVER_NAME (29.228 6.1.2.1)
    std::uint32_t features = feature::sifc | feature::alias_ind | feature::ims_restoration_ind;
    bool operator==(const Policy&) const = default;
};

// Who sent the request (Origin-Host, Origin-Realm).
struct Origin {
    std::string host;
    std::string realm;
};

// A request the HSS sends on its own: RTR or PPR.
struct Push {
    cx::Request request;
    std::string destination_host;
    std::string destination_realm;
    bool operator==(const Push&) const = default;
};

template <class Answer>
struct Decision {
    Answer answer;
    Changes changes;
    std::vector<Push> pushes;
    std::vector<Note> notes;
};

Decision<cx::UserAuthorizationAnswer> decide(const cx::UserAuthorizationRequest& request,
                                             const Snapshot& snapshot, const Policy& policy);
Decision<cx::ServerAssignmentAnswer> decide(const cx::ServerAssignmentRequest& request, const Origin& origin,
                                            const Snapshot& snapshot, const Policy& policy);
Decision<cx::LocationInfoAnswer> decide(const cx::LocationInfoRequest& request, const Snapshot& snapshot,
                                        const Policy& policy);
Decision<cx::MultimediaAuthAnswer> decide(const cx::MultimediaAuthRequest& request, const Origin& origin,
                                          const Snapshot& snapshot, const Policy& policy, Random& random);

// 29.229 7.2.1: Feature-List 1 of the request, and what the answer says.
std::uint32_t announced(const std::vector<cx::SupportedFeatures>& features);
std::vector<cx::SupportedFeatures> answered(const std::vector<cx::SupportedFeatures>& asked,
                                            const Policy& policy);

// The array position of SQN for vectors given to this S-CSCF (TS 33.102 C.3.4).
unsigned ind_of(const std::string& server_name, const Policy& policy);

}  // namespace ims::hss
