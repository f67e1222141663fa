#include "common/sigcomp/replay.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

// sigcomp-run: lines "COMPARTMENT HEX" on standard input, a line "ok HEX" or "fail REASON" for each.
int main(int argc, char** argv) {
    CLI::App app{
        "Decompresses SigComp messages (RFC 3320). Standard input has a line for each message: COMPARTMENT "
        "HEX, where\n"
        "COMPARTMENT is any word that names the sender and HEX one complete message. States that messages "
        "create are\n"
        "kept in their compartment until the end. Each line is answered on standard output: ok HEX, with the "
        "text, or\n"
        "fail REASON, with the reason code of RFC 4077. Empty lines and lines that begin with # are passed "
        "over."};
    ims::sigcomp::Parameters offers;
    bool stream = false;
    app.add_option("--cycles-per-bit", offers.cycles_per_bit, "16, 32, 64 or 128")->capture_default_str();
    app.add_option("--decompression-memory-size", offers.decompression_memory_size,
                   "octets: 2048, 4096 ... 131072")
        ->capture_default_str();
    app.add_option("--state-memory-size", offers.state_memory_size,
                   "octets of a compartment: 0, 2048 ... 131072")
        ->capture_default_str();
    int version = offers.version;
    app.add_option("--sigcomp-version", version, "1, or 2 with NACKs")
        ->capture_default_str()
        ->check(CLI::Range(1, 255));
    app.add_flag("--stream", stream, "the messages came over TCP (without record marks): half of the memory");
    app.footer("Exit status: 0, or 1 if a message failed, or 2 if the options are wrong.");
    try {
        app.parse(argc, argv);
        offers.version = static_cast<std::uint8_t>(version);
        if (!valid(offers)) throw CLI::ValidationError{"parameters", "not a value that RFC 3320 3.3.1 lists"};
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    using ims::sigcomp::TransportKind;
    ims::sigcomp::Replay replay{offers, stream ? TransportKind::StreamBased : TransportKind::MessageBased};
    for (std::string line; std::getline(std::cin, line);)
        if (const auto answer = replay.line(line)) std::cout << *answer << std::endl;
    return replay.failed() ? 1 : 0;
}
