#include "client/cli/terminal/table.h"

#include <algorithm>

#include "server/base/check.h"

namespace leasehold {
namespace {

std::string Harmless(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return out;
}

void AppendPadded(std::string* out, std::string_view text, size_t width) {
  out->append(text);
  const size_t taken = DisplayWidth(text);
  if (taken < width) out->append(width - taken, ' ');
}

void AppendLine(std::string* out, const std::vector<std::string>& cells,
                const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line.append("  ");
    AppendPadded(&line, Harmless(cells[i]), widths[i]);
  }
  line.resize(line.find_last_not_of(' ') + 1);
  out->append(line).push_back('\n');
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // Not a continuation byte.
  }));
}

void Table::Add(std::vector<std::string> cells) {
  LEASEHOLD_CHECK(cells.size() == headers_.size(), "a row with another number of columns");
  rows_.push_back(std::move(cells));
}

std::string Table::ToText() const {
  std::vector<size_t> widths;
  for (const std::string& header : headers_) widths.push_back(DisplayWidth(header));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string out;
  AppendLine(&out, headers_, widths);
  for (const auto& row : rows_) AppendLine(&out, row, widths);
  return out;
}

std::string Facts::ToText() const {
  size_t width = 0;
  for (const auto& [name, value] : facts_) {
    if (!value.empty()) width = std::max(width, name.size() + 1);
  }
  std::string out;
  for (const auto& [name, value] : facts_) {
    if (!value.empty()) AppendLine(&out, {name + ":", value}, {width, 0});
  }
  return out;
}

}  // namespace leasehold
