#include "client/cli/terminal/table.h"

#include <catch2/catch.hpp>

namespace leasehold {
namespace {

TEST_CASE("columns are as wide as their widest cell, without blanks at the end") {
  Table table({"AGENT", "N", "WHY"});
  table.Add({"a", "10000", ""});
  table.Add({"caf\xc3\xa9-bot", "1", "x"});
  CHECK(table.ToText() ==
        "AGENT     N      WHY\n"
        "a         10000\n"
        "caf\xc3\xa9-bot  1      x\n");
}

TEST_CASE("an empty table is its header line") { CHECK(Table({"A", "B"}).ToText() == "A  B\n"); }

TEST_CASE("control characters do not reach the terminal") {
  Table table({"A"});
  table.Add({"x\x1b[2Jy\rz\x7f"});
  CHECK(table.ToText() == "A\nx?[2Jy?z?\n");
}

TEST_CASE("facts leave out what is empty and align the rest") {
  Facts facts;
  facts.Add("lease", "leases/1");
  facts.Add("a much longer name", "");
  facts.Add("expires", "never");
  CHECK(facts.ToText() == "lease:    leases/1\nexpires:  never\n");
}

}  // namespace
}  // namespace leasehold
