#pragma once
#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

// Published values of tests/data.
namespace ims::crypto::test {

inline nlohmann::json read_vectors(const std::string& file) {
    std::ifstream in{std::string{IMS_TEST_DATA} + "/" + file};
    return nlohmann::json::parse(in);
}

template <std::size_t N>
std::array<std::uint8_t, N> array_of(const std::string& hexadecimal) {
    const auto octets = unhex(hexadecimal);
    if (!octets || octets->size() != N)
        throw std::invalid_argument{"not " + std::to_string(N) + " octets: " + hexadecimal};
    std::array<std::uint8_t, N> out{};
    std::copy(octets->begin(), octets->end(), out.begin());
    return out;
}

}  // namespace ims::crypto::test
