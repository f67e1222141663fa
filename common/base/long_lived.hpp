#pragma once
#include <cstddef>
#include <memory_resource>
#include <string>
#include <vector>

// Memory of what lives as long as a registration. It lies together, in pools of its own. Between what lives
// as long as a transaction each record would keep a page of its own from going back to the system, which is
// three times what the records themselves take.
namespace ims {

// Never destroyed; it grows by chunks and keeps them: what many users needed once is there for the next ones.
// Any thread. With AddressSanitizer it is the ordinary heap, so that each block is watched.
std::pmr::memory_resource& long_lived_memory();
std::size_t long_lived_octets();  // asked for and not given back

// An allocator for containers of such records. It has no state: all of them are equal.
template <class T>
class LongLived {
  public:
    using value_type = T;
    LongLived() = default;
    template <class U>
    LongLived(const LongLived<U>&) noexcept {}  // NOLINT(google-explicit-constructor): containers rebind it
    T* allocate(std::size_t n) { return static_cast<T*>(long_lived_memory().allocate(n * each, alignof(T))); }
    void deallocate(T* p, std::size_t n) noexcept { long_lived_memory().deallocate(p, n * each, alignof(T)); }
    template <class U>
    bool operator==(const LongLived<U>&) const noexcept {
        return true;
    }

  private:
    // NOLINTNEXTLINE(bugprone-sizeof-expression): of a pointer where a container keeps pointers
    static constexpr std::size_t each = sizeof(T);
};

template <class T>
using LongLivedVector = std::vector<T, LongLived<T>>;
using LongLivedString = std::basic_string<char, std::char_traits<char>, LongLived<char>>;

}  // namespace ims
