#include "common/sip/message/text_store.hpp"

#include <algorithm>

namespace ims::sip {

void TextStore::grow(std::size_t octets) {
    constexpr std::size_t block = 1000;
    left_ = std::max(octets, block);
    more_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    at_ = more_.back().get();
}

}  // namespace ims::sip
