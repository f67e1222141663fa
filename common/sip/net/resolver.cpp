#include "common/sip/net/resolver.hpp"

#include "common/sip/net/dns_message.hpp"
#include "common/sip/net/socket_address.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>

#include <ares.h>
#include <arpa/nameser.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/time.h>

namespace ims::sip {

namespace {

using boost::asio::ip::udp;
using boost::asio::posix::stream_descriptor;
using boost::system::error_code;

struct Watch {
    Watch(boost::asio::io_context& io, int fd) : descriptor{io, fd} {}
    ~Watch() { release(); }
    void release() {  // c-ares closes it
        if (descriptor.is_open()) descriptor.release();
    }
    stream_descriptor descriptor;
    bool want_read = false, want_write = false, reading = false, writing = false;
};

// A question that waits until it is known where the servers are; with the answer it has if they have not
// moved.
struct Postponed {
    dns::Query query;
    std::optional<dns::Answer> failure;
};

}  // namespace

struct Resolver::Impl : std::enable_shared_from_this<Resolver::Impl> {
    Impl(boost::asio::io_context& io_context, ResolverConfig c, Sink s, Lookup l)
        : io{io_context},
          config{std::move(c)},
          sink{std::move(s)},
          timer{io_context},
          system{io_context},
          lookup{std::move(l)} {}
    ~Impl() {
        if (channel != nullptr) ares_destroy(channel);
    }

    void open();
    void use(const std::vector<IpEndpoint>& list);
    void ask(dns::Query query);
    void send(dns::Query query, bool again);
    void on_answer(dns::Answer a, bool again);
    void answer(dns::Answer a);
    void ask_the_system(const ResolverConfig::NamedServer& server, const Found& found_at);
    void look_for_servers();
    void servers_found();
    void on_socket_state(int fd, bool readable, bool writable);
    void watch(const std::shared_ptr<Watch>& w);
    void process(int read_fd, int write_fd);
    void arm();

    boost::asio::io_context& io;
    ResolverConfig config;
    Sink sink;
    boost::asio::steady_timer timer;
    ares_channel channel = nullptr;
    std::string broken;
    // named servers
    udp::resolver system;
    Lookup lookup;
    std::vector<IpEndpoint> servers, found;  // in use; of the look under way
    std::size_t looks = 0;                   // names whose addresses are awaited
    std::string unknown;                     // why a name has none
    std::vector<Postponed> postponed;
    std::unordered_map<int, std::shared_ptr<Watch>> watches;
    bool closed = false;
};

namespace {

// What c-ares carries from ares_query() to its callback.
struct Asked {
    Resolver::Sink tell;
    dns::Query query;
};

void on_ares_answer(void* argument, int status, int, unsigned char* octets, int length) {
    const std::unique_ptr<Asked> asked{static_cast<Asked*>(argument)};
    if (status == ARES_EDESTRUCTION) return;
    dns::Answer answer{std::move(asked->query), {}, false, {}};
    switch (status) {
        case ARES_SUCCESS:
            if (auto records =
                    dns::parse_answer({octets, static_cast<std::size_t>(length)}, answer.query.type)) {
                answer.records = std::move(*records);
            } else {
                answer.failed = true;
                answer.detail = "malformed answer";
            }
            break;
        case ARES_ENOTFOUND: answer.detail = "no such name"; break;
        case ARES_ENODATA: answer.detail = "no such record"; break;
        case ARES_EBADNAME: answer.detail = "not a domain name"; break;
        default:
            answer.failed = true;
            answer.detail = ares_strerror(status);
            break;
    }
    asked->tell(std::move(answer));
}

}  // namespace

void Resolver::Impl::open() {
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    options.timeout =
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(config.timeout).count());
    options.tries = static_cast<int>(config.attempts);
    options.sock_state_cb_data = this;
    options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
        static_cast<Impl*>(self)->on_socket_state(fd, readable != 0, writable != 0);
    };
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS) status = ares_init_options(&channel, &options, mask);
    if (status != ARES_SUCCESS)
        broken = ares_strerror(status);
    else if (!config.servers.empty() && config.named_servers.empty())
        use(config.servers);
}

void Resolver::Impl::use(const std::vector<IpEndpoint>& list) {
    std::string text;
    for (const auto& server : list) text += (text.empty() ? "" : ",") + server.text();
    const int status = ares_set_servers_ports_csv(channel, text.c_str());
    if (status != ARES_SUCCESS) broken = ares_strerror(status);
}

// ---- servers that have names

void Resolver::Impl::ask_the_system(const ResolverConfig::NamedServer& server, const Found& found_at) {
    system.async_resolve(server.host, std::to_string(server.port), udp::resolver::numeric_service,
                         [self = shared_from_this(), found_at](const error_code& error, const auto& results) {
                             std::vector<IpEndpoint> at;
                             for (const auto& result : results) at.push_back(endpoint_of(result.endpoint()));
                             if (!self->closed) found_at(std::move(at), error ? error.message() : "");
                         });
}

void Resolver::Impl::look_for_servers() {
    if (looks > 0) return;
    looks = config.named_servers.size();
    found = config.servers;
    for (const auto& server : config.named_servers)
        lookup(server, [this, host = server.host](std::vector<IpEndpoint> at, const std::string& why) {
            if (at.empty()) unknown = "name server " + host + ": " + why;
            found.insert(found.end(), at.begin(), at.end());
            if (looks == 1) servers_found();
            // What failed meanwhile waits for the next look.
            if (--looks == 0 && !postponed.empty()) look_for_servers();
        });
}

void Resolver::Impl::servers_found() {
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    const bool moved = !found.empty() && found != servers;
    if (moved) {
        ares_cancel(channel);  // c-ares takes other servers only when nothing is under way
        servers = found;
        use(servers);
    }
    for (auto& w : std::exchange(postponed, {})) {
        if (moved || (!w.failure && !servers.empty()))
            send(std::move(w.query), w.failure.has_value());
        else if (w.failure)
            answer(std::move(*w.failure));
        else
            answer({std::move(w.query), {}, true, unknown});
    }
}

// ---- questions

void Resolver::Impl::answer(dns::Answer a) {
    // c-ares may answer from within ares_query() (a bad name, a server that refuses at once).
    boost::asio::post(io, [self = shared_from_this(), a = std::move(a)]() mutable {
        if (!self->closed) self->sink(std::move(a));
    });
}

void Resolver::Impl::on_answer(dns::Answer a, bool again) {
    if (!a.failed || again || config.named_servers.empty()) return answer(std::move(a));
    auto query = a.query;
    postponed.push_back({std::move(query), std::move(a)});
    look_for_servers();
}

void Resolver::Impl::ask(dns::Query query) {
    if (config.named_servers.empty() || (looks == 0 && !servers.empty()))
        return send(std::move(query), false);
    postponed.push_back({std::move(query), {}});
    look_for_servers();
}

void Resolver::Impl::send(dns::Query query, bool again) {
    if (!broken.empty()) return answer({std::move(query), {}, true, broken});
    const auto name = query.name;
    const auto type = dns::type_number(query.type);
    auto asked = std::make_unique<Asked>(
        Asked{[this, again](dns::Answer a) { on_answer(std::move(a), again); }, std::move(query)});
    ares_query(channel, name.c_str(), ns_c_in, type, on_ares_answer, asked.release());
    arm();
}

void Resolver::Impl::on_socket_state(int fd, bool readable, bool writable) {
    if (!readable && !writable) {
        // At once, even if a handler still holds it: c-ares is about to close it and may open another of the
        // same number.
        if (const auto it = watches.find(fd); it != watches.end()) {
            it->second->release();
            watches.erase(it);
        }
        return;
    }
    auto& w = watches[fd];
    if (!w) w = std::make_shared<Watch>(io, fd);
    w->want_read = readable;
    w->want_write = writable;
    watch(w);
}

void Resolver::Impl::watch(const std::shared_ptr<Watch>& w) {
    const int fd = w->descriptor.native_handle();
    const auto on_ready = [this, fd, weak = std::weak_ptr{w}](bool Watch::*waiting, bool Watch::*wanted,
                                                              bool read) {
        return [keep = shared_from_this(), this, fd, weak, waiting, wanted, read](const error_code& error) {
            const auto still = weak.lock();
            if (!still) return;  // c-ares closed it; the number may be another socket by now
            (*still).*waiting = false;
            if (error) return;
            if ((*still).*wanted) process(read ? fd : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : fd);
            if (!weak.expired() && watches.contains(fd) && watches.at(fd) == still) watch(still);
        };
    };
    if (w->want_read && !std::exchange(w->reading, true))
        w->descriptor.async_wait(stream_descriptor::wait_read,
                                 on_ready(&Watch::reading, &Watch::want_read, true));
    if (w->want_write && !std::exchange(w->writing, true))
        w->descriptor.async_wait(stream_descriptor::wait_write,
                                 on_ready(&Watch::writing, &Watch::want_write, false));
}

void Resolver::Impl::process(int read_fd, int write_fd) {
    if (closed) return;
    ares_process_fd(channel, read_fd, write_fd);
    arm();
}

void Resolver::Impl::arm() {
    timeval storage{};
    const auto* wait = ares_timeout(channel, nullptr, &storage);
    if (wait == nullptr) {
        timer.cancel();
        return;
    }
    timer.expires_after(std::chrono::seconds{wait->tv_sec} + std::chrono::microseconds{wait->tv_usec} + 1ms);
    timer.async_wait([self = shared_from_this()](const error_code& cancelled) {
        if (!cancelled) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

Resolver::Resolver(boost::asio::io_context& io, ResolverConfig config, Sink sink, Lookup lookup)
    : impl_{std::make_shared<Impl>(io, std::move(config), std::move(sink), std::move(lookup))} {
    if (!impl_->lookup)
        impl_->lookup = [impl = impl_.get()](const ResolverConfig::NamedServer& server,
                                             const Found& found_at) {
            impl->ask_the_system(server, found_at);
        };
    impl_->open();
}

Resolver::~Resolver() {
    impl_->closed = true;
    impl_->timer.cancel();
    impl_->system.cancel();
    if (impl_->channel != nullptr) ares_destroy(std::exchange(impl_->channel, nullptr));
    impl_->watches.clear();
}

bool Resolver::usable(std::string& why) const {
    why = impl_->broken;
    return why.empty();
}

void Resolver::ask(dns::Query query) {
    impl_->ask(std::move(query));
}

}  // namespace ims::sip
