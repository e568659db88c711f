#include "client/cli/reference.h"

#include <catch2/catch.hpp>

#include "client/cli/resource.h"
#include "client/cli/terminal/cli_error.h"

namespace leasehold {
namespace {

TEST_CASE("a reference names secret, version and field") {
  struct Row {
    const char* text;
    const char* resource;
    const char* field;
  };
  const Row rows[] = {
      {"leasehold://github/pat", "secrets/github/pat", ""},
      {"leasehold://github/pat?version=3", "secrets/github/pat/versions/3", ""},
      {"leasehold://github/pat#user", "secrets/github/pat", "user"},
      {"leasehold://a?version=18446744073709551615#b.c", "secrets/a/versions/18446744073709551615",
       "b.c"},
      {"github/pat", "secrets/github/pat", ""},
      {"secrets/github/pat", "secrets/github/pat", ""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto reference = ParseReference(row.text);
    REQUIRE(reference.ok());
    CHECK(reference->resource() == row.resource);
    CHECK(reference->field == row.field);
  }
}

TEST_CASE("what is no reference is a usage error") {
  for (const char* text :
       {"", "leasehold://", "leasehold://?version=1", "leasehold://a?version=0",
        "leasehold://a?version=", "leasehold://a?version=-1", "leasehold://a?v=1", "leasehold://a#",
        "leasehold://a#b/c#", "leasehold://A", "https://a", "leasehold://a//b",
        "leasehold://a?version=1?version=2", "leasehold://a#x?version=1"}) {
    INFO(text);
    const auto reference = ParseReference(text);
    REQUIRE_FALSE(reference.ok());
    CHECK(ExitStatusOf(reference.status()) == ExitStatus::kUsage);
  }
}

TEST_CASE("names may be typed with or without their collection") {
  CHECK(*ResourceName("agents/", "bot") == "agents/bot");
  CHECK(*ResourceName("agents/", "agents/bot") == "agents/bot");
  CHECK(*ResourceName("secrets/", "agents/bot") == "secrets/agents/bot");
  CHECK_FALSE(ResourceName("agents/", "Bot").ok());
  CHECK_FALSE(ResourceName("agents/", "").ok());
  CHECK_FALSE(ResourceName("agents/", "agents/").ok());
  CHECK(ShortName("secrets/github/pat") == "github/pat");
  CHECK(ShortName("reveal") == "reveal");
  CHECK(LeaseName("0011223344556677-1") == "leases/0011223344556677-1");
  CHECK(LeaseName("leases/0011223344556677-1") == "leases/0011223344556677-1");
}

}  // namespace
}  // namespace leasehold
