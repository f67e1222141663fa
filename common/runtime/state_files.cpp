#include "common/runtime/state_files.hpp"

#include "common/runtime/last_error.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ims::runtime {

namespace {

// A journal of less is read in no time.
constexpr std::uint64_t least_journal_octets = 8U << 20;
constexpr std::size_t piece_octets = 1U << 18;

// A file as a text, read as it is looked at.
class MappedFile {
  public:
    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept
        : at_{std::exchange(other.at_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
    ~MappedFile() {
        if (at_ != nullptr) ::munmap(at_, size_);
    }

    // False with an empty `why`: there is no such file.
    bool open(const std::string& path, std::string& why) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            if (errno != ENOENT) why = path + ": " + last_error();
            return false;
        }
        struct stat about {};
        const bool known = ::fstat(file, &about) == 0;
        size_ = known ? static_cast<std::size_t>(about.st_size) : 0;
        auto* const at = size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
        const bool ok = known && at != MAP_FAILED;
        if (ok)
            at_ = at;
        else
            why = path + ": " + last_error();
        ::close(file);
        return ok;
    }
    std::string_view text() const { return {static_cast<const char*>(at_), size_}; }

  private:
    void* at_ = nullptr;
    std::size_t size_ = 0;
};

bool write_all(int file, std::string_view text, std::string& why) {
    while (!text.empty()) {
        const auto n = ::write(file, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            why = last_error();
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::uint64_t octets_of_file(const std::string& path) {
    std::error_code none;
    const auto size = std::filesystem::file_size(path, none);
    return none ? 0 : size;
}

// A file that stands beside the one it is to replace, until it is whole.
class Replacement {
  public:
    explicit Replacement(std::string path) : path_{std::move(path)}, beside_{path_ + ".new"} {
        file_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file_ < 0) why_ = last_error();
    }
    ~Replacement() {
        if (file_ < 0) return;
        ::close(file_);
        ::unlink(beside_.c_str());
    }
    // False once a write has failed; take_place() does nothing then but say why.
    bool write(std::string_view piece) {
        gathered_.append(piece);
        return gathered_.size() < piece_octets || flush();
    }
    bool take_place(std::string& why) {
        bool ok = flush();
        if (ok && (::close(std::exchange(file_, -1)) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0)) {
            why_ = last_error();
            ::unlink(beside_.c_str());
            ok = false;
        }
        if (!ok) why = why_;
        return ok;
    }

  private:
    bool flush() {
        whole_ = whole_ && file_ >= 0 && write_all(file_, gathered_, why_);
        gathered_.clear();
        return whole_;
    }
    std::string path_, beside_, gathered_, why_;
    int file_ = -1;
    bool whole_ = true;
};

}  // namespace

struct StateFiles::Saved::Texts {
    explicit Texts(std::string_view format) : words{format} {}
    std::vector<MappedFile> files;
    LastWords words;
};

StateFiles::Saved::Saved(std::unique_ptr<Texts> texts) : texts_{std::move(texts)} {}
StateFiles::Saved::Saved(Saved&&) noexcept = default;
StateFiles::Saved::~Saved() = default;

std::size_t StateFiles::Saved::size() const {
    return texts_->words.size();
}
std::vector<StateRecord> StateFiles::Saved::records(TimePoint now, std::int64_t wall_ms) const {
    return texts_->words.records(now, wall_ms);
}
std::int64_t StateFiles::Saved::written_ms() const {
    return texts_->words.newest_ms();
}

struct StateFiles::Impl {
    Impl(boost::asio::io_context& context, std::string p, std::string f)
        : io{context}, path{std::move(p)}, format{std::move(f)} {}

    boost::asio::io_context& io;
    const std::string path, format;
    const std::string journal = path + ".journal", earlier = path + ".journal.1";
    int file = -1;  // the journal
    std::uint64_t journal_octets = 0, path_octets = 0, least_octets = least_journal_octets;
    std::uint64_t retry_octets = 0;  // of the journal, where a thread failed before
    bool complete = true;

    std::thread thread;
    std::atomic<bool> given_up{false};
    bool busy = false;
    // Answers of a thread that come when we are gone reach nobody.
    std::shared_ptr<Impl*> self = std::make_shared<Impl*>(this);

    // False with an empty `why`: there is none of them.
    bool read(const std::vector<std::string>& paths, Saved::Texts& into, std::string& why) const {
        for (const auto& one : paths) {
            MappedFile file_of_it;
            if (!file_of_it.open(one, why)) {
                if (!why.empty()) return false;
                continue;
            }
            into.files.push_back(std::move(file_of_it));
            if (into.words.add(into.files.back().text(), why)) continue;
            why = one + ": " + why;
            return false;
        }
        return !into.files.empty();
    }

    bool begin_journal(std::string& why) {
        file = ::open(journal.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (file < 0) {
            why = last_error();
            return false;
        }
        journal_octets = octets_of_file(journal);
        if (journal_octets > 0) return true;
        const auto heading = state_heading(format);
        journal_octets = heading.size();
        return write_all(file, heading, why);
    }
    void end_journal() {
        if (file >= 0) ::close(std::exchange(file, -1));
    }

    bool print(const LastWords& words, std::string& why) const {
        Replacement replacement{path};
        words.print([&](std::string_view piece) { return !given_up.load() && replacement.write(piece); });
        return given_up.load() || replacement.take_place(why);
    }

    // In the thread: of the files, and nothing else.
    std::string tidy_up() const {
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19);
        std::string why;
        Saved::Texts texts{format};
        if (!read({path, earlier}, texts, why)) return why.empty() ? "the files are gone" : why;
        if (!print(texts.words, why)) return why;
        if (!given_up.load()) ::unlink(earlier.c_str());
        return {};
    }
};

StateFiles::StateFiles(boost::asio::io_context& io, std::string path, std::string format)
    : impl_{std::make_unique<Impl>(io, std::move(path), std::move(format))} {}

StateFiles::~StateFiles() {
    stop();
    impl_->end_journal();
}

const std::string& StateFiles::path() const {
    return impl_->path;
}

std::optional<StateFiles::Saved> StateFiles::read(std::string& why) const {
    auto texts = std::make_unique<Saved::Texts>(impl_->format);
    if (!impl_->read({impl_->path, impl_->earlier, impl_->journal}, *texts, why)) return std::nullopt;
    return Saved{std::move(texts)};
}

bool StateFiles::join(const Saved& saved, std::string& why) {
    auto& s = *impl_;
    // A journal may end in a line that a crash cut, behind which nothing can be written.
    const bool journals = octets_of_file(s.earlier) > 0 || octets_of_file(s.journal) > 0;
    s.complete = !journals || s.print(saved.texts_->words, why);
    if (!s.complete) return false;
    ::unlink(s.earlier.c_str());
    ::unlink(s.journal.c_str());
    s.path_octets = octets_of_file(s.path);
    return true;
}

bool StateFiles::set_aside(std::string& why) {
    bool ok = true;
    for (const auto& one : {impl_->path, impl_->earlier, impl_->journal})
        if (::rename(one.c_str(), (one + ".refused").c_str()) != 0 && errno != ENOENT) {
            why = one + ": " + last_error();
            ok = false;
        }
    return ok;
}

bool StateFiles::append(std::string_view records, std::int64_t wall_ms, std::string& why) {
    auto& s = *impl_;
    if (records.empty() || !s.complete) return s.complete;
    if (s.file < 0) s.complete = s.begin_journal(why);
    const auto time = state_time(wall_ms);
    s.complete = s.complete && write_all(s.file, time, why) && write_all(s.file, records, why);
    s.journal_octets += time.size() + records.size();
    return s.complete;
}

bool StateFiles::is_complete() const {
    return impl_->complete;
}

bool StateFiles::rewrite(std::string_view records, std::int64_t wall_ms, std::string& why) {
    stop();
    auto& s = *impl_;
    Replacement replacement{s.path};
    replacement.write(state_heading(s.format) + state_time(wall_ms));
    replacement.write(records);
    if (!replacement.take_place(why)) return false;
    s.end_journal();
    ::unlink(s.earlier.c_str());
    ::unlink(s.journal.c_str());
    s.path_octets = octets_of_file(s.path);
    s.journal_octets = s.retry_octets = 0;
    s.complete = true;
    return true;
}

void StateFiles::tidy(Failed failed) {
    auto& s = *impl_;
    const auto bother = std::max({s.least_octets, 2 * s.path_octets, s.retry_octets});
    if (s.busy || s.file < 0 || s.journal_octets < bother) return;
    // What an earlier thread did not get done comes first: the journal goes on meanwhile.
    if (octets_of_file(s.earlier) == 0) {
        s.end_journal();
        if (::rename(s.journal.c_str(), s.earlier.c_str()) != 0) return failed(last_error());
        s.journal_octets = s.retry_octets = 0;
    }
    stop();  // the last one is long through: joins it
    s.given_up = false;
    s.busy = true;
    const auto work = [&s, failed = std::move(failed), alive = std::weak_ptr{s.self},
                       guard = boost::asio::make_work_guard(s.io)] {
        const auto why = s.tidy_up();
        boost::asio::post(s.io, [failed, alive, why] {
            const auto there = alive.lock();
            if (!there) return;
            auto& files = **there;
            files.busy = false;
            files.path_octets = octets_of_file(files.path);
            files.retry_octets = why.empty() ? 0 : files.journal_octets + files.least_octets;
            if (!why.empty()) failed(why);
        });
    };
    s.thread = std::thread{work};
}

void StateFiles::tidy_at(std::uint64_t journal_octets) {
    impl_->least_octets = journal_octets;
}

void StateFiles::stop() {
    auto& s = *impl_;
    if (!s.thread.joinable()) return;
    s.given_up = true;
    s.thread.join();
}

}  // namespace ims::runtime
