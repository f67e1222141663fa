#pragma once
#include "common/base/result.hpp"
#include "common/ipsec/association.hpp"
#include "common/ipsec/kernel/failure.hpp"

#include <string_view>
#include <vector>

namespace ims::ipsec {

// An algorithm by the kernel's name, with key and length of the check value.
struct KernelAlgorithm {
    std::string_view name;  // empty: none
    std::size_t key_octets = 0;
    unsigned icv_bits = 0;
    std::string_view modules;  // what the kernel loads for it
};

// RFC 4543 and RFC 4106 are one algorithm each to the kernel ("aead"), all others a pair.
struct KernelTransform {
    KernelAlgorithm aead, authentication, encryption;
    std::string modules() const;
};

Result<KernelTransform, Failure> kernel_transform(const Transform& transform);
bool fits(const KernelTransform& transform, const EspKeys& keys);  // as long as its algorithms want them
// Keys that open nothing, for a state that must only be well formed.
EspKeys placeholder_keys(const KernelTransform& transform);

std::string transform_text(std::string_view aead, std::string_view authentication,
                           std::string_view encryption);

}  // namespace ims::ipsec
