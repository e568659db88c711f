#include "client/cli/arguments/parser.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "client/cli/terminal/cli_error.h"

namespace leasehold {
namespace {

using Words = std::vector<std::string>;

Command Tree() {
  const auto run = [](Session&) -> absl::StatusOr<ExitStatus> { return ExitStatus::kOk; };
  return {
      .name = "tool",
      .flags = {{.name = "output", .value = "FORMAT", .letter = 'o'}, {.name = "loud"}},
      .commands = {{.name = "thing",
                    .instead = {{.typed = "get", .hint = "use put"}},
                    .commands = {{.name = "put",
                                  .positionals = {{.name = "NAME"}},
                                  .flags = {{.name = "label", .value = "K=V", .repeats = true},
                                            {.name = "why", .value = "TEXT", .required = true}},
                                  .run = run}}},
                   {.name = "stop",
                    .positionals = {{.name = "LEASE", .count = Positional::Count::kAny}},
                    .flags = {{.name = "agent", .value = "NAME", .repeats = true}},
                    .run = run},
                   {.name = "keep",
                    .positionals = {{.name = "NAME"}},
                    .flags = {{.name = "file", .value = "FILE"}},
                    .run = run,
                    .instead = {{.typed = "--value", .hint = "never"}},
                    .surplus_hint = "from a file",
                    .surplus_is_secret = true},
                   {.name = "token",
                    .positionals = {{.name = "NAME", .count = Positional::Count::kOptional}},
                    .run = run,
                    .commands = {{.name = "revoke", .positionals = {{.name = "T"}}, .run = run}}}},
  };
}

TEST_CASE("flags may stand anywhere and in every spelling") {
  const Command tree = Tree();
  const Words lines[] = {
      {"-o", "json", "thing", "put", "a", "--why", "x"},
      {"thing", "-ojson", "put", "--why=x", "a"},
      {"thing", "put", "a", "--why", "x", "--output=json"},
      {"thing", "put", "--output", "json", "--why", "x", "--", "a"},
      {"thing", "put", "a", "-o=json", "--why", "x"},
  };
  for (const Words& line : lines) {
    const auto parsed = Parse(tree, line);
    REQUIRE(parsed.ok());
    CHECK(parsed->path.back()->name == "put");
    CHECK(parsed->arguments.Get("output") == "json");
    CHECK(parsed->arguments.Get("why") == "x");
    CHECK(parsed->arguments.positionals() == Words{"a"});
    CHECK_FALSE(parsed->arguments.Has("loud"));
  }
}

TEST_CASE("a flag that repeats keeps every value in order") {
  const Command tree = Tree();
  const auto parsed = Parse(tree, {"stop", "--agent", "a", "l1", "--agent=b", "l2"});
  REQUIRE(parsed.ok());
  CHECK(parsed->arguments.All("agent") == Words{"a", "b"});
  CHECK(parsed->arguments.positionals() == Words{"l1", "l2"});
}

TEST_CASE("a value may look like a flag") {
  const Command tree = Tree();
  const auto parsed = Parse(tree, {"thing", "put", "a", "--why", "--label"});
  REQUIRE(parsed.ok());
  CHECK(parsed->arguments.Get("why") == "--label");
  CHECK(Parse(tree, {"thing", "put", "a", "--why="})->arguments.Get("why") == "");
}

TEST_CASE("a word that can be a command or an argument is the command") {
  const Command tree = Tree();
  CHECK(Parse(tree, {"token", "revoke", "t"})->path.back()->name == "revoke");
  CHECK(Parse(tree, {"token", "bot"})->arguments.positionals() == Words{"bot"});
  // Behind "--" it is an argument in any case.
  CHECK(Parse(tree, {"token", "--", "revoke"})->arguments.positionals() == Words{"revoke"});
}

TEST_CASE("with --help nothing else has to be complete") {
  const Command tree = Tree();
  for (const Words& line :
       {Words{"thing", "--help"}, Words{"thing", "put", "-h"}, Words{"help"}, Words{"-h"}}) {
    const auto parsed = Parse(tree, line);
    REQUIRE(parsed.ok());
    CHECK(parsed->help);
  }
}

TEST_CASE("what makes no sense is a usage error that quotes it and says what to do") {
  struct Row {
    Words line;
    std::string message;
    std::string hint;
  };
  const Row rows[] = {
      {{"thnig"}, "`tool` has no command 'thnig'", "did you mean 'thing'?"},
      {{"xyzzy"}, "`tool` has no command 'xyzzy'", "see `tool --help`"},
      {{"thing"}, "`tool thing` needs a command", "see `tool thing --help`"},
      {{"thing", "put"}, "`tool thing put` needs NAME", "see `tool thing put --help`"},
      {{"thing", "put", "a"}, "`tool thing put` needs --why", "--why TEXT: "},
      {{"thing", "put", "a", "b", "--why", "x"},
       "`tool thing put` does not know what 'b' is for",
       "see `tool thing put --help`"},
      {{"thing", "put", "a", "--lable", "x"},
       "`tool thing put` has no flag '--lable'",
       "did you mean '--label'?"},
      {{"thing", "put", "a", "--why"}, "--why needs a value", "--why TEXT: "},
      {{"thing", "put", "a", "--why", "x", "--why", "y"},
       "--why is given twice",
       "it takes one value; which one is meant?"},
      {{"thing", "put", "a", "--loud=1", "--why", "x"},
       "--loud takes no value",
       "see `tool thing put --help`"},
      {{"stop", "-x"}, "`tool stop` has no flag '-x'", "see `tool stop --help`"},
      // What may be a value is not repeated; what is nearly a flag is none.
      {{"keep", "a", "hunter2"},
       "`tool keep` does not know what one of the arguments is for",
       "from a file"},
      {{"keep", "a", "--value", "hunter2"}, "`tool keep` has no flag '--value'", "never"},
      {{"keep", "a", "--value=hunter2"}, "`tool keep` has no flag '--value'", "never"},
      {{"keep", "a", "--hunter2"}, "`tool keep` has no such flag", "from a file"},
      {{"keep", "a", "-hunter2"}, "`tool keep` has no such flag", "from a file"},
      {{"keep", "a", "--fil", "x"}, "`tool keep` has no flag '--fil'", "did you mean '--file'?"},
      // A word that means another command elsewhere.
      {{"thing", "get"}, "`tool thing` has no command 'get'", "use put"},
      // A flag of a sibling is unknown here.
      {{"stop", "--why", "x"}, "`tool stop` has no flag '--why'", "see `tool stop --help`"},
  };
  const Command tree = Tree();
  for (const Row& row : rows) {
    const auto parsed = Parse(tree, row.line);
    INFO(row.message);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.status().message() == row.message);
    CHECK(HintOf(parsed.status()) == row.hint);
    CHECK(ExitStatusOf(parsed.status()) == ExitStatus::kUsage);
  }
}

}  // namespace
}  // namespace leasehold
