#pragma once
#include "common/base/result.hpp"
#include "hss/core/catalogue.hpp"

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

// Where subscriptions live. Loading and saving are synchronous; isolation is by version: save() changes
// nothing unless the subscription is as it was when loaded, so two decisions about one subscription never
// interleave.
class Store {
  public:
    virtual ~Store() = default;
    virtual Result<Snapshot, StoreError> load(const Lookup& lookup) = 0;
    // Nothing on success. All changes or none.
    virtual std::optional<StoreError> save(const Subscription& loaded, const Changes& changes) = 0;
};

}  // namespace ims::hss
