#ifndef LEASEHOLD_TESTS_BENCH_RESULTS_H_
#define LEASEHOLD_TESTS_BENCH_RESULTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leasehold {

// What one round found for one row.
struct Figure {
  double value = 0;
  // To what the row is compared with, measured in the same round: noise that lasts longer than a
  // round cancels out.
  std::optional<double> ratio;
  // CPU of the server for each call, where there is a server.
  std::optional<double> cpu_us;
};

// A row of the results: what it is and what it is held against.
struct RowKind {
  std::string_view name;
  std::string_view unit;
  std::string_view to;        // what the ratio is to; empty: there is none
  double ratio_at_least = 0;  // 0: no such target
  double median_at_most = 0;  // 0: no such target
  std::string_view means;     // for the table
};

// All rows in the order of the table.
const std::vector<RowKind>& AllRows();

// The figures of all rounds. Rows without a figure are left out of what is written.
class Results {
 public:
  Results();

  // `row` is one of AllRows().
  void Add(std::string_view row, const Figure& figure);

  // A list of {"name","unit","median","min","max","ratio","to","rounds","cpu_us"}: median, least
  // and greatest of the rounds; `ratio` and `cpu_us` are medians, null where there is none.
  std::string ToJson() const;

  // For people, with the targets beside the figures.
  std::string ToTable() const;

 private:
  struct Row {
    const RowKind* kind;
    std::vector<double> values;
    std::vector<double> ratios;
    std::vector<double> cpu_us;
  };
  static std::string JsonOf(const Row& row);
  static std::string LineOf(const Row& row);
  static std::string VerdictOf(const Row& row);

  std::vector<Row> rows_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_RESULTS_H_
