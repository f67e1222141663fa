#include "tests/ue/shell/options.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace ims::ue {

namespace {

// The options as they are written; what they mean together is decided after all are known.
struct Words {
    std::string imsi, mcc, mnc, impi, impu, domain;
    std::string k, op, opc, top, topc, amf, password;
    std::uint64_t sqn = 0;
    std::string pcscf, local;
    std::string ipsec, nat;
    bool sigcomp = false;
    std::string tls_ca, tls_name, tls_certificate, tls_key, ws_path;
    bool tls_any = false;
    sip::Transport transport = sip::Transport::Udp;
    std::string algorithm, instance;
    std::int64_t expires = 600'000;
    double ring = 1, patience = 60, t1 = 2;
    bool auto_answer = false, no_100rel = false, no_rtp = false, subscribe = false, no_authorization = false;
    bool gruu = false;
    Misbehaviour misbehaviour = Misbehaviour::None;
};

struct Mistake {
    std::string what;
};

template <std::size_t N>
std::array<std::uint8_t, N> octets(const std::string& option, const std::string& text) {
    const auto value = unhex(text);
    if (!value || value->size() != N)
        throw Mistake{option + " wants " + std::to_string(2 * N) + " hexadecimal digits"};
    std::array<std::uint8_t, N> out{};
    std::copy(value->begin(), value->end(), out.begin());
    return out;
}

crypto::AkaKeys keys_of(const Words& w) {
    if (!w.top.empty() || !w.topc.empty()) {
        const auto k = unhex(w.k);
        if (!k || (k->size() != 16 && k->size() != 32))
            throw Mistake{"--k wants 32 or 64 hexadecimal digits for TUAK"};
        crypto::TuakKeys keys{.k = *k, .topc = {}};
        keys.topc = w.topc.empty() ? *crypto::tuak_topc(*k, octets<32>("--top", w.top))
                                   : octets<32>("--topc", w.topc);
        return keys;
    }
    const auto k = octets<16>("--k", w.k);
    if (!w.opc.empty()) return crypto::MilenageKeys{k, octets<16>("--opc", w.opc)};
    if (w.op.empty()) throw Mistake{"a card wants --op or --opc (or --top or --topc) beside --k"};
    return crypto::MilenageKeys{k, crypto::milenage_opc(k, octets<16>("--op", w.op))};
}

IpEndpoint endpoint(const std::string& option, const std::string& text, std::uint16_t port) {
    if (const auto address = IpAddress::parse(text)) return {*address, port};
    if (text.size() > 2 && text.front() == '[' && text.back() == ']')
        if (const auto address = IpAddress::parse(std::string_view{text}.substr(1, text.size() - 2)))
            return {*address, port};
    if (const auto whole = IpEndpoint::parse(text)) return *whole;
    throw Mistake{option + " wants an address or address:port, not " + text};
}

void identities(Words& w, Config& config) {
    if (!w.imsi.empty()) {
        const bool digits = std::all_of(w.imsi.begin(), w.imsi.end(), is_digit);
        if (!digits || w.imsi.size() < 6 || w.imsi.size() > 15) throw Mistake{"--imsi wants 6 to 15 digits"};
        if (w.mcc.empty()) w.mcc = w.imsi.substr(0, 3);
        if (w.mnc.empty()) w.mnc = w.imsi.substr(3, 2);
        if (w.domain.empty()) w.domain = home_domain(w.mcc, w.mnc);
        if (w.impi.empty()) w.impi = impi_of_imsi(w.imsi, w.domain).value();
        if (w.impu.empty()) w.impu = temporary_impu_of_imsi(w.imsi, w.domain).value();
    }
    if (w.impi.empty() || w.impu.empty()) throw Mistake{"who is it? --imsi, or --impi and --impu"};
    if (w.domain.empty()) {
        const auto at = w.impi.find('@');
        if (at == std::string::npos) throw Mistake{"--domain is needed: --impi has none"};
        w.domain = w.impi.substr(at + 1);
    }
    config.impi = Impi{w.impi};
    config.impu = Impu{w.impu};
    config.domain = w.domain;
}

std::vector<ipsec::Transform> transforms(std::string_view names) {
    std::vector<ipsec::Transform> list;
    if (names == "all") return ipsec::all_transforms();
    while (!names.empty()) {
        const std::string name{names.substr(0, names.find(','))};
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        const auto transform = ipsec::parse_transform(name);
        if (!transform || !transform->valid())
            throw Mistake{"--ipsec wants pairs of TS 33.203 annex H, such as hmac-sha-1-96/aes-cbc, not " +
                          name};
        list.push_back(*transform);
    }
    return list;
}

std::uint16_t usual_port(sip::Transport transport) {
    if (transport == sip::Transport::Ws) return 8080;
    if (transport == sip::Transport::Wss) return 7443;
    return sip::default_port(transport);
}

Duration duration(double seconds) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

void configure(Words& w, Options& out) {
    auto& config = out.ue;
    identities(w, config);
    if (!w.password.empty())
        config.credentials = Password{w.password};
    else if (!w.k.empty())
        config.credentials = Card{.keys = keys_of(w), .sqn_ms = w.sqn, .scheme = {}};
    else
        throw Mistake{"a card (--k) or a password (--password) is needed"};

    config.pcscf = endpoint("--pcscf", w.pcscf, usual_port(w.transport));
    if (!w.local.empty()) config.local = endpoint("--local", w.local, 0);
    config.transport = w.transport;
    if (!w.tls_any) config.pcscf_name = w.tls_name.empty() ? config.pcscf.address.text() : w.tls_name;
    if (w.tls_certificate.empty() != w.tls_key.empty())
        throw Mistake{"--tls-certificate and --tls-key belong together"};
    out.tls = {
        .certificate = w.tls_certificate, .key = w.tls_key, .ca = w.tls_ca, .verify_servers = !w.tls_any};
    out.web_socket_path = w.ws_path;
    config.ipsec.transforms = transforms(w.ipsec);
    config.sigcomp = w.sigcomp;
    if (!w.nat.empty()) {
        if (w.ipsec.empty()) throw Mistake{"--nat goes with --ipsec"};
        config.ipsec.outside = endpoint("--nat", w.nat, 0).address;
    }
    const auto t1 = duration(w.t1);
    config.timers = {t1, std::max(t1, 8 * t1),
                     std::max(t1, duration(w.t1 * 8.5))};  // 24.229 table 7.7.1: 2, 16 and 17 s

    if (!w.algorithm.empty()) config.algorithm = w.algorithm;
    config.authorization_in_first_register = !w.no_authorization;
    config.instance = w.instance;
    config.expires = std::chrono::seconds{w.expires};
    config.subscribe_to_reg_event = w.subscribe;
    config.gruu = w.gruu;
    config.answering = w.auto_answer ? Answering::Automatic : Answering::Manual;
    config.ring = duration(w.ring);
    config.reliable_provisional = !w.no_100rel;
    config.misbehaviour = w.misbehaviour;
    out.patience = duration(w.patience);
    out.rtp = !w.no_rtp;
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
    CLI::App app{
        "A test UE for an IMS network: registers with a software USIM or a password, calls, answers, sends "
        "messages.\n"
        "ims-ue sim-check --help: holds a challenge of a network against the keys of a card.\n"
        "Usage: ims-ue --pcscf ADDR[:PORT] --imsi IMSI --k HEX --opc HEX [OPTIONS] STEP...",
        "ims-ue"};
    app.prefix_command();
    app.set_version_flag("--version", std::string{"ims-ue "} + IMS_VERSION);
    app.footer("\n" + std::string{script_help});

    Options out;
    Words w;
    const std::map<std::string, sip::Transport> transports{
        {"udp", sip::Transport::Udp}, {"tcp", sip::Transport::Tcp}, {"tls", sip::Transport::Tls},
        {"ws", sip::Transport::Ws},   {"wss", sip::Transport::Wss}, {"sctp", sip::Transport::Sctp}};
    const std::map<std::string, Misbehaviour> misbehaviours{
        {"wrong-response", Misbehaviour::WrongResponse},
        {"no-answer-to-mac", Misbehaviour::NoAnswerToMac},
        {"never-answers", Misbehaviour::NeverAnswers},
        {"no-ack", Misbehaviour::NoAck},
        {"answers-in-clear", Misbehaviour::AnswersInClear},
        {"changes-security-verify", Misbehaviour::ChangesSecurityVerify}};

    auto* who = app.add_option_group("Identity");
    who->add_option("--imsi", w.imsi, "from which the rest is made (TS 23.003 13)");
    who->add_option("--mcc", w.mcc, "default: the first three digits of the IMSI");
    who->add_option("--mnc", w.mnc, "default: the next two");
    who->add_option("--impi", w.impi, "private identity, if not from the IMSI");
    who->add_option("--impu", w.impu, "public identity to register, if not from the IMSI");
    who->add_option("--domain", w.domain, "home network domain, if not from the IMSI or --impi");

    auto* card = app.add_option_group("Authentication");
    card->add_option("--k", w.k, "key of the card, hexadecimal")->envname("IMS_UE_K");
    card->add_option("--op", w.op, "Milenage OP");
    card->add_option("--opc", w.opc, "Milenage OPc, instead of OP")->envname("IMS_UE_OPC");
    card->add_option("--top", w.top, "TUAK TOP: the card is a TUAK card");
    card->add_option("--topc", w.topc, "TUAK TOPc, instead of TOP");
    card->add_option("--amf", w.amf, "accepted beside --k; a card takes AMF from the challenge");
    card->add_option("--sqn", w.sqn, "SQN_MS of the card, decimal: ahead of the network's it resynchronises");
    card->add_option("--password", w.password, "SIP Digest instead of a card")->envname("IMS_UE_PASSWORD");
    card->add_option("--algorithm", w.algorithm, "announced in the first REGISTER, such as AKAv2-SHA-256");
    card->add_flag("--no-authorization", w.no_authorization, "the first REGISTER has no Authorization");

    auto* network = app.add_option_group("Network");
    network->add_option("--pcscf", w.pcscf, "ADDR[:PORT] of the P-CSCF")->required();
    network->add_option("--local", w.local,
                        "ADDR[:PORT] of the UE; default: any port of the address towards the P-CSCF");
    network
        ->add_option(
            "--transport", w.transport,
            "udp (default), tcp, tls, ws, wss or sctp; the port of --pcscf is then 5060, 5061, 8080 or 7443")
        ->transform(CLI::CheckedTransformer(transports, CLI::ignore_case).description(""));
    network->add_flag("--sigcomp", w.sigcomp,
                      "compress what goes to the P-CSCF, and ask it to do the same (SigComp, RFC 3320)");
    network->add_option("--tls-ca", w.tls_ca, "PEM file of the roots to believe; default: the system's");
    network->add_option("--tls-name", w.tls_name,
                        "whom the P-CSCF's certificate must speak of; default: the address in --pcscf");
    network->add_flag("--tls-any", w.tls_any, "believes every certificate");
    network->add_option("--tls-certificate", w.tls_certificate, "PEM file of one to show");
    network->add_option("--tls-key", w.tls_key, "its key");
    network->add_option("--ws-path", w.ws_path, "of the WebSocket, / if not given");
    network->add_option(
        "--ipsec", w.ipsec,
        "security associations with the P-CSCF: the pairs to offer, such as hmac-sha-1-96/aes-cbc "
        "null/aes-gcm, or all; needs CAP_NET_ADMIN and a kernel with ESP");
    network->add_option(
        "--nat", w.nat,
        "ADDR by which a NAT shows this UE: ESP in UDP is offered too (TS 33.203 annex M); the "
        "address must be this host's too, on any interface");
    network->add_option("--t1", w.t1, "timer T1 in seconds, 2 as TS 24.229 has it for a UE")
        ->check(CLI::Range(0.05, 60.0));

    auto* how = app.add_option_group("Behaviour");
    how->add_option("--expires", w.expires, "seconds asked for")->check(CLI::Range(0L, 0xffffffffL));
    how->add_option("--instance", w.instance, "+sip.instance, a URN; default: made from the IMPI");
    how->add_flag("--gruu", w.gruu, "asks for GRUUs and gives the public one as Contact (RFC 5627)");
    how->add_flag("--subscribe", w.subscribe, "subscribes to the reg event");
    how->add_flag("--auto-answer", w.auto_answer, "takes every call by itself");
    how->add_option("--ring", w.ring, "seconds before it does")->check(CLI::Range(0.0, 3600.0));
    how->add_flag("--no-100rel", w.no_100rel, "no reliable provisional responses");
    how->add_flag("--no-rtp", w.no_rtp, "no media, and no check of it");
    how->add_option("--patience", w.patience, "seconds to wait for others")->check(CLI::Range(0.1, 1e6));
    how->add_option("--misbehave", w.misbehaviour,
                    "wrong-response, no-answer-to-mac, never-answers, no-ack, answers-in-clear or "
                    "changes-security-verify")
        ->transform(CLI::CheckedTransformer(misbehaviours, CLI::ignore_case).description(""));

    auto* telling = app.add_option_group("Output");
    telling->add_flag("--json", out.json, "events, one JSON object a line");
    telling->add_flag("--trace", out.trace,
                      "the SIP sent and received as a ladder (with --json on standard error)");
    telling->add_flag("--trace-full", out.trace_full, "the ladder with the whole messages");
    telling->add_flag("-v,--verbose", out.verbose, "notes of the SIP stack, on standard error");

    try {
        app.parse(argc, argv);
        configure(w, out);
        auto script = parse_script(app.remaining());
        if (!script) throw Mistake{script.error()};
        out.script = std::move(*script);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    } catch (const Mistake& m) {
        std::fprintf(stderr, "ims-ue: %s\nims-ue --help tells more.\n", m.what.c_str());
        return 2;
    }
    out.trace = out.trace || out.trace_full;
    return out;
}

}  // namespace ims::ue
