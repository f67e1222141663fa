#pragma once
#include "common/sigcomp/message.hpp"

#include <cstddef>
#include <variant>

// SigComp messages in a stream (RFC 3320 4.2.2): FF FF ends one, FF 00 stands for FF, FF 01 to FF 7F for FF
// with so many octets behind it that are meant as they stand.
namespace ims::sigcomp {

Octets mark_record(OctetSpan message);  // with the end mark

// Cuts a stream. Feed it octets, then call next() until it says NeedMore. A stream that cannot be read ends
// in Failure, for good: the connection should be closed (RFC 3320 4.2.2).
class RecordReader {
  public:
    // RFC 3320 8.7: no message is larger than our decompression_memory_size.
    explicit RecordReader(std::size_t message_octets) : limit_{message_octets} {}

    struct NeedMore {};
    using Item = std::variant<NeedMore, Octets, Failure>;

    void feed(OctetSpan octets) { pending_.insert(pending_.end(), octets.begin(), octets.end()); }
    Item next();  // never an empty message: end marks may be repeated
    std::size_t buffered() const { return pending_.size() - begin_ + record_.size(); }

  private:
    Item broken(Reason reason);

    std::size_t limit_;
    Octets pending_;          // as it came
    std::size_t begin_ = 0;   // of what is not yet read
    Octets record_;           // of the message under way
    std::size_t quoted_ = 0;  // octets that follow as they stand
    bool after_ff_ = false;
    std::optional<Failure> broken_;
};

}  // namespace ims::sigcomp
