#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace ims::sip {

// The text that Params are packed in. The first few dozen octets need no allocation: most URIs have one or
// two parameters, and every message has dozens of URIs.
class ParamOctets {
  public:
    ParamOctets() {}  // not = default: that would clear near_
    ParamOctets(const ParamOctets& other) { copy(other); }
    ParamOctets(ParamOctets&& other) noexcept { take(other); }
    ParamOctets& operator=(const ParamOctets& other) {
        if (this == &other) return *this;
        size_ = 0;
        copy(other);
        return *this;
    }
    ParamOctets& operator=(ParamOctets&& other) noexcept {
        if (this == &other) return *this;
        delete[] far_;
        take(other);
        return *this;
    }
    ~ParamOctets() { delete[] far_; }

    const char* data() const { return far_ != nullptr ? far_ : near_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::string_view text() const { return {data(), size_}; }

    void reserve(std::size_t octets) {
        if (octets > room_) grow(octets);
    }
    // Another `now` octets where `before` of them stand at `at`: their place, to be written to. What comes
    // after them stays.
    char* replace(std::size_t at, std::size_t before, std::size_t now) {
        const auto size = size_ - before + now;
        if (size > room_) grow(size > 2 * room_ ? size : 2 * room_);
        char* const place = begin() + at;
        if (now != before && at + before < size_)
            std::memmove(place + now, place + before, size_ - at - before);
        size_ = static_cast<std::uint32_t>(size);
        return place;
    }
    char* append(std::size_t octets) { return replace(size_, 0, octets); }

  private:
    char* begin() { return far_ != nullptr ? far_ : near_; }
    void copy(const ParamOctets& other) {
        reserve(other.size_);
        std::memcpy(begin(), other.data(), other.size_);
        size_ = other.size_;
    }
    void take(ParamOctets& other) {
        far_ = std::exchange(other.far_, nullptr);
        size_ = std::exchange(other.size_, 0);
        room_ = std::exchange(other.room_, std::uint32_t{sizeof near_});
        if (far_ == nullptr) std::memcpy(near_, other.near_, sizeof near_);
    }
    void grow(std::size_t octets) {
        char* const larger = new char[octets];
        std::memcpy(larger, data(), size_);
        delete[] far_;
        far_ = larger;
        room_ = static_cast<std::uint32_t>(octets);
    }

    char* far_ = nullptr;  // what does not fit into near_
    std::uint32_t size_ = 0;
    std::uint32_t room_ = sizeof near_;
    char near_[48];
};

}  // namespace ims::sip
