#pragma once
#include "common/base/long_lived.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

// Short texts that live and die together, in one allocation: what a registration keeps is mostly text, and
// there are millions of contacts. All texts of one block together hold at most 65535 octets; what does not
// fit is refused (false) and changes nothing.
namespace ims {

// As many as were put in.
class PackedList {
  public:
    std::size_t size() const { return data_ ? mark(0) : 0; }
    std::string_view operator[](std::size_t i) const {  // i < size()
        const std::size_t begin = i == 0 ? 0 : mark(i);
        return {data_.get() + header(size()) + begin, mark(i + 1) - begin};
    }
    // They may be views of what is here.
    [[nodiscard]] bool assign(std::span<const std::string_view> texts) {
        std::size_t total = 0;
        for (const auto text : texts) total += text.size();
        if (total > most || texts.size() > most) return false;
        if (texts.empty()) {
            data_.reset();
            return true;
        }
        char* const packed = LongLived<char>{}.allocate(header(texts.size()) + total);
        put(packed, 0, texts.size());
        char* at = packed + header(texts.size());
        std::size_t end = 0;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (!texts[i].empty()) std::memcpy(at + end, texts[i].data(), texts[i].size());
            end += texts[i].size();
            put(packed, i + 1, end);
        }
        data_.reset(packed);
        return true;
    }
    std::size_t octets() const { return data_ ? octets_of(data_.get()) : 0; }

  private:
    // In front of the texts: how many, then where each ends.
    using Mark = std::uint16_t;
    static constexpr std::size_t most = 0xFFFF;
    static constexpr std::size_t header(std::size_t texts) { return (texts + 1) * sizeof(Mark); }
    static void put(char* data, std::size_t i, std::size_t value) {
        const auto m = static_cast<Mark>(value);
        std::memcpy(data + i * sizeof m, &m, sizeof m);
    }
    static std::size_t mark_of(const char* data, std::size_t i) {
        Mark m = 0;
        std::memcpy(&m, data + i * sizeof m, sizeof m);
        return m;
    }
    static std::size_t octets_of(const char* data) {
        const auto texts = mark_of(data, 0);
        return header(texts) + mark_of(data, texts);
    }
    std::size_t mark(std::size_t i) const { return mark_of(data_.get(), i); }
    struct Free {
        void operator()(char* data) const noexcept { LongLived<char>{}.deallocate(data, octets_of(data)); }
    };
    std::unique_ptr<char[], Free> data_;
};

// One for each enumerator of `Field`, whose last is Count.
template <class Field>
class PackedTexts {
    static constexpr std::size_t count = static_cast<std::size_t>(Field::Count);

  public:
    using All = std::array<std::string_view, count>;

    std::string_view get(Field f) const {
        return list_.size() == 0 ? std::string_view{} : list_[static_cast<std::size_t>(f)];
    }
    [[nodiscard]] bool set(Field f, std::string_view text) {  // the others stay
        if (get(f) == text) return true;
        All texts;
        for (std::size_t i = 0; i < count; ++i) texts[i] = get(static_cast<Field>(i));
        texts[static_cast<std::size_t>(f)] = text;
        return list_.assign(texts);
    }
    [[nodiscard]] bool assign(const All& texts) { return list_.assign(texts); }  // in the enumerators' order
    std::size_t octets() const { return list_.octets(); }

  private:
    PackedList list_;
};

}  // namespace ims
