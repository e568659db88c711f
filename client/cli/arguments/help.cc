#include "client/cli/arguments/help.h"

#include <algorithm>
#include <utility>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string Placeholder(const Positional& positional) {
  switch (positional.count) {
    case Positional::Count::kOne:
      return positional.name;
    case Positional::Count::kOptional:
      return StrCat("[", positional.name, "]");
    case Positional::Count::kAny:
      return StrCat("[", positional.name, "...]");
    case Positional::Count::kAtLeastOne:
      return StrCat(positional.name, "...");
  }
  return {};
}

std::string FlagText(const Flag& flag) {
  std::string text = flag.letter != 0 ? StrCat("-", flag.letter, ", ") : std::string("    ");
  StrAppend(&text, "--", flag.name);
  if (!flag.value.empty()) StrAppend(&text, " ", flag.value);
  return text;
}

std::string FlagHelp(const Flag& flag) {
  return StrCat(flag.help, flag.repeats ? " (repeats)" : "", flag.required ? " (required)" : "");
}

// A titled list in two columns; nothing where it is empty. A left side that is much longer than
// the others stands on a line of its own.
void AppendSection(std::string* out, std::string_view title, const Lines& lines) {
  constexpr size_t kLeftMax = 28;
  if (lines.empty()) return;
  size_t width = 0;
  for (const auto& line : lines) {
    if (line.first.size() <= kLeftMax) width = std::max(width, line.first.size());
  }
  StrAppend(out, "\n", title, ":\n");
  for (const auto& [left, right] : lines) {
    StrAppend(out, "  ", left);
    if (left.size() > width) {
      StrAppend(out, "\n  ", std::string(width, ' '));
    } else {
      out->append(width - left.size(), ' ');
    }
    StrAppend(out, "  ", right, "\n");
  }
}

std::string UsageLine(const std::vector<const Command*>& path) {
  const Command& command = *path.back();
  std::string line = "usage:";
  for (const Command* word : path) StrAppend(&line, " ", word->name);
  if (!command.run) return StrCat(line, " COMMAND\n");
  for (const Positional& positional : command.positionals) {
    StrAppend(&line, " ", Placeholder(positional));
  }
  for (const Flag& flag : command.flags) {
    if (flag.required) StrAppend(&line, " --", flag.name, " ", flag.value);
  }
  return StrCat(line, " [flags]\n");
}

}  // namespace

std::string HelpText(const std::vector<const Command*>& path) {
  const Command& command = *path.back();
  std::string out = UsageLine(path);
  StrAppend(&out, "\n", command.summary, "\n");
  if (!command.details.empty()) StrAppend(&out, "\n", command.details, "\n");

  Lines lines;
  for (const Command& sub : command.commands) lines.emplace_back(sub.name, sub.summary);
  AppendSection(&out, "commands", lines);
  lines.clear();
  for (const Positional& positional : command.positionals) {
    lines.emplace_back(Placeholder(positional), positional.help);
  }
  AppendSection(&out, "arguments", lines);
  lines.clear();
  if (path.size() > 1) {
    for (const Flag& flag : command.flags) lines.emplace_back(FlagText(flag), FlagHelp(flag));
  }
  AppendSection(&out, "flags", lines);
  lines.clear();
  for (const Flag& flag : path.front()->flags) lines.emplace_back(FlagText(flag), flag.help);
  lines.emplace_back("-h, --help", "say this and do nothing");
  AppendSection(&out, "flags of every command", lines);

  if (!command.examples.empty()) StrAppend(&out, "\nexamples:\n");
  for (const std::string& example : command.examples) StrAppend(&out, "  ", example, "\n");
  return out;
}

}  // namespace leasehold
