#include "common/runtime/trace_route.hpp"

#include "common/runtime/wall_clock.hpp"
#include "common/trace/question.hpp"

#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace ims::runtime {

namespace {

constexpr std::size_t most_keys = 1'000;

std::vector<std::string> keys_of(std::string_view query) {
    std::vector<std::string> keys;
    while (!query.empty() && keys.size() < most_keys) {
        const auto end = query.find('&');
        const auto one = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (!one.starts_with("about=")) continue;
        if (auto key = percent_decoded(one.substr(6), true); key && !key->empty())
            keys.push_back(std::move(*key));
    }
    return keys;
}

// Asks on: a shelf, then whatever else the loop has to do.
void go_on(boost::asio::io_context& io, std::shared_ptr<trace::Question> question,
           std::function<void(const std::string&)> done) {
    if (!question->step()) return done(question->answer());
    boost::asio::post(io, [&io, question = std::move(question), done = std::move(done)]() mutable {
        go_on(io, std::move(question), std::move(done));
    });
}

}  // namespace

void add_trace_route(Process& process, const trace::Memory& memory,
                     std::function<std::vector<std::string>()> listening) {
    const auto handle = [&process, &memory, listening = std::move(listening)](
                            const HttpRequest& request, const HttpServer::Reply& reply) {
        if (!memory.on()) return reply({404, "nothing is remembered: trace.octets is 0\n"});
        auto keys = keys_of(request.query);
        if (keys.empty())
            return reply({400, "ask about an IMSI, MSISDN, IMPI, IMPU, Call-ID or ICID: /trace?about=KEY\n"});
        go_on(process.io(), std::make_shared<trace::Question>(memory, std::move(keys)),
              [&process, reply, at = listening()](const std::string& answer) {
                  reply({200, trace::account_of(process.name(), wall_clock(), at, answer) + "\n",
                         "application/json"});
              });
    };
    process.admin_route("GET", "/trace", handle);
}

}  // namespace ims::runtime
