#pragma once
#include <type_traits>

#include <boost/system/result.hpp>

namespace ims {

// Either a value or why there is none. Test with `if (!r)`, read with `*r` and `r.error()`; never call
// value().
template <class T, class E>
using Result = boost::system::result<T, E>;

template <class... Ts>
struct overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

}  // namespace ims
