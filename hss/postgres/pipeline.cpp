#include "hss/postgres/pipeline.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <libpq-fe.h>

namespace ims::hss {
namespace {

constexpr std::size_t most_in_a_batch = 128;

// PostgreSQL ends sessions with class 57P (shutdown, crash, cannot connect now).
bool session_is_over(const PGresult* result) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state && std::string_view{state}.starts_with("57P");
}

}  // namespace

void Pipeline::Finish::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

Pipeline::Pipeline(boost::asio::io_context& io, Handle connection, std::function<void(std::string)> on_lost)
    : io_{io}, connection_{std::move(connection)}, socket_{io}, on_lost_{std::move(on_lost)} {}

Pipeline::~Pipeline() {
    if (socket_.is_open()) socket_.release();  // libpq's, closed by PQfinish
}

void Pipeline::start() {
    PQsetnonblocking(connection_.get(), 1);
    PQenterPipelineMode(connection_.get());
    socket_.assign(PQsocket(connection_.get()));
    read();
}

void Pipeline::run(Command command) {
    if (!connection_) return command.done(Failure{true, "closed"});
    waiting_.push_back(std::move(command));
    arm_flush();
}

// At the end of this turn of the loop, so that what one turn asks for goes together.
void Pipeline::arm_flush() {
    if (busy_ || armed_) return;
    armed_ = true;
    boost::asio::post(io_, [self = shared_from_this()] {
        self->armed_ = false;
        self->flush();
    });
}

void Pipeline::flush() {
    if (!connection_ || busy_ || (waiting_.empty() && alone_.empty())) return;
    if (!alone_.empty()) {
        batch_.push_back(std::move(alone_.back()));
        alone_.pop_back();
    } else {
        const auto count = std::min(waiting_.size(), most_in_a_batch);
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
        batch_.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
        waiting_.erase(waiting_.begin(), end);
        std::ranges::stable_sort(batch_, {}, &Command::locks);
    }
    busy_ = true;
    std::vector<const char*> values;
    for (const auto& command : batch_) {
        values.clear();
        for (const auto& p : command.parameters) values.push_back(p ? p->c_str() : nullptr);
        if (PQsendQueryPrepared(connection_.get(), command.statement, static_cast<int>(values.size()),
                                values.data(), nullptr, nullptr, 0) == 0)
            return lost();
    }
    if (PQpipelineSync(connection_.get()) == 0) return lost();
    write();
}

void Pipeline::write() {
    const auto left = PQflush(connection_.get());
    if (left < 0) return lost();
    if (left == 0) return;
    socket_.async_wait(boost::asio::posix::descriptor_base::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (!error && self->connection_) self->write();
                       });
}

void Pipeline::read() {
    socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error || !self->connection_) return;
                           self->receive();
                           if (self->connection_) self->read();
                       });
}

void Pipeline::receive() {
    if (PQconsumeInput(connection_.get()) == 0) return lost();
    while (busy_ && PQisBusy(connection_.get()) == 0) {
        PGresult* result = PQgetResult(connection_.get());
        if (!result) continue;  // stands between the results of two statements
        Rows rows{result};
        switch (PQresultStatus(result)) {
            case PGRES_PIPELINE_SYNC: finish_batch(); break;
            case PGRES_TUPLES_OK:
            case PGRES_COMMAND_OK: answers_.emplace_back(std::move(rows)); break;
            default:
                // The rest of the batch says PGRES_PIPELINE_ABORTED.
                if (PQstatus(connection_.get()) != CONNECTION_OK || session_is_over(result)) return lost();
                answers_.emplace_back(Failure{false, PQresultErrorMessage(result)});
                refused_ = true;
        }
        if (!connection_) return;
    }
}

void Pipeline::finish_batch() {
    auto batch = std::exchange(batch_, {});
    auto answers = std::exchange(answers_, {});
    busy_ = false;
    if (std::exchange(refused_, false) && batch.size() > 1) {
        for (auto& command : batch) alone_.push_back(std::move(command));
        std::ranges::reverse(alone_);
    } else {
        // A commit that is refused answers once more than there are statements.
        for (std::size_t n = 0; n < batch.size(); ++n)
            batch[n].done(std::move(answers.size() > batch.size() ? answers.back() : answers[n]));
    }
    if (connection_ && (!waiting_.empty() || !alone_.empty())) arm_flush();
}

void Pipeline::lost() {
    const std::string why = PQerrorMessage(connection_.get());
    const auto tell = on_lost_;
    close(why);
    tell(why);
}

void Pipeline::close(const std::string& why) {
    if (!connection_) return;
    if (socket_.is_open()) socket_.release();
    connection_.reset();
    std::vector<Command> unanswered;
    for (auto* list : {&batch_, &alone_, &waiting_})
        for (auto& command : std::exchange(*list, {})) unanswered.push_back(std::move(command));
    for (auto& command : unanswered) command.done(Failure{true, why});
}

}  // namespace ims::hss
