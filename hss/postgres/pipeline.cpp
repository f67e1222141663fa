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

// What locks nothing comes first, by statement, so that those that have a form for many are neighbours; then
// what locks, by the row.
std::pair<std::int64_t, std::string_view> order(const Pipeline::Command& command) {
    return {command.locks, command.locks == 0 ? command.statement->name : ""};
}

std::vector<std::string> arrays_of(std::span<const Pipeline::Command> commands, std::size_t count) {
    std::vector<std::string> arrays(count);
    std::vector<const std::optional<std::string>*> row;
    static const std::optional<std::string> null;
    for (const auto& command : commands) {
        row.assign(count, &null);
        for (std::size_t n = 0; n < command.parameters.size(); ++n)
            row.at(command.statement->place_in_many(n)) = &command.parameters[n];
        for (std::size_t n = 0; n < count; ++n) add_to_array(arrays[n], *row[n]);
    }
    for (auto& a : arrays) a += '}';
    return arrays;
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
        std::ranges::stable_sort(batch_, {}, order);
    }
    busy_ = true;
    // Only neighbours share an execution, so that locks stay in their order.
    for (auto rest = std::span<const Command>{batch_}; !rest.empty();) {
        const auto* many = rest.front().statement->many;
        const auto other = [&](const Command& c) { return !many || c.statement->many != many; };
        const auto end = std::find_if(rest.begin() + 1, rest.end(), other);
        const auto count = static_cast<std::size_t>(end - rest.begin());
        if (!send(rest.first(count))) return lost();
        executions_.push_back(count);
        rest = rest.subspan(count);
    }
    if (PQpipelineSync(connection_.get()) == 0) return lost();
    write();
}

// One execution for all of them: one command, or some that have the same form for many.
bool Pipeline::send(std::span<const Command> commands) {
    const auto& statement = *commands.front().statement;
    const char* name = statement.name;
    std::vector<const char*> values;
    std::vector<std::string> arrays;
    if (commands.size() == 1) {
        for (const auto& p : commands.front().parameters) values.push_back(p ? p->c_str() : nullptr);
    } else {
        name = statement.many->name;
        arrays = arrays_of(commands, statement.many->parameters);
        for (const auto& a : arrays) values.push_back(a.c_str());
    }
    return PQsendQueryPrepared(connection_.get(), name, static_cast<int>(values.size()), values.data(),
                               nullptr, nullptr, 0) != 0;
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
    const auto executions = std::exchange(executions_, {});
    auto answers = std::exchange(answers_, {});
    busy_ = false;
    if (!std::exchange(refused_, false)) {
        auto command = batch.begin();
        for (std::size_t n = 0; n < executions.size(); ++n) {
            if (executions[n] == 1)
                (command++)->done(std::move(answers[n]));
            else
                for (auto& rows : answers[n]->by_ordinal(executions[n])) (command++)->done(std::move(rows));
        }
    } else if (batch.size() == 1) {
        batch.front().done(std::move(answers.back()));  // of the statement, or of the commit after it
    } else {
        for (auto& command : batch) alone_.push_back(std::move(command));
        std::ranges::reverse(alone_);
    }
    if (connection_ && (!waiting_.empty() || !alone_.empty())) arm_flush();
}

// The owner hears of it before those who wait do: what they ask for again goes to another connection.
void Pipeline::lost() {
    const std::string why = PQerrorMessage(connection_.get());
    const auto tell = on_lost_;
    tell(why);
    close(why);
}

void Pipeline::close(const std::string& why) {
    if (!connection_) return;
    if (socket_.is_open()) socket_.release();
    connection_.reset();
    executions_.clear();
    std::vector<Command> unanswered;
    for (auto* list : {&batch_, &alone_, &waiting_})
        for (auto& command : std::exchange(*list, {})) unanswered.push_back(std::move(command));
    for (auto& command : unanswered) command.done(Failure{true, why});
}

}  // namespace ims::hss
