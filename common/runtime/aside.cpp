#include "common/runtime/aside.hpp"

#include "common/runtime/last_error.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ims::runtime {

namespace {

// The end of the copy, as waitpid tells it.
std::string verdict(int status) {
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? "" : "it failed";
    return "ended by signal " + std::to_string(WTERMSIG(status));
}

[[noreturn]] void be_the_copy(const Aside::Work& work, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::setpriority(PRIO_PROCESS, 0, 10);
    ::_exit(work() ? 0 : 1);
}

}  // namespace

struct Aside::Impl {
    explicit Impl(boost::asio::io_context& io) : end{io} {}
    boost::asio::posix::stream_descriptor end;  // a pidfd: readable when the copy is gone
    pid_t pid = 0;
    Done done;
};

Aside::Aside(boost::asio::io_context& io) : impl_{std::make_shared<Impl>(io)} {}

Aside::~Aside() {
    stop();
}

void Aside::stop() {
    if (impl_->pid == 0) return;
    ::kill(impl_->pid, SIGKILL);
    ::waitpid(std::exchange(impl_->pid, 0), nullptr, 0);
    boost::system::error_code ignored;
    impl_->end.close(ignored);
}

bool Aside::busy() const {
    return impl_->pid != 0;
}

void Aside::run(Work work, Done done) {
    if (busy()) return;
    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid == 0) be_the_copy(work, parent);
    if (pid < 0) return done("fork: " + last_error());
    impl_->pid = pid;
    // glibc 2.36 declares pidfd_open() without extern "C".
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) {  // nobody would tell: wait for it here
        const auto why = "pidfd_open: " + last_error();
        ::waitpid(std::exchange(impl_->pid, 0), nullptr, 0);
        return done(why);
    }
    impl_->done = std::move(done);
    impl_->end.assign(fd);
    impl_->end.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [weak = std::weak_ptr{impl_}](const boost::system::error_code& error) {
                              const auto self = weak.lock();
                              if (error || !self) return;
                              int status = 0;
                              ::waitpid(std::exchange(self->pid, 0), &status, 0);
                              self->end.close();
                              std::exchange(self->done, {})(verdict(status));
                          });
}

}  // namespace ims::runtime
