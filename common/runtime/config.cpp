#include "common/runtime/config.hpp"

#include "common/base/text.hpp"
#include "common/runtime/nearest.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <system_error>

#include <yaml-cpp/yaml.h>

namespace ims::runtime {

namespace detail {

struct ConfigNode {
    enum class Kind : std::uint8_t { Nothing, Scalar, Sequence, Mapping };
    struct Member {
        std::string key;
        unsigned line = 0;
        std::unique_ptr<ConfigNode> value;
    };
    Kind kind = Kind::Nothing;
    unsigned line = 0;
    std::string scalar;
    std::vector<std::unique_ptr<ConfigNode>> items;
    std::vector<Member> members;
    bool entered = false;            // somebody has a Section of it
    std::vector<std::string> asked;  // the keys it was asked for

    ConfigNode* member(std::string_view key) {
        for (auto& m : members)
            if (m.key == key) return m.value.get();
        return nullptr;
    }
};

struct ConfigText {
    std::string file;
    std::unique_ptr<ConfigNode> root;
    std::vector<ConfigError> errors;

    void error(unsigned line, std::string what) { errors.push_back({file, line, std::move(what)}); }
};

}  // namespace detail

namespace {

using detail::ConfigNode;
using detail::ConfigText;
using Kind = ConfigNode::Kind;

// Aliases may make a small file a huge or endless tree.
constexpr unsigned deepest = 32;
constexpr std::size_t most_nodes = 200'000;

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

std::string_view kind_text(Kind k) {
    switch (k) {
        case Kind::Nothing: return "nothing";
        case Kind::Scalar: return "a single value";
        case Kind::Sequence: return "a list";
        case Kind::Mapping: return "a mapping";
    }
    return {};
}

class TreeBuilder {
  public:
    explicit TreeBuilder(ConfigText& text) : text_{text} {}

    std::unique_ptr<ConfigNode> build(const YAML::Node& yaml, unsigned depth = 0) {
        auto node = std::make_unique<ConfigNode>();
        node->line = line_of(yaml);
        if (depth > deepest || ++nodes_ > most_nodes) {
            if (!overgrown_) text_.error(node->line, "nested too deeply or too large");
            overgrown_ = true;
            return node;
        }
        if (yaml.IsScalar()) {
            node->kind = Kind::Scalar;
            node->scalar = yaml.Scalar();
        } else if (yaml.IsSequence()) {
            node->kind = Kind::Sequence;
            for (const auto& item : yaml) node->items.push_back(build(item, depth + 1));
        } else if (yaml.IsMap()) {
            node->kind = Kind::Mapping;
            for (const auto& member : yaml) add_member(*node, member.first, member.second, depth);
        }
        return node;
    }

  private:
    static unsigned line_of(const YAML::Node& yaml) { return static_cast<unsigned>(yaml.Mark().line + 1); }

    void add_member(ConfigNode& mapping, const YAML::Node& key, const YAML::Node& value, unsigned depth) {
        if (!key.IsScalar()) return text_.error(line_of(key), "a key must be a word");
        if (mapping.member(key.Scalar()) != nullptr)
            return text_.error(line_of(key), "key " + quoted(key.Scalar()) + " stands here a second time");
        mapping.members.push_back({key.Scalar(), line_of(key), build(value, depth + 1)});
    }

    ConfigText& text_;
    std::size_t nodes_ = 0;
    bool overgrown_ = false;
};

ConfigNode* ask(ConfigNode* mapping, std::string_view key) {
    if (mapping == nullptr) return nullptr;
    if (std::find(mapping->asked.begin(), mapping->asked.end(), key) == mapping->asked.end())
        mapping->asked.emplace_back(key);
    auto* node = mapping->member(key);
    return node == nullptr || node->kind == Kind::Nothing ? nullptr : node;
}

void report_unknown(ConfigText& text, const ConfigNode& node) {
    for (const auto& item : node.items) report_unknown(text, *item);
    for (const auto& m : node.members) {
        const bool known = std::find(node.asked.begin(), node.asked.end(), m.key) != node.asked.end();
        if (node.entered && !known) {
            const auto guess = nearest(m.key, node.asked);
            text.error(m.line, "unknown key " + quoted(m.key) +
                                   (guess.empty() ? "" : ", did you mean " + quoted(guess) + "?"));
            continue;
        }
        report_unknown(text, *m.value);
    }
}

bool is_empty(const ConfigNode* node) {
    return node == nullptr || node->kind == Kind::Nothing;
}

// Of one value; that a key is absent and that it has nothing behind it is the same.
bool same(const ConfigNode* a, const ConfigNode* b) {
    if (is_empty(a) || is_empty(b)) return is_empty(a) && is_empty(b);
    const auto alike = [](const auto& x, const auto& y) { return same(x.get(), y.get()); };
    const auto has = [b](const ConfigNode::Member& m) {
        return std::any_of(b->members.begin(), b->members.end(), [&](const ConfigNode::Member& n) {
            return n.key == m.key && same(n.value.get(), m.value.get());
        });
    };
    return a->kind == b->kind && a->scalar == b->scalar &&
           std::equal(a->items.begin(), a->items.end(), b->items.begin(), b->items.end(), alike) &&
           a->members.size() == b->members.size() && std::all_of(a->members.begin(), a->members.end(), has);
}

void add_changed(const std::string& path, ConfigNode* before, ConfigNode* after,
                 std::vector<std::string>& out) {
    const auto is_section = [](const ConfigNode* n) { return n != nullptr && n->kind == Kind::Mapping; };
    const bool sections = (is_section(before) || is_empty(before)) && (is_section(after) || is_empty(after));
    if (!sections || (is_empty(before) && is_empty(after))) {
        if (!same(before, after)) out.push_back(path);
        return;
    }
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    if (after != nullptr)
        for (const auto& m : after->members)
            add_changed(below(m.key), before == nullptr ? nullptr : before->member(m.key), m.value.get(),
                        out);
    if (before == nullptr) return;
    for (const auto& m : before->members)
        if (after == nullptr || after->member(m.key) == nullptr)
            add_changed(below(m.key), m.value.get(), nullptr, out);
}

}  // namespace

std::string ConfigError::text() const {
    return file + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + what;
}

// ---- scalars

std::optional<Duration> parse_duration(std::string_view text) {
    const auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
    const auto unit = text.substr(digits.size());
    const auto number = parse_number(digits);
    if (!number || *number > 1'000'000'000) return std::nullopt;
    const auto n = static_cast<std::int64_t>(*number);
    if (unit == "ms") return std::chrono::milliseconds{n};
    if (unit == "s") return std::chrono::seconds{n};
    if (unit == "m" && n <= 10'000'000) return std::chrono::minutes{n};
    if (unit == "h" && n <= 1'000'000) return std::chrono::hours{n};
    if (unit == "d" && n <= 36'500) return std::chrono::hours{24 * n};
    if (unit.empty() && n == 0) return Duration::zero();
    return std::nullopt;
}

std::string duration_text(Duration d) {
    using namespace std::chrono;
    const auto in = [d](auto unit, std::string_view suffix) -> std::optional<std::string> {
        const auto n = duration_cast<decltype(unit)>(d);
        if (n != d) return std::nullopt;
        return std::to_string(n.count()) + std::string{suffix};
    };
    if (d == Duration::zero()) return "0s";
    if (auto text = in(days{}, "d")) return *text;
    if (auto text = in(hours{}, "h")) return *text;
    if (auto text = in(minutes{}, "m")) return *text;
    if (auto text = in(seconds{}, "s")) return *text;
    return std::to_string(duration_cast<milliseconds>(d).count()) + "ms";
}

std::optional<sip::Target> parse_target(std::string_view text) {
    constexpr std::string_view parameter = ";transport=";
    sip::Target target;
    if (const auto at = text.find(';'); at != std::string_view::npos) {
        if (!text.substr(at).starts_with(parameter)) return std::nullopt;
        const auto transport = sip::parse_transport(text.substr(at + parameter.size()));
        if (transport != sip::Transport::Udp && transport != sip::Transport::Tcp &&
            transport != sip::Transport::Tls && transport != sip::Transport::Sctp)
            return std::nullopt;
        target.transport = *transport;
        text = text.substr(0, at);
    }
    if (const auto endpoint = IpEndpoint::parse(text)) {
        target.remote = *endpoint;
        return target;
    }
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    const auto address = IpAddress::parse(text);
    if (!address) return std::nullopt;
    target.remote = {*address, 0};
    return target;
}

std::optional<bool> ConfigValue<bool>::parse(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

std::optional<double> ConfigValue<double>::parse(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<std::chrono::seconds> ConfigValue<std::chrono::seconds>::parse(std::string_view text) {
    const auto duration = parse_duration(text);
    if (!duration) return std::nullopt;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration);
    if (seconds != *duration) return std::nullopt;
    return seconds;
}

// ---- Section

bool Section::has(std::string_view key) const {
    return ask(node_, key) != nullptr;
}

std::optional<std::string_view> Section::scalar_of(std::string_view key) const {
    const auto* node = ask(node_, key);
    if (node == nullptr) return std::nullopt;
    if (node->kind == Kind::Scalar) return node->scalar;
    text_->error(node->line,
                 quoted(key) + " must be a single value, not " + std::string{kind_text(node->kind)});
    return std::nullopt;
}

std::vector<std::pair<std::string_view, unsigned>> Section::scalars_of(std::string_view key) const {
    std::vector<std::pair<std::string_view, unsigned>> scalars;
    const auto* node = ask(node_, key);
    if (node == nullptr) return scalars;
    if (node->kind == Kind::Scalar) scalars.emplace_back(node->scalar, node->line);
    if (node->kind == Kind::Mapping) text_->error(node->line, quoted(key) + " must be a list, not a mapping");
    for (const auto& item : node->items) {
        if (item->kind == Kind::Scalar)
            scalars.emplace_back(item->scalar, item->line);
        else
            text_->error(item->line, quoted(key) + " must be a list of single values");
    }
    return scalars;
}

Section Section::section(std::string_view key) const {
    auto* node = ask(node_, key);
    if (node != nullptr && node->kind != Kind::Mapping) {
        text_->error(node->line,
                     quoted(key) + " must be a mapping, not " + std::string{kind_text(node->kind)});
        node = nullptr;
    }
    if (node != nullptr) node->entered = true;
    return {text_, node};
}

std::vector<Section> Section::sections(std::string_view key) const {
    std::vector<Section> all;
    auto* node = ask(node_, key);
    if (node == nullptr) return all;
    if (node->kind != Kind::Sequence)
        text_->error(node->line, quoted(key) + " must be a list, not " + std::string{kind_text(node->kind)});
    for (const auto& item : node->items) {
        if (item->kind != Kind::Mapping) {
            text_->error(item->line, quoted(key) + " must be a list of mappings");
            continue;
        }
        item->entered = true;
        all.push_back({text_, item.get()});
    }
    return all;
}

void Section::error(std::string_view key, std::string what) const {
    unsigned line = node_ == nullptr ? 0 : node_->line;
    if (node_ != nullptr)
        for (const auto& m : node_->members)
            if (m.key == key) line = m.line;
    text_->error(line, quoted(key) + " " + std::move(what));
}

std::string Section::where(std::string_view key) const {
    ConfigError at{text_->file, node_ == nullptr ? 0 : node_->line, {}};
    if (node_ != nullptr)
        for (const auto& m : node_->members)
            if (m.key == key) at.line = m.line;
    return at.file + (at.line == 0 ? "" : ":" + std::to_string(at.line));
}

void Section::mistyped(std::string_view key, std::string_view scalar, std::string_view expected) const {
    mistyped_at(node_->member(key)->line, key, scalar, expected);
}

void Section::mistyped_at(unsigned line, std::string_view key, std::string_view scalar,
                          std::string_view expected) const {
    text_->error(line, quoted(key) + ": expected " + std::string{expected} + ", found " + quoted(scalar));
}

void Section::not_one_of(std::string_view key, std::string_view scalar,
                         const std::vector<std::string_view>& names) const {
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + std::string{name};
    const auto guess = nearest(scalar, {names.begin(), names.end()});
    text_->error(node_->member(key)->line,
                 quoted(key) + ": expected one of " + list + ", found " + quoted(scalar) +
                     (guess.empty() ? "" : ", did you mean " + quoted(guess) + "?"));
}

void Section::missing(std::string_view key) const {
    error(key, "is missing");
}

void Section::out_of_range(std::string_view key, std::string_view low, std::string_view high) const {
    error(key, "must be from " + std::string{low} + " to " + std::string{high});
}

// ---- Document

Document Document::load(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream octets;
    if (in) octets << in.rdbuf();
    if (!in || in.bad()) {
        auto text = std::make_shared<ConfigText>();
        text->file = path;
        text->error(0, "cannot be read: " + std::generic_category().message(errno == 0 ? EIO : errno));
        return Document{std::move(text)};
    }
    return parse(octets.str(), path);
}

Document Document::parse(std::string_view yaml, std::string file_name) {
    auto text = std::make_shared<ConfigText>();
    text->file = std::move(file_name);
    try {
        text->root = TreeBuilder{*text}.build(YAML::Load(std::string{yaml}));
    } catch (const YAML::Exception& e) {
        text->error(e.mark.is_null() ? 0 : static_cast<unsigned>(e.mark.line + 1), "not YAML: " + e.msg);
    }
    if (text->root && text->root->kind != Kind::Mapping) {
        if (text->root->kind != Kind::Nothing) text->error(text->root->line, "a mapping is expected here");
        text->root.reset();
    }
    return Document{std::move(text)};
}

Section Document::root() const {
    if (text_->root) text_->root->entered = true;
    return {text_, text_->root.get()};
}

void Document::finish() {
    if (text_->root) report_unknown(*text_, *text_->root);
    std::stable_sort(text_->errors.begin(), text_->errors.end(),
                     [](const ConfigError& a, const ConfigError& b) { return a.line < b.line; });
}

const std::vector<ConfigError>& Document::errors() const {
    return text_->errors;
}
const std::string& Document::file() const {
    return text_->file;
}

std::vector<std::string> Document::changed_since(const Document& before) const {
    std::vector<std::string> changed;
    add_changed({}, before.text_->root.get(), text_->root.get(), changed);
    return changed;
}

}  // namespace ims::runtime
