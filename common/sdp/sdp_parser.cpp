#include "common/base/text.hpp"
#include "common/sdp/sdp.hpp"

#include <limits>

namespace ims::sdp {

namespace {

// Reads line by line. Whether a line belongs to the session or to a media section is known by the m= lines
// seen.
class Parser {
  public:
    explicit Parser(std::string_view text) : rest_{text} {}

    Result<Session, Error> run() {
        session_.timings.clear();
        while (!error_ && !rest_.empty()) {
            const auto text = next_line();
            if (line_ == 1 && !text.starts_with("v=")) fail("v= is not the first line");
            if (!error_) read(text);
        }
        if (!error_) {
            ++line_;
            if (!seen('v')) fail("no v= line");
            if (!seen('o')) fail("no o= line");
            if (!seen('s')) fail("no s= line");
            if (!seen('t')) fail("no t= line");
        }
        if (error_) return *error_;
        return std::move(session_);
    }

  private:
    void fail(std::string_view what) {
        if (!error_) error_ = Error{line_, what};
    }

    std::string_view next_line() {
        ++line_;
        const auto lf = rest_.find('\n');
        auto text = rest_.substr(0, lf);
        rest_.remove_prefix(lf == std::string_view::npos ? rest_.size() : lf + 1);
        if (text.ends_with('\r')) text.remove_suffix(1);
        return text;
    }

    bool seen(char type) const { return seen_.find(type) != std::string::npos; }

    // A line that may stand once in its section.
    bool once(char type) {
        if (seen(type)) {
            fail("second line of a type that may stand once");
            return false;
        }
        seen_ += type;
        return true;
    }

    void read(std::string_view text) {
        if (text.size() < 2 || text[1] != '=') return fail("no type letter with = after it");
        if (text.find_first_of(std::string_view{"\0\r", 2}) != std::string_view::npos)
            return fail("NUL or CR in a line");
        const auto value = text.substr(2);
        if (session_.media.empty())
            read_session_line(text[0], value);
        else
            read_media_line(text[0], value, session_.media.back());
    }

    void read_session_line(char type, std::string_view value) {
        switch (type) {
            case 'v':
                if (once('v') && value != "0") fail("version is not 0");
                return;
            case 'o': return read_origin(value);
            case 's':
                // 5.3 wants at least a space here; an empty name is seen and harmless.
                if (once('s')) session_.name = value;
                return;
            case 'i': return read_text('i', value, session_.information);
            case 'u': return read_text('u', value, session_.uri);
            case 'e': session_.emails.emplace_back(value); return;
            case 'p': session_.phones.emplace_back(value); return;
            case 'c':
                if (once('c')) session_.connection = read_connection(value);
                return;
            case 'b': return read_bandwidth(value, session_.bandwidths);
            case 't': return read_time(value);
            case 'r':
                if (session_.timings.empty()) return fail("r= without t=");
                session_.timings.back().repeats.emplace_back(value);
                return;
            case 'z':
                if (session_.timings.empty() || session_.timings.back().zones)
                    return fail("z= without t= of its own");
                session_.timings.back().zones = value;
                return;
            case 'k': return read_text('k', value, session_.key);
            case 'a': return read_attribute(value, session_.attributes);
            case 'm': return read_media(value);
            default: fail("unknown type letter");
        }
    }

    void read_media_line(char type, std::string_view value, Media& media) {
        switch (type) {
            case 'i': return read_text('i', value, media.information);
            case 'c': media.connections.push_back(read_connection(value)); return;
            case 'b': return read_bandwidth(value, media.bandwidths);
            case 'k': return read_text('k', value, media.key);
            case 'a': return read_attribute(value, media.attributes);
            case 'm': return read_media(value);
            case 'v':
            case 'o':
            case 's':
            case 'u':
            case 'e':
            case 'p':
            case 't':
            case 'r':
            case 'z': return fail("a line of the session in a media section");
            default: fail("unknown type letter");
        }
    }

    void read_text(char type, std::string_view value, std::optional<std::string>& out) {
        if (once(type)) out = value;
    }

    // Words apart by one space each; fewer or more spaces make an empty word, which is a mistake.
    std::vector<std::string_view> words(std::string_view value) {
        std::vector<std::string_view> list;
        for (;;) {
            const auto space = value.find(' ');
            list.push_back(value.substr(0, space));
            if (list.back().empty()) fail("empty word");
            if (space == std::string_view::npos) return list;
            value.remove_prefix(space + 1);
        }
    }

    void read_origin(std::string_view value) {
        if (!once('o')) return;
        const auto w = words(value);
        if (w.size() != 6) return fail("o= does not have six words");
        const auto digits = [](std::string_view s) {
            return s.find_first_not_of("0123456789") == std::string_view::npos;
        };
        if (!digits(w[1]) || !digits(w[2])) return fail("session id or version is no number");
        session_.origin = {std::string{w[0]}, std::string{w[1]}, std::string{w[2]},
                           std::string{w[3]}, std::string{w[4]}, std::string{w[5]}};
    }

    Connection read_connection(std::string_view value) {
        const auto w = words(value);
        if (w.size() != 3) {
            fail("c= does not have three words");
            return {};
        }
        Connection c{std::string{w[0]}, std::string{w[1]}, std::string{w[2]}};
        if (c.net_type == "IN" && (c.address_type == "IP4" || c.address_type == "IP6") && !c.ip() &&
            IpAddress::parse(w[2].substr(0, w[2].find('/'))))
            fail("the address is not of its type");
        return c;
    }

    void read_bandwidth(std::string_view value, std::vector<Bandwidth>& out) {
        const auto colon = value.find(':');
        if (colon == std::string_view::npos || colon == 0) return fail("b= without a type");
        const auto number = parse_number(value.substr(colon + 1));
        if (!number) return fail("bandwidth is no number");
        out.push_back({std::string{value.substr(0, colon)}, *number});
    }

    void read_time(std::string_view value) {
        seen_ += seen('t') ? "" : "t";
        const auto w = words(value);
        if (w.size() != 2) return fail("t= does not have two words");
        for (const auto& time : w)
            if (time.find_first_not_of("0123456789") != std::string_view::npos)
                return fail("time is no number");
        Timing t;
        t.start = w[0];
        t.stop = w[1];
        session_.timings.push_back(std::move(t));
    }

    void read_attribute(std::string_view value, Attributes& out) {
        const auto colon = value.find(':');
        const auto name = value.substr(0, colon);
        if (name.empty() || name.find(' ') != std::string_view::npos) return fail("attribute without a name");
        if (colon == std::string_view::npos)
            out.add(name);
        else
            out.add(name, value.substr(colon + 1));
    }

    void read_media(std::string_view value) {
        // What may stand once may stand once more in each section; what the session needs must be there by
        // now.
        for (const char type : {'o', 's', 't'})
            if (session_.media.empty() && !seen(type)) return fail("m= before the session's o=, s= and t=");
        std::erase_if(seen_, [](char type) { return type == 'i' || type == 'k'; });

        // Some phones end the line with a space.
        while (value.ends_with(' ')) value.remove_suffix(1);
        const auto w = words(value);
        if (w.size() < 4) return fail("m= does not have four words");
        Media m;
        m.type = w[0];
        const auto slash = w[1].find('/');
        const auto port = parse_number(w[1].substr(0, slash));
        if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return fail("port is no port number");
        m.port = static_cast<std::uint16_t>(*port);
        if (slash != std::string_view::npos) {
            const auto count = parse_number(w[1].substr(slash + 1));
            if (!count || *count == 0 || *count > std::numeric_limits<std::uint32_t>::max())
                return fail("number of ports is no number");
            m.port_count = static_cast<std::uint32_t>(*count);
        }
        m.protocol = w[2];
        for (std::size_t i = 3; i < w.size(); ++i) m.formats.emplace_back(w[i]);
        session_.media.push_back(std::move(m));
    }

    std::string_view rest_;
    Session session_;
    std::size_t line_ = 0;
    std::string seen_;  // types of the lines that may or must stand once in the section
    std::optional<Error> error_;
};

}  // namespace

Result<Session, Error> Session::parse(std::string_view text) {
    return Parser{text}.run();
}

}  // namespace ims::sdp
