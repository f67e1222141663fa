#pragma once
#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace ims {

// A value with a meaning of its own: an IMPI is not an IMPU although both are text.
template <class Tag, class Rep>
class Strong {
  public:
    using Representation = Rep;
    Strong() = default;
    explicit constexpr Strong(Rep value) : value_{std::move(value)} {}
    constexpr const Rep& value() const { return value_; }
    auto operator<=>(const Strong&) const = default;

  private:
    Rep value_{};
};

}  // namespace ims

template <class Tag, class Rep>
struct std::hash<ims::Strong<Tag, Rep>> {
    std::size_t operator()(const ims::Strong<Tag, Rep>& s) const noexcept {
        return std::hash<Rep>{}(s.value());
    }
};
