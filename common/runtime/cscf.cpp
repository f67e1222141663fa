#include "common/runtime/cscf.hpp"

#include "common/compression/log_lines.hpp"
#include "common/crypto/seal.hpp"
#include "common/diameter/net/service.hpp"
#include "common/diameter/peer/log_lines.hpp"
#include "common/ipsec/kernel/log_lines.hpp"
#include "common/ipsec/kernel/orders.hpp"
#include "common/runtime/buffered_random.hpp"
#include "common/runtime/cx_measurements.hpp"
#include "common/runtime/node_loop.hpp"
#include "common/runtime/process.hpp"
#include "common/runtime/sections.hpp"
#include "common/runtime/state_files.hpp"
#include "common/runtime/trace_route.hpp"
#include "common/runtime/tracing.hpp"
#include "common/runtime/wall_clock.hpp"
#include "common/sip/net/log_lines.hpp"
#include "common/sip/net/resolver.hpp"
#include "common/sip/net/transports.hpp"
#include "common/sip/proxy/log_lines.hpp"

#include <algorithm>
#include <exception>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::runtime {

namespace {

// What a configuration file says about a CSCF.
struct Settings {
    CscfSections sections;
    std::optional<diameter::Config> diameter;
    CscfProgram::Build build;
    std::vector<ipsec::Transform> transforms;  // of IPsec, best first
    bool goes_without_ipsec = false;
    std::optional<Compression::Config> sigcomp;
    bool udp_encapsulation = false;
};

void collect_sigcomp(const sigcomp::Endpoint& endpoint, Exposition& out) {
    const auto& c = endpoint.counters();
    const auto count = [&](std::string_view name, std::string_view help, std::uint64_t received,
                           std::uint64_t sent) {
        out.counter(name, help, static_cast<double>(received), {{"direction", "received"}});
        out.counter(name, help, static_cast<double>(sent), {{"direction", "sent"}});
    };
    count("sigcomp_messages_total", "SigComp messages (RFC 3320).", c.received, c.sent);
    count("sigcomp_bytes_total", "Octets of SigComp messages, as they were on the wire.", c.received_octets,
          c.sent_octets);
    count("sigcomp_text_bytes_total", "Octets of SIP that they stood for.", c.received_text_octets,
          c.sent_text_octets);
    for (std::size_t i = 0; i < c.refused.size(); ++i)
        if (c.refused[i] != 0)
            out.counter("sigcomp_nacks_sent_total", "SigComp messages refused, by reason (RFC 4077).",
                        static_cast<double>(c.refused[i]),
                        {{"reason", std::string{sigcomp::reason_text(static_cast<sigcomp::Reason>(i))}}});
    out.counter("sigcomp_nacks_received_total", "SigComp messages that UEs refused.",
                static_cast<double>(c.nacks_received));
    out.counter("sigcomp_compartments_refused_total", "Times that sigcomp_compartments was reached.",
                static_cast<double>(c.compartments_refused));
    out.gauge("sigcomp_compartments", "Compartments of UEs.", static_cast<double>(endpoint.compartments()));
    out.gauge("sigcomp_state_bytes", "Octets of states and remembered texts in all compartments.",
              static_cast<double>(endpoint.octets()));
}

void collect_strangers(const Strangers::Counters& c, Exposition& out) {
    out.counter("sigcomp_strangers_messages_total", "SigComp messages of senders without a compartment.",
                static_cast<double>(c.messages));
    out.counter("sigcomp_strangers_cycles_total", "What they used, in cycles of about the same time each.",
                static_cast<double>(c.cycles));
    out.counter("sigcomp_strangers_dropped_total", "Those that came when strangers had no cycles left.",
                static_cast<double>(c.refused));
}

constexpr std::chrono::seconds after_a_failure{10};  // state is tried to be written again

std::int64_t wall_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(wall_clock()).time_since_epoch().count();
}

class CscfHost final : public Hosted {
  public:
    CscfHost(Process& process, const CscfProgram& program, Settings settings)
        : process_{process},
          program_{program},
          settings_{std::move(settings)},
          memory_{settings_.sections.trace.octets},
          tracing_{process_, memory_, settings_.sections.trace, [this] { return transports_.listening(); }},
          state_timer_{process.io()},
          resolver_{process.io(), settings_.sections.resolver,
                    [this](sip::dns::Answer a) { loop_->handle(std::move(a)); }},
          transports_{process.io(), settings_.sections.transports,
                      [this](sip::Transports::Event e) { on_wire(std::move(e)); }, &turn_},
          mappings_{process.io()} {}
    ~CscfHost() override {
        if (mappings_.is_open()) mappings_.release();
    }

    bool start(std::string& why) override;
    void drain() override { loop_->drain(); }
    bool idle() const override { return node_->idle(); }
    void stop(std::function<void()> stopped) override;
    void reload(Document& document, const std::vector<std::string>& changed_keys) override;
    bool takes_while_running(std::string_view key) const;
    Health health() const override;
    void collect(Exposition& out) const override;

  private:
    bool listen(std::string& why);
    std::vector<IpAddress> further(const sip::ListeningPoint& point) const;
    bool begin_ipsec(std::string& why);
    void await_mappings();
    void restore();
    void write_state_soon();
    void write_state();
    void not_saved(const std::string& why);
    void reload_certificates(const Document& document, std::string& changed);
    void offer_commands();
    bool start_diameter(std::string& why);
    void on_wire(sip::Transports::Event event);
    void arrived(sip::Received& received);
    void execute(Effect& effect);
    void transmit(sip::Transmit& transmit);
    void said_by_compression(Effects& effects);
    void order(const ipsec::Order& order);
    void note(const Note& note);
    void measure(const cx::AnswerArrived& answer);
    void measure(const cx::SendFailed& failure);
    void measure(const cx::RequestArrived& request);
    std::vector<std::string> listening() const;

    Turn turn_;  // what one event makes P-, I- or S-CSCF send, SIP and Diameter, leaves together
    Process& process_;
    const CscfProgram& program_;
    Settings settings_;
    crypto::SystemRandom system_random_;
    BufferedRandom random_{system_random_};
    CxMeasurements cx_;
    trace::Memory memory_;
    Tracing tracing_;
    boost::asio::steady_timer state_timer_;
    std::optional<StateFiles> state_;  // nothing: the node keeps nothing, or is not to
    bool will_write_ = false;
    std::unique_ptr<Node> node_;
    std::unique_ptr<Compression> compression_;  // null: no SigComp here
    std::unique_ptr<NodeLoop> loop_;
    sip::Resolver resolver_;
    sip::Transports transports_;
    std::unique_ptr<diameter::Service> diameter_;
    std::optional<ipsec::Orders> ipsec_;
    boost::asio::posix::stream_descriptor mappings_;  // of ipsec_, which owns it
};

bool CscfHost::start(std::string& why) {
    if (!resolver_.usable(why)) {
        why = "dns: " + why;
        return false;
    }
    const auto& tls = settings_.sections.tls;
    if (tls && !transports_.use_certificates(*tls, why)) {
        why = "tls: " + why;
        return false;
    }
    if (!listen(why) || !begin_ipsec(why)) return false;
    node_ = settings_.build(settings_.sections.element, random_);
    if (program_.needs_flow)
        transports_.keep_idle([this](const sip::Flow& flow) { return program_.needs_flow(*node_, flow); });
    if (auto* compressing = dynamic_cast<Compressing*>(node_.get()); compressing && settings_.sigcomp)
        compression_ = std::make_unique<Compression>(*settings_.sigcomp, *compressing);
    loop_ =
        std::make_unique<NodeLoop>(process_.io(), *node_, turn_, memory_, [this](Effect& e) { execute(e); });
    add_trace_route(process_, memory_, [this] { return listening(); });
    offer_commands();
    const auto& state_file = settings_.sections.state_file;
    if (const auto format = node_->state_format(); !format.empty() && !state_file.empty()) {
        state_.emplace(process_.io(), state_file, std::string{format});
        restore();
        loop_->on_changes([this] { write_state_soon(); });
    } else {
        loop_->on_changes([this] { node_->forget_changes(); });
    }
    if (ipsec_)
        loop_->handle(ipsec::Report{ipsec_->started()});
    else if (!settings_.transforms.empty())
        loop_->handle(ipsec::Report{ipsec::Started{settings_.transforms}});
    return start_diameter(why);
}

// The other addresses of an SCTP endpoint.
std::vector<IpAddress> CscfHost::further(const sip::ListeningPoint& point) const {
    if (point.transport != sip::Transport::Sctp) return {};
    for (const auto& endpoint : settings_.sections.sctp)
        if (endpoint.first() == point.endpoint)
            return {endpoint.addresses.begin() + 1, endpoint.addresses.end()};
    return {};
}

// Listens first: a node wants to know its ports, also where the configuration says 0.
bool CscfHost::listen(std::string& why) {
    for (auto& point : settings_.sections.element.listen) {
        const auto listening = transports_.listen(point.transport, point.endpoint, further(point));
        if (!listening) {
            why = "listen " + std::string{sip::transport_text(point.transport)} + " " +
                  point.endpoint.text() + ": " + listening.error();
            return false;
        }
        point.endpoint = *listening;
        for (const auto port : point.client_ports) {
            if (point.transport != sip::Transport::Udp) continue;  // one socket, and connections bind to it
            const auto opened = transports_.open_client_port({point.endpoint.address, port});
            if (opened) continue;
            why = "protected client port " + point.endpoint.address.uri_text() + ":" + std::to_string(port) +
                  ": " + opened.error();
            return false;
        }
        process_.note(Note{Severity::Info, "sip.net.listening"}
                          .with("transport", std::string{sip::transport_text(point.transport)})
                          .with("address", listening->text()));
    }
    return true;
}

// Where there are protected ports, the kernel is asked whether it can do what is wanted, before anybody is
// promised it.
bool CscfHost::begin_ipsec(std::string& why) {
    std::vector<IpAddress> own;
    std::vector<std::uint16_t> ports;
    for (const auto& point : settings_.sections.element.listen) {
        if (point.client_ports.empty()) continue;
        if (std::find(own.begin(), own.end(), point.endpoint.address) == own.end())
            own.push_back(point.endpoint.address);
        ports = point.client_ports;
        ports.push_back(point.endpoint.port);
    }
    if (own.empty()) return true;
    auto orders =
        ipsec::Orders::begin(own, std::move(ports), settings_.transforms, [this](const Note& n) { note(n); });
    if (!orders && settings_.goes_without_ipsec) {
        note(Note{Severity::Warning, "ipsec.kernel.none"}.with("reason", orders.error()));
        return true;
    }
    if (!orders) {
        why = "ipsec: " + orders.error();
        return false;
    }
    ipsec_.emplace(std::move(*orders));
    if (!settings_.udp_encapsulation) return true;
    if (const auto reason = ipsec_->encapsulate(own))
        note(Note{Severity::Warning, "ipsec.kernel.no_encapsulation"}.with("reason", *reason));
    else
        await_mappings();
    return true;
}

// Annex M: the kernel sees where the NAT of a UE sends from.
void CscfHost::await_mappings() {
    if (!mappings_.is_open()) mappings_.assign(ipsec_->mapping_descriptor());
    mappings_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this](const boost::system::error_code& cancelled) {
                             if (cancelled) return;
                             ipsec_->tell_mappings([this](ipsec::Report r) { loop_->handle(std::move(r)); });
                             await_mappings();
                         });
}

void CscfHost::offer_commands() {
    if (program_.show_associations)
        process_.admin_route("GET", program_.associations_path,
                             [this](const HttpRequest& request, const HttpServer::Reply& reply) {
                                 const auto standing = ipsec_
                                                           ? ipsec_->list([this](const Note& n) { note(n); })
                                                           : std::vector<ipsec::State>{};
                                 reply(program_.show_associations(
                                     *node_, request, std::chrono::steady_clock::now(), standing));
                             });
    for (const auto& command : program_.commands)
        process_.admin_route("POST", command.path,
                             [this, &command](const HttpRequest& request, const HttpServer::Reply& reply) {
                                 // The admin port has no passwords: who may log in here may order.
                                 if (!request.remote.address.is_loopback())
                                     return reply({403, "orders are taken from this machine only\n"});
                                 HttpResponse response;
                                 loop_->act([&](TimePoint now, Effects& out) {
                                     response = command.run(*node_, request, now, out);
                                 });
                                 reply(std::move(response));
                             });
}

bool CscfHost::start_diameter(std::string& why) {
    if (!settings_.diameter) return true;
    const auto sink = [this](diameter::Service::Event event) {
        std::visit(overloaded{
                       [this](Note& n) { note(n); },
                       [this](auto& e) {
                           measure(e);
                           loop_->handle(std::move(e));
                       },
                   },
                   event);
    };
    diameter_ = std::make_unique<diameter::Service>(process_.io(), *settings_.diameter, sink, &turn_);
    diameter_->tap([this](const diameter::Service::Wire& wire) {
        if (tracing_.on()) tracing_.see(wire);
    });
    try {
        diameter_->start();
    } catch (const std::exception& e) {
        why = std::string{"diameter: "} + e.what();
        return false;
    }
    return true;
}

void CscfHost::measure(const cx::AnswerArrived& answer) {
    cx_.arrived(answer, std::chrono::steady_clock::now());
}
void CscfHost::measure(const cx::SendFailed& failure) {
    cx_.failed(failure, std::chrono::steady_clock::now());
}
void CscfHost::measure(const cx::RequestArrived& request) {
    cx_.asked(request, std::chrono::steady_clock::now());
}

// What the shell itself has to say; the node's notes are in its turns already.
void CscfHost::note(const Note& note) {
    process_.note(note);
    memory_.note(note, wall_clock());
}

std::vector<std::string> CscfHost::listening() const {
    std::vector<std::string> texts;
    for (const auto& [transport, endpoint] : transports_.listening())
        texts.push_back(std::string{sip::transport_text(transport)} + " " + endpoint.text());
    return texts;
}

void CscfHost::on_wire(sip::Transports::Event event) {
    std::visit(overloaded{
                   [this](Note& n) { note(n); },
                   [this](sip::Received& received) { arrived(received); },
                   [this](sip::FlowClosed& closed) {
                       if (compression_) compression_->closed(closed.flow);
                       loop_->handle(closed);
                   },
                   [this](auto& e) { loop_->handle(std::move(e)); },
               },
               event);
}

void CscfHost::arrived(sip::Received& received) {
    if (compression_) {
        Effects said;
        const bool for_the_node = compression_->receive(received, std::chrono::steady_clock::now(), said);
        if (!said.empty()) said_by_compression(said);
        if (!for_the_node) return;
    }
    if (!tracing_.on()) return loop_->handle(std::move(received));
    tracing_.see(received);
    loop_->handle(std::move(received));
    tracing_.turn_over();
}

void CscfHost::transmit(sip::Transmit& transmit) {
    if (tracing_.on()) tracing_.see(transmit);
    if (!compression_) return transports_.send(std::move(transmit));
    Effects said;
    const auto id = transmit.id;
    const bool can_be_sent = compression_->send(transmit, said);
    if (can_be_sent) transports_.send(std::move(transmit));
    if (!said.empty()) said_by_compression(said);
    if (!can_be_sent && id != 0)
        loop_->handle(sip::TransportFailed{id, "too large for SigComp, which its connection carries"});
}

void CscfHost::said_by_compression(Effects& effects) {
    for (auto& effect : effects) {
        if (auto* t = std::get_if<sip::Transmit>(&effect)) transports_.send(std::move(*t));
        if (const auto* n = std::get_if<Note>(&effect)) note(*n);
    }
}

void CscfHost::execute(Effect& effect) {
    std::visit(
        overloaded{
            [this](sip::Transmit& t) { transmit(t); },
            [this](sip::dns::Query& q) { resolver_.ask(std::move(q)); },
            [this](cx::Send& s) {
                cx_.sent(s, std::chrono::steady_clock::now());
                if (diameter_) return diameter_->send(std::move(s));
                loop_->handle(cx::SendFailed{s.id, cx::SendFailed::Reason::NoPeer, "no Diameter here"});
            },
            [this](cx::Reply& r) {
                cx_.answered(r, std::chrono::steady_clock::now());
                if (diameter_) diameter_->reply(std::move(r));
            },
            [this](ipsec::Order& o) { order(o); },
            [this](Note& n) { process_.note(n); },
        },
        effect);
}

// Reports come in a later turn, as everything from the outside does.
void CscfHost::order(const ipsec::Order& order) {
    if (!ipsec_) return;  // no protected ports, so nobody orders
    ipsec_->carry_out(
        order, [this](ipsec::Report r) { loop_->handle(std::move(r)); }, [this](const Note& n) { note(n); });
    // Associations outlive a process that is killed, so what is known of them must too.
    if (state_ && state_->is_complete()) write_state();
}

// ---- state

void CscfHost::restore() {
    std::string why;
    const auto saved = state_->read(why);
    if (!saved && why.empty()) return;
    const auto now = std::chrono::steady_clock::now();
    const auto wall = wall_ms();
    if (saved && node_->restore(saved->records(now, wall), now, why)) {
        // A journal that was only begun has no line of time.
        const auto written = saved->written_ms() == 0 ? wall : saved->written_ms();
        const std::chrono::milliseconds age{std::max<std::int64_t>(wall - written, 0)};
        process_.note(Note{Severity::Info, "process.state.restored"}
                          .with("file", state_->path())
                          .with("age", duration_text(std::chrono::floor<std::chrono::seconds>(age)))
                          .with("detail", std::to_string(saved->size()) + " records"));
        loop_->wake();
        if (state_->join(*saved, why)) return;
        not_saved(why);
        return write_state_soon();
    }
    process_.note(
        Note{Severity::Error, "process.state.refused"}.with("file", state_->path()).with("reason", why));
    std::string ignored;
    state_->set_aside(ignored);
}

// What changes together, and what changes again, is written once.
void CscfHost::write_state_soon() {
    if (std::exchange(will_write_, true)) return;
    const auto interval = settings_.sections.state_interval;
    state_timer_.expires_after(state_->is_complete() ? interval
                                                     : std::max<Duration>(interval, after_a_failure));
    state_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        will_write_ = false;
        write_state();
    });
}

void CscfHost::write_state() {
    std::string why;
    std::string records;
    const auto now = std::chrono::steady_clock::now();
    node_->write_changes(now, records);
    const bool written = state_->is_complete() ? state_->append(records, wall_ms(), why)
                                               : state_->rewrite(node_->save(now), wall_ms(), why);
    if (!written) {
        not_saved(why);
        return write_state_soon();
    }
    state_->tidy([this](const std::string& failed) { not_saved(failed); });
}

void CscfHost::not_saved(const std::string& why) {
    process_.note(
        Note{Severity::Error, "process.state.not_saved"}.with("file", state_->path()).with("reason", why));
}

// ---- Hosted

void CscfHost::stop(std::function<void()> stopped) {
    if (state_) {
        write_state();
        state_->stop();
    }
    state_timer_.cancel();
    loop_->stop();
    transports_.close();
    if (mappings_.is_open()) mappings_.release();
    if (ipsec_) ipsec_->end([this](const Note& n) { note(n); });
    if (!diameter_) return stopped();
    diameter_->stop(std::move(stopped));
}

// The files behind the paths have changed, or the paths. What cannot be used leaves the old ones in use.
void CscfHost::reload_certificates(const Document& document, std::string& changed) {
    const auto tls = read_cscf(document.root()).tls;
    if (!tls) return;
    std::string why;
    if (!transports_.use_certificates(*tls, why))
        return note(Note{Severity::Error, "sip.net.tls.certificates.refused"}.with("reason", why));
    settings_.sections.tls = tls;
    changed += "tls";
}

// Keys that reload() puts into force, or that it or the process speaks of itself.
bool CscfHost::takes_while_running(std::string_view key) const {
    const auto is_in = [key](std::string_view section) {
        return key == section || (key.starts_with(section) && key.substr(section.size()).starts_with('.'));
    };
    return is_in("log") || is_in("admin") || is_in("drain_limit") || is_in("tls") ||
           (is_in("routes") && program_.reload_routes != nullptr) ||
           (is_in(program_.name) && program_.reload_own != nullptr);
}

void CscfHost::reload(Document& document, const std::vector<std::string>& changed_keys) {
    std::string changed;
    std::string needs_restart;
    for (const auto& key : changed_keys)
        if (!takes_while_running(key)) needs_restart += (needs_restart.empty() ? "" : ", ") + key;
    reload_certificates(document, changed);
    if (program_.reload_routes) {
        settings_.sections.element.locator.routes = read_routes(document.root());
        program_.reload_routes(*node_, settings_.sections.element.locator);
        changed += changed.empty() ? "routes" : ", routes";
    }
    if (program_.reload_own) {
        const CscfCommon common{
            settings_.sections.element, settings_.diameter.value_or(diameter::Config{}), {}, false, {}};
        for (const auto& key : program_.reload_own(*node_, document.root().section(program_.name), common))
            needs_restart += (needs_restart.empty() ? "" : ", ") + program_.name + "." + key;
        changed += (changed.empty() ? "" : ", ") + program_.name;
    }
    process_.note(Note{needs_restart.empty() ? Severity::Info : Severity::Warning, "process.reload.node"}
                      .with("changed", changed)
                      .with("needs_restart", needs_restart));
}

Health CscfHost::health() const {
    Health health;
    for (const auto& [transport, endpoint] : transports_.listening())
        health.checks.emplace_back(to_lower(sip::transport_text(transport)) + " " + endpoint.text(),
                                   "listening");
    if (!diameter_) return health;
    for (const auto& peer : diameter_->peers())
        health.checks.emplace_back("diameter " + peer.identity, peer.state);
    health.ok = diameter_->any_open();
    return health;
}

void CscfHost::collect(Exposition& out) const {
    for (const auto& gauge : node_->gauges()) out.gauge(gauge.name, gauge.help, gauge.value);
    const auto c = transports_.counters();
    for (std::size_t i = 0; i < c.transports.size(); ++i) {
        const auto transport = static_cast<sip::Transport>(i);
        const auto& of = c.of(transport);
        const auto name = to_lower(sip::transport_text(transport));
        const Labels labels{{"transport", name}};
        out.counter("sip_net_received_total", "SIP messages received, of datagrams keep-alives too.",
                    static_cast<double>(of.received), labels);
        out.counter("sip_net_sent_total", "SIP messages sent.", static_cast<double>(of.sent), labels);
        if (transport == sip::Transport::Udp) continue;
        out.gauge("sip_net_connections", "Connections alive.", static_cast<double>(of.connections), labels);
        if (transport == sip::Transport::Tcp || transport == sip::Transport::Sctp) continue;
        out.counter("sip_net_handshakes_failed_total",
                    "Who connected and did not get through the handshake of TLS or WebSocket.",
                    static_cast<double>(of.handshakes_failed), labels);
    }
    out.counter("sip_net_received_bytes_total", "Octets received.", static_cast<double>(c.octets_received));
    out.counter("sip_net_sent_bytes_total", "Octets sent.", static_cast<double>(c.octets_sent));
    out.counter("sip_net_keepalives_total", "Keep-alives received.", static_cast<double>(c.keepalives));
    out.counter("sip_net_refused_total", "Datagrams, messages and connections refused.",
                static_cast<double>(c.refused));
    tracing_.collect(out);
    if (compression_) {
        collect_sigcomp(compression_->endpoint(), out);
        collect_strangers(compression_->strangers().counters(), out);
    }
    if (!diameter_) return;
    cx_.collect(out);
    for (const auto& peer : diameter_->peers())
        out.gauge("diameter_peer_open", "1 if the connection to the peer is open (RFC 6733 5.6).",
                  peer.state == "I-Open" || peer.state == "R-Open" ? 1 : 0, {{"peer", peer.identity}});
}

}  // namespace

int run_cscf(int argc, const char* const* argv, const CscfProgram& cscf) {
    Program program;
    program.name = cscf.name;
    program.description = cscf.description;
    program.log_lines = {cscf.log_lines, sip::log_lines, sip::net::log_lines};
    program.measurements = cscf.measurements;
    if (cscf.diameter) program.log_lines.push_back(diameter::log_lines);
    if (cscf.show_associations) program.log_lines.push_back(ipsec::log_lines);
    if (cscf.sigcomp) program.log_lines.push_back(compression::log_lines);
    program.configure = [&cscf](Section root) -> Program::Make {
        Settings settings;
        settings.sections = read_cscf(root);
        if (cscf.diameter) settings.diameter = read_diameter(root.section("diameter"));
        CscfCommon common{
            settings.sections.element, settings.diameter.value_or(diameter::Config{}), {}, false, {}};
        settings.build = cscf.configure(root.section(cscf.name), common);
        settings.sections.element.listen = std::move(common.element.listen);
        settings.transforms = std::move(common.transforms);
        settings.goes_without_ipsec = common.goes_without_ipsec;
        settings.sigcomp = common.sigcomp;
        if (common.sigcomp)
            settings.sections.transports.sigcomp_octets =
                common.sigcomp->endpoint.offers.decompression_memory_size;
        settings.udp_encapsulation = common.udp_encapsulation;
        return [&cscf, settings = std::move(settings)](Process& process) -> std::unique_ptr<Hosted> {
            return std::make_unique<CscfHost>(process, cscf, settings);
        };
    };
    return run_program(argc, argv, program);
}

}  // namespace ims::runtime
