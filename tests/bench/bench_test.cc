#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/bench/results.h"
#include "tests/bench/statistics.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

const RowKind& KindOf(const std::string& name) {
  for (const RowKind& kind : AllRows()) {
    if (kind.name == name) return kind;
  }
  FAIL("there is no row " << name);
  return AllRows().front();
}

TEST_CASE("the median is the middle value, or the mean of the middle two") {
  CHECK(Median({3}) == 3);
  CHECK(Median({9, 1, 5}) == 5);
  CHECK(Median({9, 1, 5, 7}) == 6);
}

TEST_CASE("a percentile is the smallest value that so many do not exceed") {
  std::vector<double> values;
  for (int i = 200; i >= 1; --i) values.push_back(i);
  struct Row {
    double fraction;
    double expected;
  };
  for (const Row& row : {Row{0.5, 100}, Row{0.99, 198}, Row{1, 200}, Row{0.001, 1}}) {
    CAPTURE(row.fraction);
    CHECK(Percentile(values, row.fraction) == row.expected);
  }
}

TEST_CASE("results give the median, least and greatest of the rounds, and pair the ratios") {
  Results results;
  results.Add("authorize_use", {.value = 100, .ratio = 0.5, .cpu_us = 20});
  results.Add("authorize_use", {.value = 300, .ratio = 0.9, .cpu_us = 40});
  results.Add("authorize_use", {.value = 200, .ratio = 0.8, .cpu_us = 30});
  results.Add("entry_bytes", {.value = 111.5});

  // JSON is YAML too.
  const YAML::Node rows = YAML::Load(results.ToJson());
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["name"].as<std::string>() == "authorize_use");
  CHECK(rows[0]["unit"].as<std::string>() == "calls/s");
  CHECK(rows[0]["median"].as<double>() == 200);
  CHECK(rows[0]["min"].as<double>() == 100);
  CHECK(rows[0]["max"].as<double>() == 300);
  CHECK(rows[0]["ratio"].as<double>() == 0.8);
  CHECK(rows[0]["to"].as<std::string>() == "echo");
  CHECK(rows[0]["rounds"].as<int>() == 3);
  CHECK(rows[0]["cpu_us"].as<double>() == 30);
  CHECK(rows[1]["median"].as<double>() == 111.5);
  for (const char* absent : {"ratio", "to", "cpu_us"}) CHECK(rows[1][absent].IsNull());
}

TEST_CASE("the table says which targets were missed") {
  struct Row {
    const char* row;
    Figure figure;
    const char* expected;
  };
  for (const Row& row : {Row{"authorize_use", {.value = 1, .ratio = 0.7}, "ratio >= 0.7: met"},
                         Row{"authorize_use", {.value = 1, .ratio = 0.69}, "ratio >= 0.7: MISSED"},
                         Row{"entry_bytes", {.value = 160}, "<= 160: met"},
                         Row{"entry_bytes", {.value = 161}, "<= 160: MISSED"}}) {
    CAPTURE(row.expected);
    Results results;
    results.Add(row.row, row.figure);
    CHECK(results.ToTable().find(row.expected) != std::string::npos);
  }
}

TEST_CASE("a quick run measures every row and writes them as JSON") {
  const TempFolder folder;
  const std::string output = folder.File("results.json");
  const Ran ran = RunProgram({ProgramPath("leasehold-bench"), "--quick", "--output", output});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const YAML::Node rows = YAML::LoadFile(output);
  REQUIRE(rows.size() == AllRows().size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowKind& kind = KindOf(rows[i]["name"].as<std::string>());
    CAPTURE(kind.name);
    CHECK(kind.name == AllRows()[i].name);
    CHECK(rows[i]["rounds"].as<int>() == 2);
    CHECK(rows[i]["median"].as<double>() > 0);
    CHECK(rows[i]["min"].as<double>() <= rows[i]["median"].as<double>());
    CHECK(rows[i]["median"].as<double>() <= rows[i]["max"].as<double>());
    CHECK(rows[i]["ratio"].IsNull() == kind.to.empty());
    CHECK(ran.out.find(kind.name) != std::string::npos);
  }
  // Nothing of the run stays behind.
  CHECK(ContentsOf(folder.File("run/data/leasehold.db")).empty());
}

TEST_CASE("a bench that cannot write its results says so") {
  const TempFolder folder;
  const Ran ran = RunProgram({ProgramPath("leasehold-bench"), "--quick", "--only", "fdatasync",
                              "--folder", folder.File("run"), "--output", folder.path()});
  CHECK(ran.status == 1);
  CHECK(ran.err.find("cannot write " + folder.path()) != std::string::npos);
}

}  // namespace
}  // namespace leasehold
