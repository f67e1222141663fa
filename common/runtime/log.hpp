#pragma once
#include "common/base/note.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ims::runtime {

class Section;

enum class LogFormat : std::uint8_t { Logfmt, Json };

struct LogConfig {
    Severity level = Severity::Info;
    LogFormat format = LogFormat::Logfmt;
    std::string file{};            // empty: standard error
    bool mask_identities = false;  // see masked_identity()
};
LogConfig read_log(const Section& log);      // keys level, format, file, mask_identities
std::string_view severity_text(Severity s);  // "info"

// One line per note:
//   time=2026-01-31T12:00:00.000123Z level=info service=scscf note=scscf.registration.accepted
//   impu=sip:alice@ims.example
//   {"time":"...","level":"info","service":"scscf","note":"scscf.registration.accepted","impu":"sip:alice@ims.example"}
// Values that need it are quoted and escaped: a peer's text never makes a line of its own. A note below the
// level costs one comparison. Lines are buffered; a warning or an error is on disk when write() returns, the
// rest after flush(). May be called from any thread.
class Log {
  public:
    Log(LogConfig config, std::string service);
    ~Log();
    bool enabled(Severity s) const { return s >= level_.load(std::memory_order_relaxed); }
    void write(const Note& note) {
        if (enabled(note.severity)) write_line(note);
    }
    void flush();
    void set_level(Severity level) { level_.store(level, std::memory_order_relaxed); }
    Severity level() const { return level_.load(std::memory_order_relaxed); }
    bool reopen(std::string& why);  // the file, after it was rotated; true for standard error

  private:
    void write_line(const Note& note);
    struct Impl;
    std::atomic<Severity> level_;
    std::unique_ptr<Impl> impl_;
};

// The one place where identities are hidden (fields impi, impu, request_uri, from, to, contact and what ends
// so): the user part keeps its first three characters, the rest is "*": "sip:001***@ims.example",
// "tel:+49***".
bool is_identity_field(std::string_view name);
std::string masked_identity(std::string_view value);

// The line without its end, as write() makes it; `time` as given.
std::string format_line(const Note& note, LogFormat format, bool mask_identities, std::string_view time,
                        std::string_view service);

}  // namespace ims::runtime
