#pragma once
#include "common/diameter/types/cx.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ims::trace {

// What is kept of a Cx command: names and values. Of vectors, keys, profiles and digests at most how many
// there were: whoever adds an AVP here answers for its being no secret. The values are views of the command,
// or of what had to be written down for them, so that nothing is allocated for most; good as long as the
// command and this.
class Summary {
  public:
    explicit Summary(const cx::Request& request);
    explicit Summary(const cx::Answer& answer);
    Summary(const Summary&) = delete;
    Summary& operator=(const Summary&) = delete;

    using Field = std::pair<std::string_view, std::string_view>;
    void add(std::string_view name, std::string_view value) {
        if (count_ < fields_.size()) fields_[count_++] = {name, value};
    }
    std::span<const Field> fields() const { return {fields_.data(), count_}; }

  private:
    void add_written(std::string_view name, std::string value) {
        if (written_count_ == written_.size()) return;
        add(name, written_[written_count_++] = std::move(value));
    }
    void add_first(const std::vector<Impu>& impus);
    void add_capabilities(const std::optional<cx::ServerCapabilities>& capabilities);

    std::array<Field, 8> fields_;
    std::array<std::string, 3> written_;
    std::size_t count_ = 0, written_count_ = 0;
};

}  // namespace ims::trace
