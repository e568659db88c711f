#include "client/files/policy_places.h"

#include <catch2/catch.hpp>
#include <string>

#include "client/files/policy_file.h"
#include "leasehold/v1/policy.pb.h"

namespace leasehold {
namespace {

constexpr char kFirst[] = R"(version: 1
policies:
- name: a
  subjects: {agents: [bot, "ci/*"]}
  secrets:
  - db/pat
  - git/pat
  allow:
  - {target: github, paths: ["/a", "/b"]}
  - target: mcp
    tools: [{name: get, args: {/owner: {equals: acme}}}]
)";

TEST_CASE("a key of a policy is found where it stands in its file", "[files][policy]") {
  PolicyPlaces places;
  REQUIRE(ParsePolicies(kFirst, "a.yaml", &places).ok());
  REQUIRE(ParsePolicies("version: 1\npolicies: [{name: b, subjects: {groups: [g]}, secrets: [s]}]",
                        "b.yaml", &places)
              .ok());
  struct Row {
    size_t position;
    const char* key;
    const char* expected;
  };
  const Row row = GENERATE(values<Row>({
      {0, "name", "a.yaml:3:9"},
      {0, "subjects.agents[1]", "a.yaml:4:28"},
      {0, "secrets[1]", "a.yaml:7:5"},
      {0, "allow[0].paths[1]", "a.yaml:9:36"},
      {0, "allow[0]", "a.yaml:9:5"},
      {0, "allow[1].tools[0].args[/owner].equals", "a.yaml:11:49"},
      {0, "allow[0].access", "a.yaml:9:5"},  // what is not written: what it would stand in
      {0, "allow[7]", "a.yaml:9:3"},
      {0, "observe_until", "a.yaml:3:3"},
      {0, "allow[x", "a.yaml:9:3"},
      {0, "", "a.yaml:3:3"},
      {1, "subjects.groups[0]", "b.yaml:2:42"},
      {2, "name", ""},
  }));
  CAPTURE(row.position, row.key);
  CHECK(places.Find(row.position, row.key) == row.expected);
}

}  // namespace
}  // namespace leasehold
