#pragma once
#include "common/base/json_text.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// What a node remembers beyond its process, as text: records, each with a kind and a key, and each written
// anew as a whole when it changed. One line each; the last one of a record is what counts.
//
//   #pcscf 3                                      of what, and in which version
//   @1764558000123                                wall clock (ms since 1970) of the lines behind it
//   binding 5kFq0A {"impi":"alice@ims.example","until":3630000}
//   binding 9xW2cd                                it is gone
//
// Times in a record are milliseconds from the moment of its writing.
namespace ims {

// What has changed among the records of one kind since it was last written, by key. A record that came and
// went in between is not worth a line.
template <class Key, class Hash = std::hash<Key>>
class Changes {
  public:
    void added(Key key) { keys_.emplace(std::move(key), true); }  // anew: nothing is written of it yet
    void changed(const Key& key) { keys_.emplace(key, false); }
    void removed(const Key& key) {
        const auto [at, anew] = keys_.emplace(key, false);
        if (!anew && at->second) keys_.erase(at);
    }
    bool empty() const { return keys_.empty(); }
    void clear() { keys_.clear(); }
    // Each key, and whether nothing is written of it yet: then one that is not to be kept needs no word.
    template <class Visit>
    void take(Visit visit) {
        for (const auto& [key, anew] : std::exchange(keys_, {})) visit(key, anew);
    }

  private:
    std::unordered_map<Key, bool, Hash, std::equal_to<>> keys_;
};
using TextChanges = Changes<std::string, StringHash>;

// Lines for records. Kinds are words of ours; a key may be any octets.
class StateText {
  public:
    explicit StateText(std::string& out) : out_{out}, json_{out} {}
    // The record as it is now: begins its object, which end() ends.
    JsonText& begin(std::string_view kind, std::string_view key);
    void end();
    void gone(std::string_view kind, std::string_view key);

  private:
    void name(std::string_view kind, std::string_view key);
    std::string& out_;
    JsonText json_;
};

// A record that is there, for a node to take back: JSON, and when it was written.
struct StateRecord {
    std::string_view kind;
    std::string_view value;
    TimePoint written;
};

// The last words on all records of one or more texts, given from the oldest to the newest, which must stay
// where they are.
class LastWords {
  public:
    explicit LastWords(std::string_view format) : format_{format} {}  // "pcscf 3"

    // False with `why` set if the text is not what we write. A last line without its end is left out: a crash
    // cut it.
    bool add(std::string_view text, std::string& why);

    std::size_t size() const { return last_.size(); }
    std::int64_t newest_ms() const { return newest_ms_; }  // of all lines; 0: there is none
    // As if they had been written at `now` less their age by the wall clock.
    std::vector<StateRecord> records(TimePoint now, std::int64_t wall_ms) const;
    // The same words in one text, handed out in pieces; false from `take` ends it.
    bool print(const std::function<bool(std::string_view piece)>& take) const;

  private:
    struct Word {
        std::int64_t wall_ms = 0;
        std::string_view value;
        std::string_view line;
    };
    std::string format_;
    std::int64_t newest_ms_ = 0;
    std::unordered_map<std::string_view, Word> last_;  // by kind and key
};

std::string state_heading(std::string_view format);  // its first line
std::string state_time(std::int64_t wall_ms);        // the line before those of that time

}  // namespace ims
