#pragma once
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace ims::runtime {

// Work that takes long and only looks: done by a copy of this process (fork), which sees everything as it is
// at this moment, while the loop goes on. What it changes in memory is lost with it; what it may leave behind
// is a file. It dies with its parent.
class Aside {
  public:
    explicit Aside(boost::asio::io_context& io);
    ~Aside();

    using Work = std::function<bool()>;             // in the copy; whether it went well
    using Done = std::function<void(std::string)>;  // on the loop: empty, or why it did not
    void run(Work work, Done done);                 // one after the other: while one runs, this does nothing
    bool busy() const;
    void stop();  // ends the copy, wherever it is; `done` is not called

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::runtime
