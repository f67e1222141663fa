#include "common/diameter/types/cx.hpp"

#include <array>

namespace ims::cx {

std::string_view name(const Request& r) {
    static constexpr std::array<std::string_view, 6> names{"UAR", "SAR", "LIR", "MAR", "RTR", "PPR"};
    return names[r.index()];
}

std::string_view name(const Answer& a) {
    static constexpr std::array<std::string_view, 6> names{"UAA", "SAA", "LIA", "MAA", "RTA", "PPA"};
    return names[a.index()];
}

const Result& result(const Answer& a) {
    return std::visit([](const auto& answer) -> const Result& { return answer.result; }, a);
}

}  // namespace ims::cx
