#pragma once
#include "common/why/verdict.hpp"
#include "tests/support/world/world.hpp"

#include <string>
#include <vector>

namespace ims::world {

// The services of a world are asked as ims-why asks those of a network: over their memories, and the HSS
// about what a cause hangs on. Those whose process is down do not answer.
why::Story story(World& world, const std::string& key);
why::Answer why(World& world, const std::string& key, why::Story& story);

// For tests: the sentence, and what led to it.
struct Why {
    explicit Why(World& world, const std::string& key) : story{}, answer{why(world, key, story)} {}
    why::Story story;
    why::Answer answer;

    std::string cause() const { return answer.verdict.cause; }
    const std::string& sentence() const { return answer.verdict.sentence; }
    std::string text() const { return why::text_of(answer, story); }
};

}  // namespace ims::world
