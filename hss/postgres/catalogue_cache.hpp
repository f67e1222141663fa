#pragma once
#include "hss/core/catalogue.hpp"

#include <memory>
#include <mutex>

namespace ims::hss {

// The catalogue as last read, shared by all connections of a process.
class CatalogueCache {
  public:
    std::shared_ptr<const Catalogue> get(std::int64_t revision) const {
        const std::lock_guard lock{mutex_};
        return catalogue_ && catalogue_->revision == revision ? catalogue_ : nullptr;
    }
    void put(std::shared_ptr<const Catalogue> catalogue) {
        const std::lock_guard lock{mutex_};
        if (!catalogue_ || catalogue_->revision < catalogue->revision) catalogue_ = std::move(catalogue);
    }

    // Of a database just connected to: an older one, where a backup was restored.
    void replace(std::shared_ptr<const Catalogue> catalogue) {
        const std::lock_guard lock{mutex_};
        catalogue_ = std::move(catalogue);
    }
    // Whatever is there, if anything.
    std::shared_ptr<const Catalogue> newest() const {
        const std::lock_guard lock{mutex_};
        return catalogue_;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Catalogue> catalogue_;
};

}  // namespace ims::hss
