// What holds for every command of `leasehold`, checked by walking the tree.

#include <catch2/catch.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "client/cli/arguments/help.h"
#include "client/cli/arguments/parser.h"
#include "client/cli/commands.h"
#include "tests/unit/client/cli/run_cli.h"

namespace leasehold {
namespace {

using Path = std::vector<const Command*>;

void Walk(const Path& path, const std::function<void(const Path&)>& visit) {
  visit(path);
  for (const Command& command : path.back()->commands) {
    Path next = path;
    next.push_back(&command);
    Walk(next, visit);
  }
}

std::string Text(const Path& path) {
  std::string text;
  for (const Command* command : path) text += (text.empty() ? "" : " ") + command->name;
  return text;
}

// The words of a shell line. Quotes and the characters that end a command are understood, as far
// as our examples use them; "$(...)" stays one word.
std::vector<std::vector<std::string>> ShellCommands(const std::string& line) {
  std::vector<std::vector<std::string>> commands(1);
  std::string word;
  bool in_word = false;
  const auto end_word = [&] {
    if (in_word) commands.back().push_back(word);
    word.clear();
    in_word = false;
  };
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\'' || c == '"') {
      const size_t end = line.find(c, i + 1);
      REQUIRE(end != std::string::npos);
      word += line.substr(i + 1, end - i - 1);
      in_word = true;
      i = end;
    } else if (c == '|' || c == ';') {
      end_word();
      commands.emplace_back();
    } else if (c == '>' || c == '<') {
      end_word();
      commands.emplace_back();  // The file's name, which is no command of ours.
    } else if (c == ' ') {
      end_word();
    } else {
      if (c == '$' && i + 1 < line.size() && line[i + 1] == '(') {
        const size_t end = line.find(')', i);
        REQUIRE(end != std::string::npos);
        i = end;
      }
      word += c;
      in_word = true;
    }
  }
  end_word();
  return commands;
}

TEST_CASE("every command says what it is, and its examples are commands that parse") {
  const Command root = RootCommand();
  Walk({&root}, [&root](const Path& path) {
    INFO(Text(path));
    const Command& command = *path.back();
    CHECK_FALSE(command.summary.empty());
    CHECK(command.summary.back() != '.');
    CHECK((command.run != nullptr || !command.commands.empty()));
    CHECK_FALSE(command.examples.empty());
    bool mentioned = false;
    for (const std::string& example : command.examples) {
      INFO(example);
      for (std::vector<std::string> words : ShellCommands(example)) {
        // A variable for this one command.
        if (!words.empty() && words[0].starts_with("LEASEHOLD_")) words.erase(words.begin());
        if (words.empty() || words[0] != "leasehold") continue;
        words.erase(words.begin());
        const auto parsed = Parse(root, words);
        INFO(parsed.status());
        REQUIRE(parsed.ok());
        mentioned |= Text(parsed->path).starts_with(Text(path));
      }
    }
    CHECK(mentioned);
  });
}

TEST_CASE("no two flags of a command have the same name or letter") {
  const Command root = RootCommand();
  Walk({&root}, [](const Path& path) {
    INFO(Text(path));
    std::set<std::string> names = {"help"};
    std::set<char> letters = {'h'};
    for (const Command* command : path) {
      for (const Flag& flag : command->flags) {
        INFO(flag.name);
        CHECK(names.insert(flag.name).second);
        if (flag.letter != 0) CHECK(letters.insert(flag.letter).second);
        CHECK_FALSE(flag.help.empty());
        CHECK((!flag.repeats || !flag.value.empty()));
      }
    }
  });
}

TEST_CASE("only the last positional of a command may be left out or repeat") {
  const Command root = RootCommand();
  Walk({&root}, [](const Path& path) {
    INFO(Text(path));
    const auto& positionals = path.back()->positionals;
    for (size_t i = 0; i + 1 < positionals.size(); ++i) {
      CHECK(positionals[i].count == Positional::Count::kOne);
    }
  });
}

TEST_CASE("every help begins with usage, ends with examples and fits 110 columns") {
  const Command root = RootCommand();
  Walk({&root}, [](const Path& path) {
    INFO(Text(path));
    const std::string help = HelpText(path);
    CHECK(help.starts_with("usage: " + Text(path)));
    CHECK(help.ends_with("  " + path.back()->examples.back() + "\n"));
    size_t start = 0;
    const size_t examples = help.find("\nexamples:\n");
    REQUIRE(examples != std::string::npos);
    while (start < examples) {
      const size_t end = help.find('\n', start);
      INFO(help.substr(start, end - start));
      CHECK(end - start <= 110);
      start = end + 1;
    }
  });
}

TEST_CASE("no flag takes a secret's value or a token") {
  // Arguments can be seen by every user of the machine. What does carry secrets comes from files.
  const Command root = RootCommand();
  Walk({&root}, [](const Path& path) {
    for (const Flag& flag : path.back()->flags) {
      INFO(Text(path) << " --" << flag.name);
      CHECK(flag.name != "value");
      CHECK(flag.name != "token");
      CHECK(flag.name != "password");
    }
  });
}

TEST_CASE("help goes to stdout with 0, and without arguments to stderr with 2") {
  const CliRun asked = RunCli({"secret", "put", "--help"});
  CHECK(asked.exit == 0);
  CHECK(asked.out.starts_with("usage: leasehold secret put NAME"));
  CHECK(asked.err.empty());
  const CliRun bare = RunCli({});
  CHECK(bare.exit == 2);
  CHECK(bare.out.empty());
  CHECK(bare.err.starts_with("usage: leasehold COMMAND"));
}

}  // namespace
}  // namespace leasehold
