#include "common/sip/proxy/branch.hpp"

#include "common/base/text.hpp"
#include "common/sip/transaction/key.hpp"

#include <charconv>
#include <cstring>

namespace ims::sip {

namespace {

// FNV-1a, but eight octets at a time; RFC 5393 4.2.4 asks for no more than that collisions be rare.
class Hash {
  public:
    explicit Hash(std::uint64_t seed) : value_{seed ^ 0xcbf29ce484222325ULL} {}
    Hash& operator<<(std::string_view text) {
        mix(text.size());  // where one part ends
        for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t)))
            mix(word(text.substr(0, sizeof(std::uint64_t))));
        if (!text.empty()) mix(word(text));
        return *this;
    }
    std::uint64_t value() const { return value_; }

  private:
    static std::uint64_t word(std::string_view octets) {
        std::uint64_t word = 0;
        std::memcpy(&word, octets.data(), octets.size());
        return word;
    }
    void mix(std::uint64_t word) {
        value_ ^= word;
        value_ *= 0x100000001b3ULL;
        value_ ^= value_ >> 32U;  // high octets of a word would not reach the low ones else
    }
    std::uint64_t value_;
};

constexpr char stateless_mark = 's';  // no hexadecimal digit

void append_hex(std::string& out, std::uint64_t number) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
    out.append(digits, end);
}

std::optional<std::uint64_t> take_hex(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc{}) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

}  // namespace

BranchMaker::BranchMaker(std::uint64_t secret, std::string instance)
    : secret_{secret}, prefix_{std::string{magic_cookie} + std::move(instance) + "."} {}

std::string BranchMaker::branch(std::uint64_t client, std::optional<std::uint64_t> part2) const {
    std::string text;
    text.reserve(prefix_.size() + 34);
    text += prefix_;
    append_hex(text, client);
    if (part2) {
        text += '.';
        append_hex(text, *part2);
    }
    return text;
}

std::optional<std::uint64_t> BranchMaker::client_of(std::string_view branch) const {
    if (!branch.starts_with(prefix_)) return {};
    branch.remove_prefix(prefix_.size());
    return take_hex(branch);
}

std::string BranchMaker::stateless_branch(const Message& request) const {
    const bool of_invite = request.method() == Method::Ack || request.method() == Method::Cancel;
    Hash hash{secret_};
    hash << server_key(request, request.top_via(), of_invite ? Method::Invite : request.method());
    auto text = prefix_ + stateless_mark;
    append_hex(text, hash.value());
    return text;
}

bool BranchMaker::is_stateless(std::string_view branch) const {
    return branch.starts_with(prefix_) && branch.substr(prefix_.size()).starts_with(stateless_mark);
}

std::uint64_t BranchMaker::part2(const Message& request) const {
    Hash hash{secret_};
    std::string uri;
    request.request_uri().print(uri);
    hash << uri << request.call_id() << std::to_string(request.cseq_number());
    request.each_raw(HeaderId::Route, [&](std::string_view route) { hash << route; });
    if (const auto served = request.raw(HeaderId::PServedUser)) hash << *served;
    return hash.value();
}

bool BranchMaker::loops(const Message& request, std::uint64_t part2) const {
    bool found = false;
    request.each_raw(HeaderId::Via, [&](std::string_view line) {
        for (auto at = line.find(prefix_); at != std::string_view::npos; at = line.find(prefix_)) {
            line.remove_prefix(at + prefix_.size());
            if (!take_hex(line) || !line.starts_with('.')) continue;  // no part 2: not proxied, so no loop
            line.remove_prefix(1);
            found = found || take_hex(line) == part2;
        }
    });
    return found;
}

std::string BranchMaker::local_tag(const Message& request) const {
    Hash hash{~secret_};
    hash << request.call_id() << request.from_tag() << std::to_string(request.cseq_number());
    std::string tag;
    append_hex(tag, hash.value());
    return tag;
}

}  // namespace ims::sip
