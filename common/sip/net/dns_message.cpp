#include "common/sip/net/dns_message.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace ims::sip::dns {

namespace {

constexpr std::uint16_t type_cname = 5;
constexpr std::uint16_t class_in = 1;
constexpr std::size_t header_octets = 12;

// Reads forward; once something does not fit, everything after reads as zero or empty and ok() is false.
class Reader {
  public:
    Reader(std::span<const std::uint8_t> message, std::size_t at, std::size_t end)
        : message_{message}, at_{at}, end_{end} {}

    bool ok() const { return ok_; }
    std::size_t at() const { return at_; }

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return number(4); }
    std::span<const std::uint8_t> octets(std::size_t n) {
        if (!has(n)) return {};
        at_ += n;
        return message_.subspan(at_ - n, n);
    }
    std::string character_string() {  // RFC 1035 3.3
        const auto o = octets(u8());
        return {o.begin(), o.end()};
    }
    std::string name();

  private:
    bool has(std::size_t n) {
        if (ok_ && end_ - at_ >= n) return true;
        ok_ = false;
        return false;
    }
    std::uint32_t number(std::size_t n) {
        std::uint32_t value = 0;
        for (const auto o : octets(n)) value = value << 8 | o;
        return value;
    }

    std::span<const std::uint8_t> message_;
    std::size_t at_, end_;
    bool ok_ = true;
};

// RFC 1035 4.1.4. A pointer must lead backwards, so a loop cannot be.
std::string Reader::name() {
    std::string text;
    std::optional<std::size_t> resume;
    std::size_t limit = at_;
    const std::size_t own_end = end_;
    while (true) {
        const auto length = u8();
        if (!ok_ || text.size() > 255) {
            ok_ = false;
            return {};
        }
        if (length == 0) break;
        if (length >= 0xc0) {
            const std::size_t to = static_cast<std::size_t>(length & 0x3f) << 8 | u8();
            if (!ok_ || to >= limit) {
                ok_ = false;
                return {};
            }
            if (!resume) resume = at_;
            limit = to;
            at_ = to;
            end_ = message_.size();
            continue;
        }
        if (length > 63) {
            ok_ = false;
            return {};
        }
        const auto label = octets(length);
        if (!text.empty()) text += '.';
        text.append(label.begin(), label.end());
    }
    if (resume) at_ = *resume;
    end_ = own_end;
    return text;
}

std::optional<Record> read_record(Reader data, Type t) {
    Record record;
    record.type = t;
    switch (t) {
        case Type::A: {
            std::array<std::uint8_t, 4> octets{};
            const auto o = data.octets(octets.size());
            std::copy(o.begin(), o.end(), octets.begin());
            record.address = IpAddress::v4(octets);
            break;
        }
        case Type::Aaaa: {
            std::array<std::uint8_t, 16> octets{};
            const auto o = data.octets(octets.size());
            std::copy(o.begin(), o.end(), octets.begin());
            record.address = IpAddress::v6(octets);
            break;
        }
        case Type::Srv:
            record.priority = data.u16();
            record.weight = data.u16();
            record.port = data.u16();
            record.target = data.name();
            break;
        case Type::Naptr:
            record.priority = data.u16();
            record.weight = data.u16();
            record.flags = data.character_string();
            record.service = data.character_string();
            record.regexp = data.character_string();
            record.target = data.name();
            break;
    }
    if (!data.ok()) return std::nullopt;
    return record;
}

}  // namespace

std::uint16_t type_number(Type t) {
    switch (t) {
        case Type::A: return 1;
        case Type::Aaaa: return 28;
        case Type::Srv: return 33;
        case Type::Naptr: return 35;
    }
    return 0;
}

std::optional<std::vector<Record>> parse_answer(std::span<const std::uint8_t> message, Type t) {
    if (message.size() < header_octets) return std::nullopt;
    Reader reader{message, 4, message.size()};
    const auto questions = reader.u16();
    const auto answers = reader.u16();
    reader.octets(4);
    for (unsigned i = 0; i < questions && reader.ok(); ++i) {
        reader.name();
        reader.octets(4);
    }
    std::vector<Record> records;
    std::optional<std::uint32_t> alias_ttl;
    for (unsigned i = 0; i < answers && reader.ok(); ++i) {
        reader.name();
        const auto type = reader.u16();
        const auto record_class = reader.u16();
        // RFC 2181 8: a TTL with the highest bit set is zero.
        auto ttl = reader.u32();
        if (ttl > 0x7fffffff) ttl = 0;
        const auto length = reader.u16();
        const Reader data{message, reader.at(), std::min(reader.at() + length, message.size())};
        reader.octets(length);
        if (!reader.ok()) break;
        if (record_class != class_in) continue;
        if (type == type_cname) alias_ttl = std::min(alias_ttl.value_or(ttl), ttl);
        if (type != type_number(t)) continue;
        auto record = read_record(data, t);
        if (!record) return std::nullopt;
        record->ttl = std::chrono::seconds{ttl};
        records.push_back(std::move(*record));
    }
    if (!reader.ok()) return std::nullopt;
    if (alias_ttl)
        for (auto& r : records) r.ttl = std::min(r.ttl, std::chrono::seconds{*alias_ttl});
    return records;
}

}  // namespace ims::sip::dns
