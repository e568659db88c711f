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

TEST_CASE("every value and every lease is a selection of its own") {
  using Texts = std::vector<std::string>;
  CHECK(*Selected({"--agent", "a"}) == Texts{"agents/a"});
  CHECK(*Selected({"--agent", "a", "--agent", "b"}) == Texts{"agents/a", "agents/b"});
  CHECK(*Selected({"--secret", "s/t"}) == Texts{"secrets/s/t"});
  CHECK(*Selected({"--workflow", "workflows/w"}) == Texts{"workflows/w"});
  CHECK(*Selected({"0011223344556677-4", "--agent", "a"}) ==
        Texts{"agents/a", "leases/0011223344556677-4"});
  CHECK(*Selected({"--all"}) == Texts{"every lease"});
}

TEST_CASE("a selection that is empty, mixed or a token is refused") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"--all", "--agent", "a"},
                                                {"--all", "leases/0-1"},
                                                {"lhl_abcdef"},
                                                {"--agent", "a", "--secret", "s"},
                                                {"--agent", "Not Canonical"}}) {
    const auto selected = Selected(words);
    REQUIRE_FALSE(selected.ok());
    CHECK(ExitStatusOf(selected.status()) == ExitStatus::kUsage);
  }
}

}  // namespace
}  // namespace leasehold
