#pragma once
#include "common/base/text.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

// What a statement gave, in PostgreSQL's text format.
namespace ims::hss {

class Field {
  public:
    Field(const pg_result* result, int row, int column) : result_{result}, row_{row}, column_{column} {}
    bool null() const;
    std::string_view view() const;
    bool flag() const { return view() == "t"; }
    std::optional<std::string> text() const;
    std::optional<std::int64_t> number() const;
    std::optional<Octets> octets() const;  // bytea

  private:
    const pg_result* result_;
    int row_, column_;
};

class Rows {
  public:
    explicit Rows(pg_result* result) : result_{result} {}
    int size() const;
    bool empty() const { return size() == 0; }
    bool good() const;  // the statement was not refused
    Field at(int row, int column) const { return {result_.get(), row, column}; }

  private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

// PostgreSQL's text form of one-dimensional arrays without NULL in them, and of bytea.
std::vector<std::string> read_array(std::string_view text);
std::string array_of(const std::vector<std::string>& texts);
std::string octets_text(std::span<const std::uint8_t> octets);

}  // namespace ims::hss
