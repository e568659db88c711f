#include "client/cli/terminal/json_value.h"

#include <catch2/catch.hpp>

namespace leasehold {
namespace {

Json Sample() {
  Json inner = Json::Object();
  inner.Set("zero", 0).Set("none", Json()).Set("empty", Json::Array());
  Json list = Json::Array();
  list.Append("plain").Append(inner).Append(Json::Object());
  Json sample = Json::Object();
  sample.Set("name", "leases/00-1").Set("usable", true).Set("count", uint64_t{9007199254740991});
  sample.Set("items", list);
  return sample;
}

TEST_CASE("JSON keeps order, numbers and nesting") {
  CHECK(Sample().ToJson() == R"({
  "name": "leases/00-1",
  "usable": true,
  "count": 9007199254740991,
  "items": [
    "plain",
    {
      "zero": 0,
      "none": null,
      "empty": []
    },
    {}
  ]
}
)");
}

TEST_CASE("YAML says the same in block style") {
  CHECK(Sample().ToYaml() == R"(name: leases/00-1
usable: true
count: 9007199254740991
items:
- plain
- zero: 0
  none: null
  empty: []
- {}
)");
}

TEST_CASE("YAML quotes what a reader could take for something else than text") {
  struct Row {
    const char* text;
    const char* yaml;
  };
  const Row rows[] = {
      {"word", "word\n"},
      {"yes", "\"yes\"\n"},
      {"Null", "\"Null\"\n"},
      {"0123", "\"0123\"\n"},
      {"1e3", "\"1e3\"\n"},
      {"-", "\"-\"\n"},
      {"", "\"\"\n"},
      {"a: b", "\"a: b\"\n"},
      {"# no", "\"# no\"\n"},
      {"github/pat", "github/pat\n"},
      {"*x", "\"*x\"\n"},
      {"caf\xc3\xa9", "\"caf\xc3\xa9\"\n"},
      {"2026-01-02T03:04:05Z", "\"2026-01-02T03:04:05Z\"\n"},
  };
  for (const Row& row : rows) CHECK(Json(row.text).ToYaml() == row.yaml);
}

TEST_CASE("strings are escaped as RFC 8259 wants it") {
  CHECK(JsonQuoted("a\"b\\c\nd\te\x01\x7f/\xc3\xa9") ==
        "\"a\\\"b\\\\c\\nd\\u0009e\\u0001\\u007f/\xc3\xa9\"");
}

TEST_CASE("setting a member again replaces it in its place") {
  Json object = Json::Object();
  object.Set("a", 1).Set("b", 2).Set("a", 3);
  CHECK(object.ToYaml() == "a: 3\nb: 2\n");
}

}  // namespace
}  // namespace leasehold
