#include "common/why/shell/exit_status.hpp"
#include "common/why/shell/options.hpp"
#include "common/why/shell/trace_command.hpp"
#include "common/why/verdict.hpp"

#include <fstream>
#include <iostream>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ims::why {

namespace {

Story ask_all(const Options& options) {
    std::vector<std::string> names;
    for (const auto& s : options.services) names.push_back(s.name + " (" + s.admin.text() + ")");
    return gather(options.key, names,
                  [&](std::size_t n, const std::vector<std::string>& keys) -> Result<Account, Silence> {
                      std::string target = "/trace";
                      for (const auto& key : keys)
                          target += (target.size() == 6 ? "?about=" : "&about=") + percent_encoded(key);
                      const auto body = get(options.services[n].admin, target, options.timeout);
                      if (!body) return body.error();
                      return read_account(body->text);
                  });
}

// What a cause hangs on and only the HSS knows; if it does not say, the answer is as good without.
void ask_hss(const Options& options, Story& story) {
    const auto questions = hss_questions(story);
    for (const auto& service : options.services) {
        if (service.name != "hss") continue;
        for (const auto& identity : questions.near_misses_of) {
            const auto body =
                get(service.admin, "/near?identity=" + percent_encoded(identity), options.timeout);
            const auto json = nlohmann::json::parse(body ? body->text : "", nullptr, false);
            if (!json.is_object()) continue;
            auto& near = story.facts.near_misses[identity];
            for (const auto& one : json.value("near", nlohmann::json::array()))
                near.push_back({one.value("identity", ""), one.value("how", "")});
        }
        for (const auto& impi : questions.opc_of) {
            const auto body = get(service.admin, "/opc-check?impi=" + percent_encoded(impi), options.timeout);
            const auto json = nlohmann::json::parse(body ? body->text : "", nullptr, false);
            if (json.is_object()) story.facts.opc_is_op[impi] = json.value("opc_is_op", false);
        }
    }
}

int run(const Options& options) {
    auto story = ask_all(options);
    if (story.accounts.empty()) {
        for (const auto& silent : story.silent) std::cerr << silent << '\n';
        std::cerr << "no service answered: do they run, and are these their admin ports?\n";
        return NoAnswer;
    }
    ask_hss(options, story);
    const auto answer = answer_to(story);
    if (options.html) {
        std::ofstream file{*options.html};
        file << html_of(answer, story);
        if (!file.flush()) {
            std::cerr << "cannot write " << *options.html << '\n';
            return NoAnswer;
        }
    }
    std::cout << (options.json ? json_of(answer, story) : text_of(answer, story));
    const bool failed = answer.verdict.outcome == Verdict::Outcome::Failure ||
                        answer.verdict.outcome == Verdict::Outcome::Nothing;
    return failed ? Failed : NothingFailed;
}

}  // namespace

}  // namespace ims::why

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view{argv[1]} == "trace") return ims::why::run_trace(argc - 1, argv + 1);
    const auto options = ims::why::parse_options(argc, argv);
    if (const auto* status = std::get_if<int>(&options)) return *status;
    return ims::why::run(std::get<ims::why::Options>(options));
}
