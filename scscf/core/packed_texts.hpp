#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace ims::scscf {

// A handful of short texts that live and die together, in one allocation: what a registration keeps per
// contact is mostly text, and there are millions of contacts. `Field` is an enum whose last enumerator is
// Count. Each text holds at most 65535 octets, all of them together as well; what does not fit is refused
// (set() gives false).
template <class Field>
class PackedTexts {
  public:
    std::string_view get(Field f) const {
        if (!data_) return {};
        const auto i = index(f);
        const std::size_t begin = i == 0 ? 0 : end_of(i - 1);
        return {data_.get() + header + begin, end_of(i) - begin};
    }
    bool set(Field f, std::string_view text) {
        std::array<std::string_view, count> texts;
        std::size_t total = 0;
        for (std::size_t i = 0; i < count; ++i) {
            texts[i] = i == index(f) ? text : get(static_cast<Field>(i));
            total += texts[i].size();
        }
        if (total > 0xFFFF) return false;
        auto packed = std::make_unique<char[]>(header + total);
        std::size_t end = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!texts[i].empty()) std::memcpy(packed.get() + header + end, texts[i].data(), texts[i].size());
            end += texts[i].size();
            const auto mark = static_cast<std::uint16_t>(end);
            std::memcpy(packed.get() + i * sizeof mark, &mark, sizeof mark);
        }
        data_ = std::move(packed);
        return true;
    }
    std::size_t octets() const { return data_ ? header + end_of(count - 1) : 0; }

  private:
    static constexpr std::size_t count = static_cast<std::size_t>(Field::Count);
    static constexpr std::size_t header = count * sizeof(std::uint16_t);
    static constexpr std::size_t index(Field f) { return static_cast<std::size_t>(f); }
    std::size_t end_of(std::size_t i) const {
        std::uint16_t mark = 0;
        std::memcpy(&mark, data_.get() + i * sizeof mark, sizeof mark);
        return mark;
    }
    std::unique_ptr<char[]> data_;
};

}  // namespace ims::scscf
