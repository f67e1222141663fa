#pragma once
#include "common/base/procedure.hpp"
#include "common/base/result.hpp"
#include "hss/core/catalogue.hpp"

#include <variant>

// Where subscriptions live. Isolation is by version: saving changes nothing unless the subscription and the
// catalogue are as they were when loaded, so two decisions about one subscription never interleave, however
// many HSS share a store.
namespace ims::hss {

enum class StoreError : std::uint8_t {
    Away,      // the database is not there: DIAMETER_TOO_BUSY (somebody else may have it), try later
    Conflict,  // the subscription changed since it was loaded: load and decide again
    Broken,    // what is stored cannot be read (a wrong seal key, for one): DIAMETER_UNABLE_TO_COMPLY
};

struct Lookup {
    std::optional<Impi> impi;  // wins when both are given
    std::optional<Impu> impu;
    bool credentials = false;  // only an MAR needs them
};
// All changes or none. Without changes it only tells whether a remembered snapshot still holds.
struct Save {
    Snapshot loaded;  // with a subscription
    Changes changes;
};
using Loaded = Result<Snapshot, StoreError>;
using Saved = std::optional<StoreError>;  // nothing on success

// What a decision asks of a store on its way, and the answer in kind.
using StoreRequest = std::variant<Lookup, Save>;
using StoreAnswer = std::variant<Loaded, Saved>;

// A store that answers at once.
class Store {
  public:
    virtual ~Store() = default;
    virtual Loaded load(const Lookup& lookup) = 0;
    virtual Saved save(const Snapshot& loaded, const Changes& changes) = 0;
};

}  // namespace ims::hss
