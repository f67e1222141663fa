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

// Rows of a result, which lives as long as one of them does.
class Rows {
  public:
    explicit Rows(pg_result* result);
    int size() const { return count_; }
    bool empty() const { return count_ == 0; }
    bool good() const;  // the statement was not refused
    Field at(int row, int column) const { return {result_.get(), first_ + row, column_ + column}; }
    // Where the first column is an ordinal, from 1 to `count`: the rows of each, without that column. Rows of
    // one ordinal stand together.
    std::vector<Rows> by_ordinal(std::size_t count) const;

  private:
    std::shared_ptr<const pg_result> result_;
    int first_ = 0, count_ = 0, column_ = 0;
};

// PostgreSQL's text form of one-dimensional arrays, and of bytea. What is read has no NULL in it.
std::vector<std::string> read_array(std::string_view text);
std::string array_of(const std::vector<std::string>& texts);
void add_to_array(std::string& array, const std::optional<std::string>& element);  // `array` without its }
std::string octets_text(std::span<const std::uint8_t> octets);

}  // namespace ims::hss
