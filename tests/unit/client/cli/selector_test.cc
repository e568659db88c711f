#include "client/cli/selector.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "client/cli/arguments/parser.h"
#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "leasehold/v1/selector.pb.h"

namespace leasehold {
namespace {

absl::StatusOr<std::vector<std::string>> Selected(std::vector<std::string> words) {
  const Command root = RootCommand();
  words.insert(words.begin(), {"revoke", "--reason", "x"});
  const auto parsed = Parse(root, words);
  REQUIRE(parsed.ok());
  std::istringstream in;
  std::ostringstream out;
  Console console({.in = &in, .out = &out, .err = &out});
  Session session(&parsed->arguments, &console);
  const auto selectors = SelectorsTyped(session);
  if (!selectors.ok()) return selectors.status();
  std::vector<std::string> texts;
  for (const v1::Selector& selector : *selectors) texts.push_back(SelectorText(selector));
  return texts;
}

TEST_CASE("every lease, value, and combination of values is a selection of its own") {
  using Texts = std::vector<std::string>;
  CHECK(*Selected({"--agent", "a"}) == Texts{"agents/a"});
  CHECK(*Selected({"--agent", "a", "--agent", "b"}) == Texts{"agents/a", "agents/b"});
  CHECK(*Selected({"--secret", "s/t"}) == Texts{"secrets/s/t"});
  CHECK(*Selected({"--workflow", "workflows/w"}) == Texts{"workflows/w"});
  CHECK(*Selected({"--secret", "s/t/versions/3"}) == Texts{"secrets/s/t/versions/3"});
  CHECK(*Selected({"--group", "g", "--user", "ann"}) == Texts{"groups/g with user ann"});
  CHECK(*Selected({"--credential", "a/tokens/3", "--credential", "4"}) ==
        Texts{"agents/a/tokens/3", "credentials/4"});
  CHECK(*Selected({"--agent", "a", "--agent", "b", "--secret", "s", "--run", "7"}) ==
        Texts{"agents/a with secrets/s with run 7", "agents/b with secrets/s with run 7"});
  CHECK(*Selected({"0011223344556677-4", "0011223344556677-5"}) ==
        Texts{"leases/0011223344556677-4", "leases/0011223344556677-5"});
  CHECK(*Selected({"--all"}) == Texts{"every lease"});
}

TEST_CASE("a selection that is empty, mixed or a token is refused") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"--all", "--agent", "a"},
                                                {"--all", "leases/0-1"},
                                                {"lhl_abcdef"},
                                                {"0011223344556677-4", "--agent", "a"},
                                                {"--policy", "Not Canonical"},
                                                {"--agent", "Not Canonical"}}) {
    const auto selected = Selected(words);
    REQUIRE_FALSE(selected.ok());
    CHECK(ExitStatusOf(selected.status()) == ExitStatus::kUsage);
  }
}

}  // namespace
}  // namespace leasehold
