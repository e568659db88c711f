#ifndef LEASEHOLD_CLIENT_CLI_TERMINAL_TABLE_H_
#define LEASEHOLD_CLIENT_CLI_TERMINAL_TABLE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leasehold {

// Rows for people: columns two spaces apart, as wide as their widest cell, nothing cut. Cells are
// shown with control characters replaced, so that a text from outside cannot drive the terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}

  // As many cells as headers.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // The header line and the rows, or the header line alone.
  std::string ToText() const;

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
};

// One thing for people: "name:     value" lines, values in one column; empty values are left out.
class Facts {
 public:
  void Add(std::string_view name, std::string_view value) { facts_.emplace_back(name, value); }
  std::string ToText() const;

 private:
  std::vector<std::pair<std::string, std::string>> facts_;
};

// Places that `text` takes on a terminal, one a code point. Wide characters count as one: they
// are rare in names and cost alignment only.
size_t DisplayWidth(std::string_view text);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TERMINAL_TABLE_H_
