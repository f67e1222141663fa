#pragma once
#include "common/base/result.hpp"
#include "hss/postgres/rows.hpp"
#include "hss/postgres/statements.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

struct pg_conn;

namespace ims::hss {

// One open connection to PostgreSQL on the loop, in libpq's pipeline mode. What is asked for while the
// database is busy gathers, and goes as one batch: one write, one transaction, one commit, one wake-up of
// either side, and of each statement that has a form for many one execution. A statement that is refused
// takes its batch with it, so the commands of the batch are then repeated one by one.
//
// The order of execution in a batch is ours to choose: all its commands were asked for before any of them is
// answered, so none can have been made in view of another. Whatever order they take effect in, it is one in
// which their askers, who do not know of each other, could have come.
class Pipeline : public std::enable_shared_from_this<Pipeline> {
  public:
    struct Failure {
        bool lost = false;  // the connection; else the statement was refused
        std::string reason;
    };
    using Answer = ims::Result<Rows, Failure>;
    struct Command {
        const Statement* statement = nullptr;
        std::vector<std::optional<std::string>> parameters;
        // The subscription whose row it locks, if any. Rows are locked in ascending order, so that batches of
        // several HSS never wait for each other in a ring.
        std::int64_t locks = 0;
        std::function<void(Answer)> done;
    };
    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    using Handle = std::unique_ptr<pg_conn, Finish>;

    Pipeline(boost::asio::io_context& io, Handle connection, std::function<void(std::string)> on_lost);
    ~Pipeline();
    void start();
    void run(Command command);           // `done` after its transaction is committed
    void close(const std::string& why);  // everything unanswered is lost; on_lost is not told

  private:
    void arm_flush();
    void flush();
    bool send(std::span<const Command> commands);
    void write();
    void read();
    void receive();
    void finish_batch();
    void lost();

    boost::asio::io_context& io_;
    Handle connection_;
    boost::asio::posix::stream_descriptor socket_;
    std::function<void(std::string)> on_lost_;
    std::vector<Command> waiting_, batch_;
    std::vector<Command> alone_;           // of a batch that was refused: one at a time
    std::vector<std::size_t> executions_;  // of the batch: of how many commands each, in their order
    std::vector<Answer> answers_;          // to each execution
    bool busy_ = false, armed_ = false, refused_ = false;
};

}  // namespace ims::hss
