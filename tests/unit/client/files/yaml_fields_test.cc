#include "client/files/yaml_fields.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"

namespace leasehold {
namespace {

YamlNode Parse(const std::string& text) {
  auto root = ParseYaml(text);
  REQUIRE(root.ok());
  return *std::move(root);
}

TEST_CASE("a key that nobody asked for is an error where it stands", "[files][yaml]") {
  const YamlNode root = Parse("a: 1\nb: 2\n");
  auto fields = YamlFields::Open(root, "policy");
  REQUIRE(fields.ok());
  CHECK(fields->Find("a")->text == "1");
  CHECK(fields->Find("c") == nullptr);
  CHECK(fields->Finish().message() == "2:1: policy has no key `b`; its keys are a, c");
  CHECK(fields->Find("b")->text == "2");
  CHECK(fields->Finish().ok());
}

TEST_CASE("a required key that is absent is an error at the map", "[files][yaml]") {
  const YamlNode root = Parse("\n  a: 1\n");
  auto fields = YamlFields::Open(root, "policy");
  REQUIRE(fields.ok());
  CHECK((*fields->Require("a"))->text == "1");
  CHECK(fields->Require("name").status().message() == "2:3: policy has no `name`");
}

TEST_CASE("a section that is not enforced is an error where it stands", "[files][yaml]") {
  const YamlNode root = Parse("a: 1\nlimits: []\n");
  const auto fields = YamlFields::Open(root, "policy");
  REQUIRE(fields.ok());
  const std::string_view keys[] = {"approval", "limits"};
  CHECK(fields->RefuseUnenforced(keys).message() ==
        "2:1: `limits` is not enforced by this version, so it is refused rather than ignored");
  CHECK(fields->RefuseUnenforced(std::span(keys).first(1)).ok());
}

TEST_CASE("a value of another type is an error with the key", "[files][yaml]") {
  const YamlNode scalar = Parse("x");
  const YamlNode null = Parse("~");
  const YamlNode list = Parse("[x, 1]");
  const YamlNode map = Parse("{a: 1}");
  CHECK(YamlText(scalar, "k").value() == "x");
  CHECK(YamlText(null, "k").status().message() == "1:1: k has no value");
  CHECK(YamlText(list, "k").status().message() == "1:1: k is a list or map; write one value");
  CHECK(YamlText(map, "k").status().message() == "1:1: k is a list or map; write one value");
  CHECK(YamlTexts(list, "k").value() == std::vector<std::string>{"x", "1"});
  CHECK(YamlTexts(scalar, "k").status().message() == "1:1: k is not a list; write [a, b]");
  CHECK(YamlTexts(null, "k").status().message() == "1:1: k is not a list; write [a, b]");
  CHECK_FALSE(YamlTexts(Parse("[]"), "k").ok());
  CHECK(YamlTexts(Parse("[a, ]"), "k").value() == std::vector<std::string>{"a"});
  CHECK(YamlTexts(Parse("[a, ~]"), "k").status().message() == "1:5: an item of k has no value");
  CHECK(YamlTexts(Parse("[[a]]"), "k").status().message() ==
        "1:2: an item of k is a list or map; write one value");
  CHECK_FALSE(YamlFields::Open(list, "policy").ok());
  CHECK_FALSE(YamlFields::Open(null, "policy").ok());
}

TEST_CASE("a duration is read, or the sentence says how to write one", "[files][yaml]") {
  CHECK(YamlDuration(Parse("1h30m"), "ttl").value() == absl::Minutes(90));
  CHECK(YamlDuration(Parse("90"), "ttl").status().message() ==
        "1:1: ttl is not a duration; write for example 90s, 15m, 1h30m or 30d");
}

}  // namespace
}  // namespace leasehold
