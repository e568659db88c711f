#include "tests/bench/results.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "server/base/check.h"
#include "tests/bench/statistics.h"

namespace leasehold {
namespace {

constexpr char kNoFigure[] = "-";

// Four significant digits or the whole number: more would claim what no round can tell.
std::string Digits(double value) {
  return value >= 1000 ? absl::StrFormat("%.0f", value) : absl::StrFormat("%.4g", value);
}

std::string DigitsOrNull(const std::vector<double>& values) {
  return values.empty() ? "null" : Digits(Median(values));
}

}  // namespace

const std::vector<RowKind>& AllRows() {
  static const auto* const rows = new std::vector<RowKind>{
      {"echo", "calls/s", "echo", 0, 0, "bare callback echo, 100 in flight"},
      {"echo_cq", "calls/s", "echo", 0, 0, "bare completion-queue echo"},
      {"check_lease", "calls/s", "echo", 0.85, 0, "CheckLease"},
      {"authorize_use", "calls/s", "echo", 0.7, 0, "AuthorizeUse, durable"},
      {"acquire_lease", "calls/s", "echo", 0.55, 0, "AcquireLease, durable"},
      {"authorize_use_batch16", "uses/s", "echo", 2, 0, "BatchAuthorizeUse of 16"},
      {"fdatasync", "us", "", 0, 0, "8 KiB into a file as long as a WAL"},
      {"authorize_use_c1", "us", "echo_c1 + fdatasync", 0, 0, "p50, one in flight"},
      {"revoke_under_load_p99", "us", "echo_p99_under_load", 0, 0, "Revoke beside authorize_use"},
      {"revoke_1", "us", "", 0, 0, "Revoke of one lease"},
      {"revoke_1m", "us", "revoke_1", 0, 50'000, "Revoke of an agent with 1,000,000 leases"},
      {"revoke_1m_alive", "us", "", 0, 50'000, "the first of them, when all are alive"},
      {"entry_bytes", "B", "", 0, 160, "disk growth for each use"},
      {"policy_decide_10", "us", "", 0, 2, "a use judged by 10 policies"},
      {"policy_decide_10k", "us", "", 0, 5, "by 10,000, of as many teams"},
      {"policy_decide_10k_alike", "us", "", 0, 5, "by 10,000 that differ by path alone"},
      {"policy_replay_1m", "ms", "", 0, 5'000, "ReplayPolicies over 1,000,000 leases issued"},
      {"broker_c50", "requests/s", "direct_c50", 0, 0, "through the broker, 50 connections"},
  };
  return *rows;
}

Results::Results() {
  for (const RowKind& kind : AllRows()) {
    rows_.push_back({.kind = &kind, .values = {}, .ratios = {}, .cpu_us = {}});
  }
}

void Results::Add(std::string_view name, const Figure& figure) {
  const auto row = std::find_if(rows_.begin(), rows_.end(),
                                [name](const Row& each) { return each.kind->name == name; });
  LEASEHOLD_CHECK(row != rows_.end(), "there is no such row");
  row->values.push_back(figure.value);
  if (figure.ratio.has_value()) row->ratios.push_back(*figure.ratio);
  if (figure.cpu_us.has_value()) row->cpu_us.push_back(*figure.cpu_us);
}

std::string Results::JsonOf(const Row& row) {
  const auto [least, greatest] = std::minmax_element(row.values.begin(), row.values.end());
  const std::string to = row.kind->to.empty() ? "null" : absl::StrFormat("\"%s\"", row.kind->to);
  return absl::StrFormat(
      R"({"name":"%s","unit":"%s","median":%s,"min":%s,"max":%s,"ratio":%s,"to":%s,)"
      R"("rounds":%d,"cpu_us":%s})",
      row.kind->name, row.kind->unit, Digits(Median(row.values)), Digits(*least), Digits(*greatest),
      DigitsOrNull(row.ratios), to, row.values.size(), DigitsOrNull(row.cpu_us));
}

std::string Results::ToJson() const {
  std::string json = "[";
  for (const Row& row : rows_) {
    if (row.values.empty()) continue;
    json += json.size() == 1 ? "\n  " : ",\n  ";
    json += JsonOf(row);
  }
  return json + "\n]\n";
}

std::string Results::VerdictOf(const Row& row) {
  if (row.kind->ratio_at_least > 0 && !row.ratios.empty()) {
    return absl::StrFormat("ratio >= %g: %s", row.kind->ratio_at_least,
                           Median(row.ratios) >= row.kind->ratio_at_least ? "met" : "MISSED");
  }
  if (row.kind->median_at_most > 0) {
    return absl::StrFormat("<= %g: %s", row.kind->median_at_most,
                           Median(row.values) <= row.kind->median_at_most ? "met" : "MISSED");
  }
  return "";
}

std::string Results::LineOf(const Row& row) {
  const auto [least, greatest] = std::minmax_element(row.values.begin(), row.values.end());
  std::string ratio = kNoFigure;
  if (!row.ratios.empty()) {
    const auto [low, high] = std::minmax_element(row.ratios.begin(), row.ratios.end());
    ratio = absl::StrFormat("%.2f (%.2f-%.2f)", Median(row.ratios), *low, *high);
  }
  const std::string cpu =
      row.cpu_us.empty() ? kNoFigure : absl::StrFormat("%.1f", Median(row.cpu_us));
  return absl::StrFormat("%-23s %10s %10s %10s %-10s %18s %7s  %-20s %s\n", row.kind->name,
                         Digits(Median(row.values)), Digits(*least), Digits(*greatest),
                         row.kind->unit, ratio, cpu, VerdictOf(row), row.kind->means);
}

std::string Results::ToTable() const {
  std::string table =
      absl::StrFormat("%-23s %10s %10s %10s %-10s %18s %7s  %-20s %s\n", "row", "median", "min",
                      "max", "unit", "ratio (min-max)", "cpu_us", "target", "what");
  for (const Row& row : rows_) {
    if (!row.values.empty()) table += LineOf(row);
  }
  return table;
}

}  // namespace leasehold
