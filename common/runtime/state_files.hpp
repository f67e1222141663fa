#pragma once
#include "common/node/state.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace ims::runtime {

// The files that remember what a node knows (common/node/state.hpp), readable by their owner only, because
// they name subscribers:
//
//   PATH            what was so when it was written
//   PATH.journal    what changed since, appended to; PATH.journal.1: the same, older
//
// What is written is with the kernel, so a killed process loses nothing of it; a machine that loses its power
// may lose the last moments. When the journal has outgrown PATH, a thread that sees nothing but the files
// makes a new PATH of the last words in them, while the journal goes on in a new file.
class StateFiles {
  public:
    StateFiles(boost::asio::io_context& io, std::string path, std::string format);
    ~StateFiles();

    const std::string& path() const;

    // What is there of an earlier process, of which nothing is left in the journal then.
    class Saved {
      public:
        Saved(Saved&&) noexcept;
        ~Saved();
        std::size_t size() const;
        std::vector<StateRecord> records(TimePoint now, std::int64_t wall_ms) const;  // valid as long as this
        std::int64_t written_ms() const;  // wall clock of the last line

      private:
        friend class StateFiles;
        struct Texts;
        explicit Saved(std::unique_ptr<Texts> texts);
        std::unique_ptr<Texts> texts_;
    };
    // Nothing with an empty `why`: there is no file.
    std::optional<Saved> read(std::string& why) const;
    // What `saved` says becomes the one file. False: they stay as they are, and are read again next time.
    bool join(const Saved& saved, std::string& why);
    bool set_aside(std::string& why);  // to PATH.refused, and the journal likewise

    // False with `why` set if not all could be written: something is missing then, and no append() is made
    // any more before rewrite().
    bool append(std::string_view records, std::int64_t wall_ms, std::string& why);
    bool is_complete() const;
    // All there is to say, in place of what the files say.
    bool rewrite(std::string_view records, std::int64_t wall_ms, std::string& why);

    // Begins the thread if it is time. `failed` is told on the loop if it could not do its work, and why.
    using Failed = std::function<void(std::string why)>;
    void tidy(Failed failed);
    void tidy_at(std::uint64_t journal_octets);  // sooner than that the journal is no bother; for tests
    void stop();                                 // gives a thread up: the files stay as they are

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::runtime
