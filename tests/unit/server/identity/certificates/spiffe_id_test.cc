#include "server/identity/certificates/spiffe_id.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("a SPIFFE ID is taken as the specification has it, and never repaired", "[identity]") {
  const auto id = SpiffeId::Parse("spiffe://prod.example/ns/CI_1/sa/build-er.2");
  REQUIRE(id.ok());
  CHECK(id->trust_domain == "prod.example");
  CHECK(id->segments == std::vector<std::string>{"ns", "CI_1", "sa", "build-er.2"});
  CHECK(SpiffeId::Parse("spiffe://prod.example")->segments.empty());
  for (const char* bad :
       {"", "prod.example/a", "https://prod.example/a", "SPIFFE://prod.example/a", "spiffe:///a",
        "spiffe://Prod.example/a", "spiffe://prod.example:443/a", "spiffe://u@prod.example/a",
        "spiffe://prod.example/", "spiffe://prod.example//a", "spiffe://prod.example/a/",
        "spiffe://prod.example/a/../b", "spiffe://prod.example/./b", "spiffe://prod.example/a%2Fb",
        "spiffe://prod.example/a?x", "spiffe://prod.example/a#x", "spiffe://prod.example/a b",
        "spiffe://pr\xC3\xB6"
        "d.example/a",
        "spiffe://prod.example/\xC3\xB6"}) {
    INFO(bad);
    CHECK(ReasonOf(SpiffeId::Parse(bad).status()) == Reason::kCertificateRejected);
  }
}

TEST_CASE("a pattern matches whole segments and captures them", "[identity]") {
  struct Row {
    const char* pattern;
    std::vector<std::string> segments;
    bool matches;
  };
  const Row rows[] = {
      {"/a", {"a"}, true},
      {"/a", {"b"}, false},
      {"/a", {"a", "b"}, false},
      {"/a", {}, false},
      {"/*", {"a"}, true},
      {"/*", {}, false},
      {"/*", {"a", "b"}, false},
      {"/a/**", {"a"}, true},
      {"/a/**", {"a", "b", "c"}, true},
      {"/a/**", {"b", "b"}, false},
      {"/**", {}, true},
      {"/**", {"x"}, true},
      {"/a/{n}", {"a", "b"}, true},
      {"/a/{n}", {"a"}, false},
      {"/a/{n}/**", {"a"}, false},
      {"/ab", {"a"}, false},
      {"/a", {"ab"}, false},
      {"/A", {"a"}, false},
  };
  for (const Row& row : rows) {
    INFO(row.pattern);
    const auto pattern = SpiffePattern::Parse(row.pattern);
    REQUIRE(pattern.ok());
    CHECK(pattern->Match(row.segments).has_value() == row.matches);
  }
  const auto captures = SpiffePattern::Parse("/ns/{ns}/sa/{name}")->Match({"ns", "ci", "sa", "b"});
  REQUIRE(captures.has_value());
  CHECK(*captures == SpiffePattern::Captures{{"name", "b"}, {"ns", "ci"}});
  for (const char* bad : {"", "a", "/a/", "//", "/**/a", "/a*", "/{", "/{}", "/{a", "/{a}/{a}",
                          "/a b", "spiffe://x/a", "/.."}) {
    INFO(bad);
    CHECK(ReasonOf(SpiffePattern::Parse(bad).status()) == Reason::kInvalidArgument);
  }
}

}  // namespace
}  // namespace leasehold
