#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>

namespace ims {

// Equal values are kept once: domains, feature tags, application servers and whole service profiles are the
// same for thousands of users. What nobody holds any more goes at the next sweep.
template <class T, class Hash = std::hash<T>>
class Pool {
  public:
    using Shared = std::shared_ptr<const T>;

    Shared share(T value) {
        const auto hash = Hash{}(value);
        auto [begin, end] = values_.equal_range(hash);
        for (auto i = begin; i != end; ++i)
            if (*i->second == value) return i->second;
        if (values_.size() >= sweep_at_) sweep();
        return values_.emplace(hash, std::make_shared<const T>(std::move(value)))->second;
    }
    std::size_t size() const { return values_.size(); }

  private:
    void sweep() {
        std::erase_if(values_, [](const auto& entry) { return entry.second.use_count() == 1; });
        sweep_at_ = std::max<std::size_t>(1024, values_.size() * 2);
    }
    std::unordered_multimap<std::size_t, Shared> values_;
    std::size_t sweep_at_ = 1024;
};

}  // namespace ims
