#pragma once
#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ims::runtime {

// What a node saved, in a file: replaced as a whole (written beside it, then renamed), readable by its owner
// only, because it names subscribers.
class StateFile {
  public:
    explicit StateFile(std::string path) : path_{std::move(path)} {}

    struct Saved {
        std::string text;
        Duration age{};  // since it was written
    };
    // Nothing with an empty `why`: there is no such file.
    std::optional<Saved> read(std::string& why) const;
    bool write(std::string_view text, std::string& why) const;
    bool set_aside(std::string& why) const;  // to PATH.refused
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace ims::runtime
