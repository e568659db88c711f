#include "server/policy/http_methods.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("every known method may be named, used and recorded", "[policy][method]") {
  for (const std::string_view method : KnownMethods()) {
    INFO(method);
    CHECK(CheckNamedMethod(method, "methods[0]").ok());
    CHECK(IsUsableMethod(method));
    CHECK(RecordedMethod(method) == method);
  }
}

TEST_CASE("a method that is not known is recorded under one name", "[policy][method]") {
  const std::string method = GENERATE(as<std::string>{}, "", "BREW", "get", "X-1", "OTHER");
  CHECK(RecordedMethod(method) == "OTHER");
}

TEST_CASE("a method that is malformed, shows the credential or opens a tunnel is not usable",
          "[policy][method]") {
  struct Row {
    std::string method;
    bool usable;
  };
  const Row row = GENERATE(values<Row>({{"BREW", true},
                                        {"M-SEARCH", true},
                                        {"", false},
                                        {"get", false},
                                        {"GeT", false},
                                        {"GET ", false},
                                        {"GET1", false},
                                        {"TRACE", false},
                                        {"TRACK", false},
                                        {"CONNECT", false},
                                        {std::string(32, 'A'), true},
                                        {std::string(33, 'A'), false}}));
  INFO(row.method);
  CHECK(IsUsableMethod(row.method) == row.usable);
}

TEST_CASE("a policy cannot name a method that is not known", "[policy][method]") {
  const std::string method =
      GENERATE(as<std::string>{}, "", "get", "Get", "BREW", "GET ", "*", "TRACE", "CONNECT");
  const absl::Status status = CheckNamedMethod(method, "allow[0].methods[2]");
  REQUIRE(ReasonOf(status) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("allow[0].methods[2] "));
}

}  // namespace
}  // namespace leasehold
