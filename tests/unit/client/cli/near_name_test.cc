#include "client/cli/arguments/near_name.h"

#include <catch2/catch.hpp>

namespace leasehold {
namespace {

TEST_CASE("a typing error finds the name that was meant") {
  const std::vector<std::string> names = {"secret", "agent", "group", "github/readonly-pat"};
  struct Row {
    const char* typed;
    const char* near;
    const char* why;
  };
  const Row rows[] = {
      {"secrt", "secret", "one missing"},
      {"seecret", "secret", "one extra"},
      {"secrat", "secret", "one wrong"},
      {"sercet", "secret", "two swapped"},
      {"agnet", "agent", "two swapped in a short word"},
      {"github/readnly-pta", "github/readonly-pat", "more errors in a long word"},
      {"ag", "", "too little is left of it"},
      {"policy", "", "another word"},
      {"", "", "nothing typed"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(NearName(row.typed, names) == row.near);
  }
}

TEST_CASE("the nearest wins, and of equals the first") {
  CHECK(NearName("bot-1", {"bot-22", "bot-2", "bot-3"}) == "bot-2");
  CHECK(NearName("exact", {"exakt", "exact"}) == "exact");
}

TEST_CASE("a text far longer than any name is not compared") {
  CHECK(NearName(std::string(100000, 'a'), {"aaa"}).empty());
}

}  // namespace
}  // namespace leasehold
