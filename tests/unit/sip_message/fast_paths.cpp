#include "common/base/text.hpp"
#include "common/sip/message/framer.hpp"
#include "tests/unit/sip_message/support.hpp"

#include <random>

#include <catch2/catch.hpp>

// What is read in words and by shortcuts, against the same read octet by octet or by the long way.
using namespace ims;
using namespace ims::sip;
using ims::sip::test::options_with;
using ims::sip::test::parsed;

namespace {

// The same pieces in each run.
class Pieces {
  public:
    explicit Pieces(std::vector<std::string> pieces) : pieces_{std::move(pieces)} {}
    std::string some(std::size_t most) {
        std::string text;
        for (auto n = random_() % (most + 1); n > 0; --n) text += pieces_[random_() % pieces_.size()];
        return text;
    }

  private:
    std::vector<std::string> pieces_;
    std::mt19937 random_{3261};
};

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

using Lines = std::vector<std::pair<std::string, std::string>>;

// The lines behind the start line, by RFC 3261 7.3.1 to the letter; or what is wrong with the first bad one.
std::string read_slowly(std::string_view text, Lines& lines) {
    auto at = text.find("\r\n") + 2;
    for (;;) {
        if (text.substr(at).starts_with("\r\n")) return {};
        const auto begin = at;
        for (;; ++at) {
            if (at == text.size()) return "Header Not Terminated";
            if (text[at] == '\n') return "Stray CR Or LF";
            if (text[at] != '\r') continue;
            if (at + 1 == text.size()) return "Header Not Terminated";
            if (text[at + 1] != '\n')
                return text.find('\n', at) == std::string_view::npos ? "Header Not Terminated"
                                                                     : "Stray CR Or LF";
            ++at;
            if (at + 1 == text.size() || !is_blank(text[at + 1])) break;
        }
        ++at;
        const auto line = text.substr(begin, at - 2 - begin);
        std::size_t i = 0;
        while (i < line.size() && (is_alpha(line[i]) || is_digit(line[i]) || line[i] == '-')) ++i;
        const auto name = line.substr(0, i);
        while (i < line.size() && is_blank(line[i])) ++i;
        if (name.empty() || i == line.size() || line[i] != ':') return "Bad Header Line";
        lines.emplace_back(name, trim(line.substr(i + 1)));
    }
}

}  // namespace

TEST_CASE("lines end where they end octet by octet", "[RFC3261-7.3.1]") {
    const auto front = options_with();
    const auto head = std::string_view{front}.substr(0, front.size() - 2);
    Pieces pieces{{"\r\n", "\r\n", "\r\n ", "\r\nSubject: ", "\r\nSubject: ", "\r\nSubject\t:",
                   "\r\nX-None-Of-Ours-That-Is-Longer-Than-Thirty-Two-Octets:", "\r\nk:", "Z", "zzzzzzz",
                   std::string(31, 'z'), std::string(64, 'z'), " ", "\t", ":", "\x1f\x0b", "\xc3\xa4\xff\xa0",
                   std::string(1, '\0')}};
    std::size_t accepted = 0;
    std::size_t refused = 0;
    for (int n = 0; n < 20000; ++n) {
        auto text = std::string{head} + "Subject: " + pieces.some(12);
        if (n % 4 == 0) text += n % 8 == 0 ? "\r" : "\n";
        if (n % 5 != 0) text += "\r\n\r\n";
        CAPTURE(text);
        Lines lines;
        const auto wrong = read_slowly(text, lines);
        const auto message = Message::parse(text);
        if (!wrong.empty()) {
            REQUIRE(!message);
            REQUIRE(message.error().reason == wrong);
            ++refused;
            continue;
        }
        REQUIRE(message.has_value());
        Lines seen;
        for (const auto& line : message->lines()) seen.emplace_back(line.name, line.value);
        REQUIRE(seen == lines);
        ++accepted;
    }
    CHECK(accepted > 2000);
    CHECK(refused > 2000);
}

TEST_CASE("a header is told from what nearly has its name", "[RFC3261-7.3.3]") {
    const auto slowly = [](std::string_view name) {
        for (std::size_t n = 0; n < static_cast<std::size_t>(HeaderId::Unknown); ++n)
            if (iequals(name, header_name(static_cast<HeaderId>(n)))) return static_cast<HeaderId>(n);
        return HeaderId::Unknown;
    };
    for (std::size_t n = 0; n < static_cast<std::size_t>(HeaderId::Unknown); ++n) {
        const auto id = static_cast<HeaderId>(n);
        const std::string name{header_name(id)};
        CHECK(header_id(name) == id);
        CHECK(header_id(to_lower(name)) == id);
        for (std::size_t i = 0; i < name.size(); ++i)
            for (int bit = 1; bit < 256; bit *= 2) {
                auto other = name;
                other[i] = static_cast<char>(static_cast<unsigned char>(other[i]) ^ bit);
                CHECK(header_id(other) == slowly(other));
            }
        for (const auto& other :
             {name + 's', 'X' + name, name.substr(1), name.substr(0, name.size() - 1), name + ' '})
            if (other.size() > 1) CHECK(header_id(other) == slowly(other));
    }
}

TEST_CASE("a URI is read the short way as it is read the long way", "[RFC3261-19.1.1]") {
    Pieces pieces{{"a",
                   "1234",
                   "example.com",
                   "-",
                   ".",
                   "_",
                   "+",
                   "%41",
                   "@",
                   ":",
                   "5060",
                   "65536",
                   "00005060",
                   ";",
                   ";lr",
                   ";x=",
                   "=",
                   "?",
                   "h=v",
                   "[::1]",
                   "/",
                   "~",
                   "\"",
                   " ",
                   "\x7f",
                   "\xc3\xa4",
                   "<",
                   "*",
                   ";transport=udp",
                   ";user=phone",
                   "123456789012345@ims.mnc001.mcc001.3gppnetwork.org",
                   std::string(130, 'p')}};
    std::size_t accepted = 0;
    for (int n = 0; n < 20000; ++n) {
        const auto rest = pieces.some(7);
        CAPTURE(rest);
        const auto quick = Uri::parse("sip:" + rest);
        const auto slow = Uri::parse("SIP:" + rest);  // the same, and not as it is usually written
        REQUIRE(quick.has_value() == slow.has_value());
        REQUIRE(Uri::check("sip:" + rest).has_value() == !quick.has_value());
        if (quick) {
            REQUIRE(*quick == *slow);
            ++accepted;
        } else {
            REQUIRE(quick.error().offset == slow.error().offset);
            REQUIRE(quick.error().what == slow.error().what);
        }
    }
    CHECK(accepted > 1000);
}

TEST_CASE("parameters and Via are read the short way as they are read the long way", "[RFC3261-25.1]") {
    Pieces pieces{{";",           ";tag=",
                   ";TAG=a",      "; tag = b",
                   ";tag",        ";branch=z9hG4bK1",
                   ";rport",      ";received=10.0.0.1",
                   "=",           "a",
                   "<",           ">",
                   "\"q;tag=c\"", "[::1]",
                   ":",           " ",
                   ",",           "\t",
                   ";x=\"\\\"\"", "@",
                   "z9hG4bK",     "5060"}};
    std::size_t accepted = 0;
    for (int n = 0; n < 20000; ++n) {
        const auto rest = pieces.some(6);
        CAPTURE(rest);
        // White space in front of the first semicolon is not as it is usually written.
        const auto quick = NameAddr::parse("<sip:a@b>" + rest);
        const auto slow = NameAddr::parse("<sip:a@b> " + rest);
        REQUIRE(quick.has_value() == slow.has_value());
        if (quick) {
            REQUIRE(*quick == *slow);
            const auto message = parsed(options_with({"From: <sip:a@b>" + rest, "To: sip:a" + rest}));
            auto again = message;  // with lines that parse() has not seen
            again.set_raw(HeaderId::From, *message.raw(HeaderId::From));
            again.set_raw(HeaderId::To, *message.raw(HeaderId::To));
            REQUIRE(message.from_tag() == again.from_tag());
            REQUIRE(message.to_tag() == again.to_tag());
            ++accepted;
        } else {
            REQUIRE(quick.error().offset + 1 == slow.error().offset);
        }

        const auto via = [&](std::string_view protocol) {
            return codec::parsed<ViaValue>(std::string{protocol} + "/2.0/UDP host" + rest);
        };
        const auto usual = via("SIP");
        const auto other = via("sip");
        REQUIRE(usual.has_value() == other.has_value());
        if (usual) {
            REQUIRE(*usual == *other);
            if (rest.find(',') == std::string::npos && usual->branch() != "z9hG4bK") {
                const auto message = parsed(options_with({"Via: SIP/2.0/UDP host" + rest}));
                auto again = message;
                again.set_raw(HeaderId::Via, *message.raw(HeaderId::Via));
                REQUIRE(message.top_branch() == again.top_branch());
            }
        } else {
            REQUIRE(usual.error().offset == other.error().offset);
        }
    }
    CHECK(accepted > 1000);
}

TEST_CASE("a stream is cut the same wherever it is torn, however often its length is said",
          "[RFC3261-18.3]") {
    const auto head = options_with();
    const auto with_lengths = [&](std::size_t count, const std::string& last) {
        auto text = head.substr(0, head.size() - 2);
        for (std::size_t n = 0; n < count; ++n) text += n % 2 == 0 ? "l: 4\r\n" : "Content-Length:\r\n 4\r\n";
        return text + "Content-Language: en\r\n" + last + "\r\nbody";
    };
    for (const std::size_t count : {1U, 3U, 4U, 9U}) {
        const auto text = with_lengths(count, {});
        const auto both = text + options_with({"l: 0"});
        for (std::size_t at = 0; at <= both.size(); at += 7) {
            Framer framer;
            framer.feed(both.substr(0, at));
            auto item = framer.next();
            framer.feed(both.substr(at));
            if (std::holds_alternative<Framer::NeedMore>(item)) item = framer.next();
            REQUIRE(std::holds_alternative<Buffer>(item));
            CHECK(*std::get<Buffer>(item) == text);
            CHECK(std::holds_alternative<Buffer>(framer.next()));
            CHECK(framer.buffered() == 0);
        }
        Framer framer;
        framer.feed(with_lengths(count, "l: 5\r\n"));
        CHECK(std::holds_alternative<Framer::Broken>(framer.next()));
    }
}

TEST_CASE("an answer ends its lines, whatever ended those of the request", "[RFC3261-7.3.1]") {
    const std::string front =
        "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nTo: <sip:b>\r\n";
    for (const std::string rest : {"From: <sip:a>;tag=1\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
                                   "From: <sip:a>;tag=1\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n",
                                   "Call-ID: c\r\nCSeq: 1 OPTIONS\r\nFrom: <sip:a>;tag=1"}) {
        const auto message = Message::parse(front + rest);
        REQUIRE(!message);
        REQUIRE(message.error().partial.has_value());
        const auto answer =
            Message::parse(Message::response(*message.error().partial, 400, {}, "t").serialize());
        REQUIRE(answer.has_value());
        CHECK(answer->from_tag() == "1");
        CHECK(answer->to_tag() == "t");
        CHECK(answer->call_id() == "c");
    }
}

TEST_CASE("the first value of a list is replaced where it stands", "[RFC3261-18.2.1]") {
    const auto vias = [](const Message& m) {
        auto all = std::string{};
        m.each_raw(HeaderId::Via, [&](std::string_view value) { all += std::string{value} + '|'; });
        return all;
    };
    auto m = parsed(options_with({"Via: SIP/2.0/UDP a , SIP/2.0/UDP b"}));
    m.replace_first_value(HeaderId::Via, "SIP/2.0/UDP a;received=1.2.3.4");
    CHECK(vias(m) == "SIP/2.0/UDP a;received=1.2.3.4|SIP/2.0/UDP b|");
    m.replace_first_value(HeaderId::Via, "SIP/2.0/UDP c");
    CHECK(vias(m) == "SIP/2.0/UDP c|SIP/2.0/UDP b|");
    m.remove<h::Via>();
    m.replace_first_value(HeaderId::Via, "SIP/2.0/UDP d");
    CHECK(vias(m) == "SIP/2.0/UDP d|");
    CHECK(m.lines().front().id == HeaderId::Via);
    CHECK(parsed(m.serialize()).top_via().host == "d");
}
