#include "common/runtime/log.hpp"

#include "common/base/json_text.hpp"
#include "common/base/text.hpp"
#include "common/runtime/config.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <system_error>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

namespace ims::runtime {

namespace {

constexpr std::size_t buffer_octets = 1 << 16;

// Writes finished lines. spdlog's own stderr sink flushes each line, which costs more than making it.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit LineSink(std::string path) : path_{std::move(path)} {
        std::string why;
        if (!path_.empty() && !open(why))
            std::fprintf(stderr, "log file %s: %s; writing here\n", path_.c_str(), why.c_str());
        if (path_.empty() || file_ == nullptr) std::setvbuf(stderr, buffer_, _IOFBF, sizeof buffer_);
    }
    ~LineSink() override {
        std::fflush(stream());
        if (file_ != nullptr)
            std::fclose(file_);
        else
            std::setvbuf(stderr, nullptr, _IONBF, 0);  // buffer_ dies with us
    }

    bool reopen(std::string& why) {
        const std::lock_guard lock{mutex_};
        return path_.empty() || open(why);
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        std::fwrite(message.payload.data(), 1, message.payload.size(), stream());
    }
    void flush_() override { std::fflush(stream()); }

  private:
    std::FILE* stream() const { return file_ == nullptr ? stderr : file_; }
    bool open(std::string& why) {
        auto* opened = std::fopen(path_.c_str(), "ae");
        if (opened == nullptr) {
            why = std::generic_category().message(errno);
            return false;
        }
        if (file_ != nullptr) std::fclose(file_);
        file_ = opened;
        std::setvbuf(file_, buffer_, _IOFBF, sizeof buffer_);
        return true;
    }

    const std::string path_;
    std::FILE* file_ = nullptr;
    char buffer_[buffer_octets];
};

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' ||
            static_cast<unsigned char>(c) >= 0x7f)
            return true;
    return false;
}

class Line {
  public:
    Line(LogFormat format, std::string& out) : format_{format}, out_{out} {
        if (format_ == LogFormat::Json) out_ += '{';
    }
    void field(std::string_view name, std::string_view value) {
        if (!first_) out_ += format_ == LogFormat::Json ? ',' : ' ';
        first_ = false;
        if (format_ == LogFormat::Json) {
            append_json_string(out_, name);
            out_ += ':';
            append_json_string(out_, value);
            return;
        }
        out_ += name;
        out_ += '=';
        if (needs_quotes(value))
            append_json_string(out_, value);
        else
            out_ += value;
    }
    void end() {
        if (format_ == LogFormat::Json) out_ += '}';
    }

  private:
    LogFormat format_;
    std::string& out_;
    bool first_ = true;
};

void append_line(std::string& out, const Note& note, LogFormat format, bool mask, std::string_view time,
                 std::string_view service) {
    Line line{format, out};
    line.field("time", time);
    line.field("level", severity_text(note.severity));
    line.field("service", service);
    line.field("note", note.id);
    for (const auto& f : note.fields) {
        if (mask && is_identity_field(f.name))
            line.field(f.name, masked_identity(f.value));
        else
            line.field(f.name, f.value);
    }
    line.end();
}

// RFC 3339 with microseconds. The date part changes once a second.
std::string_view time_text(std::chrono::system_clock::time_point now) {
    thread_local std::chrono::sys_seconds last{};
    thread_local std::string text;
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != last || text.empty()) {
        const auto time = std::chrono::system_clock::to_time_t(second);
        std::tm parts{};
        ::gmtime_r(&time, &parts);
        text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000000Z", parts.tm_year + 1900,
                           parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        last = second;
    }
    auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now - second).count();
    for (std::size_t i = 0; i < 6; ++i, micros /= 10)
        text[text.size() - 2 - i] = static_cast<char>('0' + micros % 10);
    return text;
}

}  // namespace

struct Log::Impl {
    Impl(LogConfig c, std::string s)
        : config{std::move(c)},
          service{std::move(s)},
          sink{std::make_shared<LineSink>(config.file)},
          logger{service, sink} {
        logger.set_level(spdlog::level::trace);
        logger.flush_on(spdlog::level::warn);
    }
    LogConfig config;
    std::string service;
    std::shared_ptr<LineSink> sink;
    spdlog::logger logger;
};

LogConfig read_log(const Section& log) {
    LogConfig config;
    config.level = log.choice("level", config.level,
                              {{"trace", Severity::Trace},
                               {"info", Severity::Info},
                               {"warning", Severity::Warning},
                               {"error", Severity::Error}});
    config.format =
        log.choice("format", config.format, {{"logfmt", LogFormat::Logfmt}, {"json", LogFormat::Json}});
    config.file = log.get<std::string>("file", {});
    config.mask_identities = log.get("mask_identities", config.mask_identities);
    return config;
}

std::string_view severity_text(Severity s) {
    switch (s) {
        case Severity::Trace: return "trace";
        case Severity::Info: return "info";
        case Severity::Warning: return "warning";
        case Severity::Error: return "error";
    }
    return {};
}

Log::Log(LogConfig config, std::string service)
    : level_{config.level}, impl_{std::make_unique<Impl>(std::move(config), std::move(service))} {}
Log::~Log() = default;

void Log::write_line(const Note& note) {
    thread_local std::string line;
    line.clear();
    append_line(line, note, impl_->config.format, impl_->config.mask_identities,
                time_text(std::chrono::system_clock::now()), impl_->service);
    line += '\n';
    impl_->logger.log(note.severity >= Severity::Warning ? spdlog::level::warn : spdlog::level::info,
                      spdlog::string_view_t{line});
}

void Log::flush() {
    impl_->logger.flush();
}
bool Log::reopen(std::string& why) {
    return impl_->sink->reopen(why);
}

bool is_identity_field(std::string_view name) {
    for (const std::string_view word :
         {"impi", "impu", "request_uri", "from", "to", "contact", "aor", "user", "identity"}) {
        if (name == word) return true;
        if (name.size() > word.size() && name.ends_with(word) && name[name.size() - word.size() - 1] == '_')
            return true;
    }
    return false;
}

std::string masked_identity(std::string_view value) {
    constexpr std::size_t shown = 3;
    const auto colon = value.find(':');
    const auto at = value.find('@');
    // "sip:user@host", "user@host", "tel:number", "number"; a colon behind the @ is a port.
    const std::size_t begin =
        colon != std::string_view::npos && (at == std::string_view::npos || colon < at) ? colon + 1 : 0;
    const std::size_t end = at == std::string_view::npos ? value.size() : at;
    const bool host_only = at == std::string_view::npos && istarts_with(value, "sip");
    if (host_only || end - begin <= shown)
        return host_only ? std::string{value}
                         : std::string{value.substr(0, begin)} + "***" + std::string{value.substr(end)};
    return std::string{value.substr(0, begin + shown)} + "***" + std::string{value.substr(end)};
}

std::string format_line(const Note& note, LogFormat format, bool mask_identities, std::string_view time,
                        std::string_view service) {
    std::string line;
    append_line(line, note, format, mask_identities, time, service);
    return line;
}

}  // namespace ims::runtime
