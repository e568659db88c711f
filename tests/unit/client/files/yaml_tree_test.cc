#include "client/files/yaml_tree.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string Repeat(const std::string& piece, size_t times) {
  std::string out;
  out.reserve(piece.size() * times);
  for (size_t i = 0; i < times; ++i) out += piece;
  return out;
}

TEST_CASE("values keep their text and place", "[files][yaml]") {
  const auto root = ParseYaml("a: on\nb:\n- 'x: y'\n- {c: 0x7f, d: }\n");
  REQUIRE(root.ok());
  REQUIRE(root->entries.size() == 2);
  CHECK(root->entries[0].key.text == "a");
  CHECK(root->entries[0].value.text == "on");
  const YamlNode& list = root->entries[1].value;
  REQUIRE(list.kind == YamlNode::Kind::kList);
  CHECK(list.items[0].text == "x: y");
  CHECK(list.items[0].line == 3);
  CHECK(list.items[0].column == 3);
  const YamlNode& map = list.items[1];
  CHECK(map.entries[0].value.text == "0x7f");
  CHECK(map.entries[1].value.kind == YamlNode::Kind::kNull);
}

TEST_CASE("a file that says nothing is null", "[files][yaml]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "\n\n", "# nothing\n", "---\n", "~\n", "...\n", "---\n...\n");
  const auto root = ParseYaml(text);
  REQUIRE(root.ok());
  CHECK(root->kind == YamlNode::Kind::kNull);
}

TEST_CASE("what is not plain data is refused with its place", "[files][yaml]") {
  struct Row {
    const char* why;
    std::string text;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"a key twice", "a: 1\nb: 2\na: 3\n", "3:1: key `a` stands here twice"},
      {"a key twice, quoted once", "{a: 1, \"a\": 2}", "1:8: key `a` stands here twice"},
      {"a long key is cut", StrCat(std::string(70, 'k'), ": 1\n", std::string(70, 'k'), ": 1\n"),
       "kkk...` stands here twice"},
      {"an anchor", "a: &x 1\n", "anchor"},
      {"an anchor on a list", "a: &x [1]\n", "anchor"},
      {"an anchor on a map", "&x a: 1\n", "anchor"},
      {"an alias", "a: *x\n", "1:4: "},
      {"a tag", "a: !!int 1\n", "a tag"},
      {"a local tag", "a: !x [1]\n", "a tag"},
      {"a list as key", "[a]: 1\n", "a key is not a plain word"},
      {"a map as key", "{a: 1}: 1\n", "a key is not a plain word"},
      {"null as key", "~: 1\n", "a key is not a plain word"},
      {"two documents", "a: 1\n---\nb: 2\n", "3:1: a second document"},
      {"a tab that indents", "a:\n\tb: 1\n", "2:1: a tab indents"},
      {"a tab behind blanks", "a:\n  \tb: 1\n", "2:3: a tab indents"},
      {"an open bracket", "a: [1, 2\n", "not YAML"},
      {"an open quote", "a: \"x\n", "not YAML"},
      {"an open quote at the very end", "a: \"x", "not YAML"},
      {"an open single quote", "- 'x\n", "not YAML"},
      {"an open quote after nothing", "a: \"", "not YAML"},
      {"a map in a list's place", "a: 1\n- b\n", "not YAML"},
      {"not UTF-8", "a: \xff\n", "1:4: this is not UTF-8"},
      {"half a character", "a: \xc3", "1:4: this is not UTF-8"},
      {"an overlong slash", "a: \xc0\xaf\n", "not UTF-8"},
      {"an overlong slash of three", "a: \xe0\x80\xaf\n", "not UTF-8"},
      {"a surrogate", "a: \xed\xa0\x80\n", "not UTF-8"},
      {"above Unicode", "a: \xf4\x90\x80\x80\n", "not UTF-8"},
      {"a zero byte", std::string("a: \0b\n", 6), "1:4: this is a control character"},
      {"an escape sequence", "a: \x1b[0m\n", "control character"},
      {"a C1 control character", "a: \xc2\x9b\n", "control character"},
      {"UTF-16", std::string("\xff\xfe\x61\x00", 4), "not UTF-8"},
      {"33 levels", Repeat("[", 33) + Repeat("]", 33), "1:33: this is nested deeper than 32"},
      {"33 levels of maps", Repeat("{a: ", 33) + Repeat("}", 33), "nested deeper than 32"},
      {"brackets without end", std::string(100'000, '['), "nested deeper than 32"},
      {"a million values and one", StrCat("[", Repeat("1,", 1'000'000), "]"),
       "more than 1000000 values"},
      {"more than 4 MiB", std::string(kYamlBytesMax + 1, '#'), "more than 4 MiB"},
  }));
  INFO(row.why);
  const auto root = ParseYaml(row.text);
  REQUIRE(ReasonOf(root.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(root.status().message()), Catch::Contains(row.message));
}

TEST_CASE("32 levels and a tab inside a line are fine", "[files][yaml]") {
  CHECK(ParseYaml(Repeat("[", 32) + Repeat("]", 32)).ok());
  CHECK(ParseYaml("a: 1\t# a comment\n").ok());
  CHECK(ParseYaml("---\na: 1\n...\n").ok());
  CHECK(ParseYaml("a: 1\n...").ok());
  CHECK(ParseYaml("a: caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91\r\nb: 1\r\n").ok());
}

TEST_CASE("any damage to a file gives a tree or a sentence with a place", "[files][yaml]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const std::string good =
      "version: 1\npolicies:\n- name: a\n  subjects: {agents: [\"x/**\", 'y']}\n  lease: {ttl: "
      "15m}\n"
      "  allow:\n  - target: t\n    paths: >-\n      a\n    methods: |\n      b\n";
  const std::string_view pieces = "[]{}:,-#&*!|>'\"%@`? \n\t\r\\~\xc3\xa9";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (size_t edits = 1 + random() % 4; edits > 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = pieces[random() % pieces.size()];
          break;
        case 1:
          text.insert(at, 1 + random() % 3, pieces[random() % pieces.size()]);
          break;
        default:
          text.erase(at, 1 + random() % 8);
      }
      if (text.empty()) text = "a";
    }
    INFO(text);
    const auto root = ParseYaml(text);
    if (root.ok()) continue;
    REQUIRE(ReasonOf(root.status()) == Reason::kInvalidArgument);
    const std::string message(root.status().message());
    REQUIRE(message.find_first_not_of("0123456789") == message.find(':'));
    REQUIRE(message[0] != '0');
  }
}

TEST_CASE("a file's name goes in front of the place", "[files][yaml]") {
  const absl::Status status = InFile("p.yaml", YamlErrorAt(YamlNode(), "wrong"));
  CHECK(status.message() == "p.yaml:1:1: wrong");
  CHECK(ReasonOf(status) == Reason::kInvalidArgument);
  CHECK(InFile("p.yaml", absl::OkStatus()).ok());
}

TEST_CASE("what is quoted for a sentence can be printed", "[files][yaml]") {
  CHECK(YamlQuoted("a b") == "`a b`");
  CHECK(YamlQuoted("a\x1b\xc3\xa9") == "`a???`");
}

}  // namespace
}  // namespace leasehold
