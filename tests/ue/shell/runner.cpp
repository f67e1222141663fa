#include "tests/ue/shell/runner.hpp"

#include "common/compression/compression.hpp"
#include "common/crypto/seal.hpp"
#include "common/ipsec/kernel/orders.hpp"
#include "common/sip/net/transports.hpp"
#include "tests/ue/core/ue.hpp"
#include "tests/ue/shell/ladder.hpp"
#include "tests/ue/shell/report.hpp"
#include "tests/ue/shell/rtp_port.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

namespace ims::ue {

namespace {

using Clock = std::chrono::steady_clock;
using boost::system::error_code;

enum Status : int {  // as script_help tells
    Succeeded = 0,
    RegistrationStatus = 3,
    CallStatus = 4,
    RequestStatus = 5,
    NothingCame = 6,
    NoMedia = 7,
    SocketStatus = 8,
    Interrupted = 130,
};

constexpr Duration talk_time = 5s;             // of `call` without a time
constexpr Duration media_worth_checking = 1s;  // a shorter call says nothing about its media
constexpr double loss_allowed = 0.1;
constexpr int listen_attempts = 20;
constexpr Duration keep_alive_interval = 20s;  // RFC 3948 4

// The address from which the system reaches the P-CSCF.
std::optional<IpAddress> address_towards(const IpEndpoint& pcscf) {
    boost::asio::io_context io;
    error_code error;
    const auto address = boost::asio::ip::make_address(pcscf.address.text(), error);
    boost::asio::ip::udp::socket socket{io};
    const boost::asio::ip::udp::endpoint remote{address, pcscf.port};
    if (!error) socket.open(remote.protocol(), error);
    if (!error) socket.connect(remote, error);
    if (error) return {};
    const auto local = socket.local_endpoint(error);
    if (error) return {};
    return IpAddress::parse(local.address().to_string());
}

struct Failure {
    int status = Succeeded;
    std::string why;
};
using Verdict = std::optional<Failure>;  // nothing: the step succeeded

}  // namespace

struct Runner::Impl {
    explicit Impl(Options o)
        : options{std::move(o)},
          report{options.json},
          ladder{options.json ? stderr : stdout, options.trace_full},
          transports{
              io,
              {.sigcomp_octets =
                   options.ue.sigcomp ? sigcomp::Endpoint::Config{}.offers.decompression_memory_size : 0,
               .socket_buffer = 256 << 10,
               .web_socket = {.path = options.web_socket_path, .origins = {}}},
              [this](sip::Transports::Event e) { on(std::move(e)); }},
          rtp{io},
          signals{io, SIGINT, SIGTERM} {}

    // ---- the wire
    bool open(std::string& why);
    bool open_protected(std::string& why);
    bool open_ports(const IpAddress& address, std::string& why);
    void keep_alive(TimePoint now);
    void on(sip::Transports::Event event);
    void perform(Effects& effects);
    void transmit(sip::Transmit& transmit);
    void said_by_compression(Effects& effects);
    void note(const Note& note) const;

    // ---- the UE
    void command(const std::function<void(Ue&, TimePoint, Effects&)>& command);
    void take_happenings();
    void follow_media(const Happening& happening);
    bool until(const std::function<bool()>& condition, Duration patience);

    // What happened since the step began.
    template <class H>
    const H* last() const;
    template <class H>
    std::vector<H> all() const;
    const CallEnded* ended(CallHandle call) const;

    // ---- steps
    Verdict carry_out(const Step& step);
    Verdict do_register();
    Verdict do_deregister();
    Verdict do_dial(const Step& step);
    Verdict do_call(const Step& step);
    Verdict do_pick_up();
    Verdict do_answer(const Step& step);
    Verdict do_reject(const Step& step);
    Verdict do_media(const Step& step);
    Verdict do_hang_up();
    Verdict do_message(const Step& step);
    Verdict do_receive(const Step& step);
    Verdict do_options(const Step& step);
    Verdict wait_for_call();
    Verdict talk(std::optional<Duration> time);
    Verdict check_media();
    void leave();

    double time() const { return std::chrono::duration<double>(Clock::now() - began).count(); }

    Options options;
    Report report;
    Ladder ladder;
    boost::asio::io_context io;
    crypto::SystemRandom random;
    sip::Transports transports;
    std::optional<ipsec::Orders> ipsec;
    std::unique_ptr<Compression> compression;  // with --sigcomp
    RtpPort rtp;
    boost::asio::signal_set signals;
    std::unique_ptr<Ue> ue;
    TimePoint began = Clock::now();
    TimePoint next_keep_alive = began;
    bool interrupted = false;

    std::vector<Happening> history;
    std::size_t step_began = 0;
    std::deque<IncomingCall> ringing;      // not yet taken or ended
    std::deque<MessageReceived> messages;  // not yet received by a step
    std::optional<CallHandle> call;        // the one that steps speak of
    TimePoint established_at{};
    Duration talked{};
};

// ---- the wire

bool Runner::Impl::open(std::string& why) {
    auto& config = options.ue;
    if (config.local.address.is_unspecified()) {
        const auto address = address_towards(config.pcscf);
        if (!address) {
            why = "no address from which to reach " + config.pcscf.text();
            return false;
        }
        config.local.address = *address;
    }
    const bool secure = config.transport == sip::Transport::Tls || config.transport == sip::Transport::Wss;
    if (secure && !transports.use_certificates(options.tls, why)) return false;
    // The same port for both transports: Contact has one only.
    for (int i = 0; i < listen_attempts; ++i) {
        const auto datagrams = transports.listen(sip::Transport::Udp, config.local);
        if (!datagrams) {
            why = "UDP " + config.local.text() + ": " + datagrams.error();
            return false;
        }
        const auto stream = transports.listen(sip::Transport::Tcp, *datagrams);
        if (stream) {
            config.local = *datagrams;
            break;
        }
        why = "TCP " + datagrams->text() + ": " + stream.error();
        if (config.local.port != 0 || i + 1 == listen_attempts) return false;
    }
    if (config.transport == sip::Transport::Sctp) {
        const auto listening = transports.listen(sip::Transport::Sctp, config.local);
        if (!listening) {
            why = "SCTP " + config.local.text() + ": " + listening.error();
            return false;
        }
    }
    if (!config.ipsec.transforms.empty() && !open_protected(why)) return false;
    if (options.rtp) {
        const auto port = rtp.open(config.local.address);
        if (!port) {
            why = "RTP on " + config.local.address.text() + ": " + port.error();
            return false;
        }
        config.rtp = *port;
    }
    return true;
}

void Runner::Impl::on(sip::Transports::Event event) {
    if (const auto* n = std::get_if<Note>(&event)) return note(*n);
    if (const auto* closed = std::get_if<sip::FlowClosed>(&event); closed != nullptr && compression)
        compression->closed(closed->flow);
    if (auto* r = std::get_if<sip::Received>(&event); r != nullptr && compression) {
        Effects said;
        const bool for_the_ue = compression->receive(*r, std::chrono::steady_clock::now(), said);
        said_by_compression(said);
        if (!for_the_ue) return;
    }
    if (const auto* r = std::get_if<sip::Received>(&event); r != nullptr && options.trace)
        ladder.received(time(), *r->bytes);
    command([&](Ue& u, TimePoint now, Effects& out) {
        std::visit(overloaded{
                       [](Note&) {},
                       [&](auto& e) { u.handle(Event{std::move(e)}, now, out); },
                   },
                   event);
    });
}

bool Runner::Impl::open_ports(const IpAddress& address, std::string& why) {
    const auto& protection = options.ue.ipsec;
    const IpEndpoint server{address, protection.server_port};
    for (const auto transport : {sip::Transport::Udp, sip::Transport::Tcp})
        if (const auto listening = transports.listen(transport, server); !listening) {
            why = "protected server port " + server.text() + ": " + listening.error();
            return false;
        }
    for (const auto port : protection.client_ports) {
        const IpEndpoint client{address, port};
        if (const auto opened = transports.open_client_port(client); !opened) {
            why = "protected client port " + client.text() + ": " + opened.error();
            return false;
        }
    }
    return true;
}

void Runner::Impl::keep_alive(TimePoint now) {
    if (!ipsec || now < next_keep_alive) return;
    next_keep_alive = now + keep_alive_interval;
    if (const auto pcscf = ue->encapsulated_towards()) ipsec->keep_alive(*pcscf);
}

bool Runner::Impl::open_protected(std::string& why) {
    auto& config = options.ue;
    auto& protection = config.ipsec;
    if (protection.server_port == 0) {
        protection.server_port = static_cast<std::uint16_t>(config.local.port + 1);
        for (std::uint16_t n = 2; n <= 5; ++n)
            protection.client_ports.push_back(static_cast<std::uint16_t>(config.local.port + n));
    }
    std::vector<IpAddress> addresses{config.local.address};
    if (protection.outside) addresses.push_back(*protection.outside);
    for (const auto& address : addresses)
        if (!open_ports(address, why)) return false;
    auto ports = protection.client_ports;
    ports.push_back(protection.server_port);
    const auto remark = [this](const Note& n) { note(n); };
    auto begun = ipsec::Orders::begin(addresses, ports, protection.transforms, remark);
    if (!begun) {
        why = "IPsec: " + begun.error();
        return false;
    }
    ipsec.emplace(std::move(*begun));
    if (protection.outside)
        if (const auto reason = ipsec->encapsulate({config.local.address})) {
            why = "ESP in UDP: " + *reason;
            return false;
        }
    // What a UE that was switched off at these ports left in this kernel.
    ipsec->carry_out(
        ipsec::Order{ipsec::Keep{}}, [](const ipsec::Report&) {}, remark);
    return true;
}

void Runner::Impl::perform(Effects& effects) {
    for (auto& effect : effects)
        std::visit(overloaded{
                       [&](sip::Transmit& t) {
                           if (options.trace) ladder.sent(time(), *t.bytes);
                           transmit(t);
                       },
                       [&](const Note& n) { note(n); },
                       [&](const ipsec::Order& o) {
                           if (!ipsec) return;
                           ipsec->carry_out(
                               o,
                               [this](ipsec::Report r) {
                                   boost::asio::post(io, [this, r = std::move(r)] {
                                       command([&](Ue& u, TimePoint now, Effects& out) {
                                           u.handle(Event{r}, now, out);
                                       });
                                   });
                               },
                               [this](const Note& n) { note(n); });
                       },
                       [](const auto&) {},  // neither DNS nor Diameter: the P-CSCF is an address
                   },
                   effect);
}

void Runner::Impl::transmit(sip::Transmit& transmit) {
    if (!compression) return transports.send(std::move(transmit));
    Effects said;
    const auto id = transmit.id;
    const bool can_be_sent = compression->send(transmit, said);
    if (can_be_sent) transports.send(std::move(transmit));
    said_by_compression(said);
    if (can_be_sent) return;
    boost::asio::post(io, [this, id] {
        command([&](Ue& u, TimePoint now, Effects& out) {
            u.handle(sip::TransportFailed{id, "too large for SigComp"}, now, out);
        });
    });
}

void Runner::Impl::said_by_compression(Effects& effects) {
    for (auto& effect : effects) {
        if (auto* t = std::get_if<sip::Transmit>(&effect)) transports.send(std::move(*t));
        if (const auto* n = std::get_if<Note>(&effect)) note(*n);
    }
}

void Runner::Impl::note(const Note& note) const {
    if (!options.verbose) return;
    std::string text{note.id};
    for (const auto& field : note.fields) text += " " + std::string{field.name} + "=" + field.value;
    std::fprintf(stderr, "%9.3f  %s\n", time(), text.c_str());
}

// ---- the UE

void Runner::Impl::command(const std::function<void(Ue&, TimePoint, Effects&)>& command) {
    Effects out;
    command(*ue, Clock::now(), out);
    perform(out);
    take_happenings();
}

void Runner::Impl::take_happenings() {
    for (auto& happening : ue->take_happenings()) {
        const bool ends = std::holds_alternative<CallEnded>(happening);
        if (ends) follow_media(happening);  // what was heard is told before the end
        report.happening(time(), happening);
        if (!ends) follow_media(happening);
        if (const auto* incoming = std::get_if<IncomingCall>(&happening)) ringing.push_back(*incoming);
        if (const auto* message = std::get_if<MessageReceived>(&happening)) messages.push_back(*message);
        history.push_back(std::move(happening));
    }
}

void Runner::Impl::follow_media(const Happening& happening) {
    if (const auto* e = std::get_if<CallEstablished>(&happening)) {
        call = e->call;
        established_at = Clock::now();
        std::erase_if(ringing, [&](const IncomingCall& c) { return c.call == e->call; });
        if (options.rtp && e->remote_media)
            rtp.start(*e->remote_media, e->payload_type, static_cast<std::uint32_t>(random.number()));
    }
    if (const auto* e = std::get_if<MediaChanged>(&happening); e != nullptr && e->remote_media)
        rtp.change(*e->remote_media, e->direction);
    if (const auto* e = std::get_if<CallEnded>(&happening)) {
        std::erase_if(ringing, [&](const IncomingCall& c) { return c.call == e->call; });
        if (call != e->call) return;
        talked = Clock::now() - established_at;
        if (!rtp.running()) return;
        rtp.stop();
        report.rtp(time(), rtp.sent(), rtp.received());
    }
}

// Runs the network and the clock until the condition holds. False if patience or a signal ended it.
bool Runner::Impl::until(const std::function<bool()>& condition, Duration patience) {
    const auto end = Clock::now() + patience;
    while (!condition()) {
        const auto now = Clock::now();
        if (now >= end || interrupted) return false;
        keep_alive(now);
        auto next = ue->next_deadline();
        if (options.ue.ipsec.outside) next = earliest(next, next_keep_alive);
        if (next && *next <= now) {
            command([](Ue& u, TimePoint at, Effects& out) { u.handle_timeout(at, out); });
            continue;
        }
        io.restart();
        io.run_one_until(next ? std::min(*next, end) : end);
    }
    return true;
}

template <class H>
const H* Runner::Impl::last() const {
    for (auto i = history.size(); i > step_began; --i)
        if (const auto* h = std::get_if<H>(&history[i - 1])) return h;
    return nullptr;
}

template <class H>
std::vector<H> Runner::Impl::all() const {
    std::vector<H> out;
    for (auto i = step_began; i < history.size(); ++i)
        if (const auto* h = std::get_if<H>(&history[i])) out.push_back(*h);
    return out;
}

const CallEnded* Runner::Impl::ended(CallHandle handle) const {
    for (const auto& happening : history)
        if (const auto* e = std::get_if<CallEnded>(&happening); e != nullptr && e->call == handle) return e;
    return nullptr;
}

// ---- steps

Verdict Runner::Impl::do_register() {
    command([](Ue& u, TimePoint now, Effects& out) { u.register_(now, out); });
    const bool came =
        until([&] { return last<Registered>() != nullptr || last<RegistrationFailed>() != nullptr; },
              2 * options.patience + 10s);
    if (last<Registered>() != nullptr) return {};
    if (!came) return Failure{RegistrationStatus, "no answer in time"};
    const auto* failed = last<RegistrationFailed>();
    return Failure{RegistrationStatus, failed->status == 0
                                           ? failed->reason
                                           : std::to_string(failed->status) + " " + failed->reason};
}

Verdict Runner::Impl::do_deregister() {
    if (!ue->registered()) return Failure{RegistrationStatus, "not registered"};
    command([](Ue& u, TimePoint now, Effects& out) { u.deregister(now, out); });
    until([&] { return last<Deregistered>() != nullptr || last<RegistrationFailed>() != nullptr; },
          options.patience);
    if (last<Deregistered>() != nullptr) return {};
    const auto* failed = last<RegistrationFailed>();
    return Failure{RegistrationStatus, failed == nullptr
                                           ? "no answer in time"
                                           : std::to_string(failed->status) + " " + failed->reason};
}

Verdict Runner::Impl::do_dial(const Step& step) {
    CallHandle handle;
    command([&](Ue& u, TimePoint now, Effects& out) { handle = u.call(Impu{step.target}, now, out); });
    call = handle;
    until([&] { return last<CallEstablished>() != nullptr || ended(handle) != nullptr; }, options.patience);
    if (last<CallEstablished>() != nullptr) return {};
    if (const auto* e = ended(handle))
        return Failure{CallStatus, std::string{text(e->cause)} +
                                       (e->status != 0 ? " " + std::to_string(e->status) : "") + " " +
                                       e->reason};
    command([&](Ue& u, TimePoint now, Effects& out) { u.hang_up(handle, now, out); });
    return Failure{CallStatus, "not answered in time"};
}

Verdict Runner::Impl::talk(std::optional<Duration> time) {
    const auto handle = *call;
    until([&] { return ended(handle) != nullptr; }, time.value_or(options.patience * 100));
    if (ended(handle) == nullptr && !interrupted)
        if (auto failure = do_hang_up()) return failure;
    if (interrupted) return Failure{Interrupted, "interrupted"};
    const auto cause = ended(handle)->cause;
    if (cause != CallEnded::Cause::HungUp && cause != CallEnded::Cause::PeerHungUp)
        return Failure{CallStatus, std::string{text(cause)}};
    return check_media();
}

Verdict Runner::Impl::check_media() {
    if (!options.rtp || talked < media_worth_checking) return {};
    if (rtp.received().received() == 0) return Failure{NoMedia, "no RTP was received"};
    if (rtp.received().loss() > loss_allowed)
        return Failure{NoMedia, "more than a tenth of the RTP was lost"};
    return {};
}

Verdict Runner::Impl::do_call(const Step& step) {
    if (auto failure = do_dial(step)) return failure;
    return talk(step.time.value_or(talk_time));
}

Verdict Runner::Impl::wait_for_call() {
    if (until([&] { return !ringing.empty() || last<CallEstablished>() != nullptr; }, options.patience))
        return {};
    return Failure{NothingCame, "no call came"};
}

Verdict Runner::Impl::do_pick_up() {
    if (auto failure = wait_for_call()) return failure;
    if (ringing.empty()) return {};  // answered by itself
    const auto handle = ringing.front().call;
    command([&](Ue& u, TimePoint now, Effects& out) { u.answer(handle, now, out); });
    until([&] { return last<CallEstablished>() != nullptr || ended(handle) != nullptr; }, options.patience);
    if (last<CallEstablished>() != nullptr) return {};
    const auto* e = ended(handle);
    return Failure{CallStatus, e == nullptr ? "no ACK in time" : std::string{text(e->cause)}};
}

Verdict Runner::Impl::do_answer(const Step& step) {
    if (auto failure = do_pick_up()) return failure;
    return talk(step.time);
}

Verdict Runner::Impl::do_reject(const Step& step) {
    if (auto failure = wait_for_call()) return failure;
    if (ringing.empty()) return Failure{CallStatus, "it was answered already"};
    const auto handle = ringing.front().call;
    command([&](Ue& u, TimePoint now, Effects& out) { u.reject(handle, step.status, now, out); });
    return {};
}

Verdict Runner::Impl::do_media(const Step& step) {
    if (!call || ended(*call) != nullptr) return Failure{CallStatus, "there is no call"};
    command([&](Ue& u, TimePoint now, Effects& out) {
        if (step.kind == Step::Kind::Hold) u.hold(*call, now, out);
        if (step.kind == Step::Kind::Resume) u.resume(*call, now, out);
        if (step.kind == Step::Kind::Update) u.update(*call, now, out);
    });
    if (until([&] { return last<MediaChanged>() != nullptr || ended(*call) != nullptr; }, options.patience) &&
        last<MediaChanged>() != nullptr)
        return {};
    return Failure{CallStatus, "the other side did not agree"};
}

Verdict Runner::Impl::do_hang_up() {
    if (!call) return Failure{CallStatus, "there is no call"};
    command([&](Ue& u, TimePoint now, Effects& out) { u.hang_up(*call, now, out); });
    if (!until([&] { return ended(*call) != nullptr; }, options.patience))
        return Failure{CallStatus, "nobody answered the BYE"};
    const auto* e = ended(*call);
    if (e->cause == CallEnded::Cause::HungUp && e->status != 200)
        return Failure{CallStatus,
                       "the BYE was answered " + (e->status == 0 ? e->reason : std::to_string(e->status))};
    return {};
}

Verdict Runner::Impl::do_message(const Step& step) {
    RequestHandle handle;
    command([&](Ue& u, TimePoint now, Effects& out) {
        handle = u.message(Impu{step.target}, step.text, now, out);
    });
    const auto delivered = [&] {
        const auto list = all<MessageDelivered>();
        return std::any_of(list.begin(), list.end(),
                           [&](const MessageDelivered& m) { return m.request == handle; });
    };
    until([&] { return delivered() || last<MessageFailed>() != nullptr; }, options.patience * 3);
    if (delivered()) return {};
    const auto* failed = last<MessageFailed>();
    return Failure{RequestStatus,
                   failed == nullptr
                       ? "no answer in time"
                       : (failed->status != 0 ? std::to_string(failed->status) + " " : "") + failed->reason};
}

Verdict Runner::Impl::do_receive(const Step& step) {
    const auto wanted = [&] {
        return std::find_if(messages.begin(), messages.end(), [&](const MessageReceived& m) {
            return step.text.empty() || m.text == step.text;
        });
    };
    if (!until([&] { return wanted() != messages.end(); }, options.patience))
        return Failure{NothingCame, "no such message came"};
    messages.erase(wanted());
    return {};
}

Verdict Runner::Impl::do_options(const Step& step) {
    command([&](Ue& u, TimePoint now, Effects& out) { u.options(Impu{step.target}, now, out); });
    if (!until([&] { return last<OptionsAnswered>() != nullptr; }, options.patience * 3))
        return Failure{RequestStatus, "no answer in time"};
    const auto status = last<OptionsAnswered>()->status;
    if (status >= 200 && status < 300) return {};
    return Failure{RequestStatus, status == 0 ? "no answer" : std::to_string(status)};
}

Verdict Runner::Impl::carry_out(const Step& step) {
    switch (step.kind) {
        case Step::Kind::Register: return do_register();
        case Step::Kind::Deregister: return do_deregister();
        case Step::Kind::Call: return do_call(step);
        case Step::Kind::Dial: return do_dial(step);
        case Step::Kind::Answer: return do_answer(step);
        case Step::Kind::PickUp: return do_pick_up();
        case Step::Kind::Reject: return do_reject(step);
        case Step::Kind::Hold:
        case Step::Kind::Resume:
        case Step::Kind::Update: return do_media(step);
        case Step::Kind::HangUp: return do_hang_up();
        case Step::Kind::Message: return do_message(step);
        case Step::Kind::Receive: return do_receive(step);
        case Step::Kind::Options: return do_options(step);
        case Step::Kind::Wait: until([] { return false; }, *step.time); return {};
        case Step::Kind::Stay:
            until([] { return false; }, std::chrono::hours{24 * 365});
            interrupted = false;  // the signal ended this step and no other
            return {};
    }
    return {};
}

// Nothing is left behind: calls are hung up and their answers awaited; the registration is not touched.
void Runner::Impl::leave() {
    interrupted = false;
    if (ue->calls() > 0) {
        command([](Ue& u, TimePoint now, Effects& out) { u.hang_up(now, out); });
        until([&] { return ue->calls() == 0; }, 2s);
    }
    transports.flush();
    until([] { return false; }, 20ms);
    signals.cancel();
    transports.close();
    if (!ipsec) return;
    // A phone that is switched off forgets its associations.
    const auto remark = [this](const Note& n) { note(n); };
    ipsec->carry_out(
        ipsec::Order{ipsec::Keep{}}, [](const ipsec::Report&) {}, remark);
    ipsec->end(remark);
}

Runner::Runner(Options options) : impl_{std::make_unique<Impl>(std::move(options))} {}
Runner::~Runner() = default;

bool Runner::open() {
    auto& i = *impl_;
    std::string why;
    if (!i.open(why)) {
        i.report.failed(i.time(), "start", why);
        return false;
    }
    i.ue = std::make_unique<Ue>(i.options.ue, i.random);
    if (i.options.ue.sigcomp) i.compression = std::make_unique<Compression>(Compression::Config{}, *i.ue);
    return true;
}

int Runner::run() {
    auto& i = *impl_;
    if (!i.ue && !open()) return SocketStatus;
    if (i.options.trace) i.ladder.heads(i.options.ue.local, i.options.ue.pcscf);
    const std::function<void(error_code, int)> on_signal = [&](error_code error, int) {
        if (error) return;
        i.interrupted = true;
        i.signals.async_wait(on_signal);
    };
    i.signals.async_wait(on_signal);

    int status = Succeeded;
    for (const auto& step : i.options.script) {
        i.report.step(i.time(), step.written);
        i.step_began = i.history.size();
        auto failure = i.carry_out(step);
        if (i.interrupted) failure = Failure{Interrupted, "interrupted"};
        if (!failure) continue;
        i.report.failed(i.time(), step.written, failure->why);
        status = failure->status;
        break;
    }
    i.leave();
    i.report.done(i.time(), status);
    return status;
}

}  // namespace ims::ue
