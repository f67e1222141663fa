#pragma once
#include <cassert>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace ims {

// A procedure that runs once, in order, with waits in between, and speaks only in values: it suspends with a
// Request and is resumed with an Answer. Parameters go in by value (the frame outlives the caller). A frame
// cannot be saved: what must survive a restart is a struct.
template <class Request, class Answer, class Outcome>
class Procedure {
  public:
    struct promise_type {
        std::optional<Request> request;
        std::optional<Answer> answer;
        std::optional<Outcome> outcome;

        Procedure get_return_object() { return Procedure{Handle::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void unhandled_exception() { std::terminate(); }
        void return_value(Outcome o) { outcome = std::move(o); }

        struct Ask {
            promise_type& promise;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<>) const noexcept {}
            Answer await_resume() {
                Answer a = std::move(*promise.answer);
                promise.answer.reset();
                return a;
            }
        };
        Ask await_transform(Request r) {
            request = std::move(r);
            return Ask{*this};
        }
    };
    using Handle = std::coroutine_handle<promise_type>;

    Procedure(Procedure&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
    Procedure& operator=(Procedure other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Procedure() {
        if (handle_) handle_.destroy();
    }

    // Runs to the first wait, or to the end (nothing returned, done() holds).
    std::optional<Request> start() { return run(); }
    std::optional<Request> resume(Answer answer) {
        handle_.promise().answer = std::move(answer);
        return run();
    }
    bool done() const { return handle_.done(); }
    Outcome& outcome() {
        assert(done());
        return *handle_.promise().outcome;
    }

  private:
    explicit Procedure(Handle handle) : handle_{handle} {}
    std::optional<Request> run() {
        handle_.resume();
        return std::exchange(handle_.promise().request, {});
    }
    Handle handle_;
};

}  // namespace ims
