#pragma once
#include "common/compression/compression.hpp"
#include "tests/bench/wire.hpp"

#include <chrono>
#include <memory>

namespace ims::bench {

// SigComp on another wire: what the UEs send and hear is text. `ues` must outlive it.
class Compressed final : public Wire {
  public:
    Compressed(std::unique_ptr<Wire> below, Compressing& ues)
        : below_{std::move(below)}, compression_{Compression::Config{}, ues} {}

    void send(sip::Transmit transmit) override {
        Effects said;
        if (compression_.send(transmit, said)) below_->send(std::move(transmit));
        carry_out(said);
    }
    void flush() override { below_->flush(); }
    bool wait(int milliseconds) override { return below_->wait(milliseconds); }
    void receive(const Sink& sink) override {
        below_->receive([&](sip::Transports::Event event) {
            if (const auto* closed = std::get_if<sip::FlowClosed>(&event)) compression_.closed(closed->flow);
            if (auto* received = std::get_if<sip::Received>(&event)) {
                Effects said;
                const bool for_the_ue =
                    compression_.receive(*received, std::chrono::steady_clock::now(), said);
                carry_out(said, &sink);
                if (!for_the_ue) return;
            }
            sink(std::move(event));
        });
    }
    const sigcomp::Endpoint::Counters& counters() { return compression_.endpoint().counters(); }

  private:
    void carry_out(Effects& said, const Sink* sink = nullptr) {
        for (auto& effect : said) {
            if (auto* t = std::get_if<sip::Transmit>(&effect)) below_->send(std::move(*t));
            if (auto* n = std::get_if<Note>(&effect); n != nullptr && sink != nullptr) (*sink)(std::move(*n));
        }
    }

    std::unique_ptr<Wire> below_;
    Compression compression_;
};

}  // namespace ims::bench
