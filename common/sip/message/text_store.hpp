#pragma once
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace ims::sip {

// Texts that never move and go away together: the lines of a message that were written since it came. The
// first dozen need no allocation of their own.
class TextStore {
  public:
    TextStore() {}  // not = default: that would clear first_
    TextStore(const TextStore&) = delete;
    TextStore& operator=(const TextStore&) = delete;

    char* allocate(std::size_t octets) {
        if (octets > left_) grow(octets);
        char* const place = at_;
        at_ += octets;
        left_ -= octets;
        return place;
    }

  private:
    void grow(std::size_t octets);

    // With what is counted beside it this is the largest piece that malloc keeps at hand for the next one.
    char first_[968];
    std::vector<std::unique_ptr<char[]>> more_;
    char* at_ = first_;
    std::size_t left_ = sizeof first_;
};

}  // namespace ims::sip
