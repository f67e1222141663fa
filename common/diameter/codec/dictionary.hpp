#pragma once
#include "common/diameter/codec/avp.hpp"

#include <array>
#include <cstdint>

struct dictionary;
struct dict_object;

namespace ims::diameter::codec {

// libfdproto's dictionary filled with our definitions. One per process, made on first use and never changed
// after.
class Dictionary {
  public:
    static const Dictionary& get();

    dictionary* handle() const { return handle_; }
    dict_object* model(Avp avp) const { return avps_[static_cast<std::size_t>(avp)]; }
    dict_object* command(std::uint32_t code, bool request) const;

  private:
    Dictionary();

    struct Command {
        std::uint32_t code = 0;
        dict_object *request = nullptr, *answer = nullptr;
    };
    dictionary* handle_ = nullptr;
    std::array<dict_object*, avp_count> avps_{};
    std::array<Command, 9> commands_{};
};

}  // namespace ims::diameter::codec
