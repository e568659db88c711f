#include "client/cli/arguments/parser.h"

#include <utility>

#include "client/cli/arguments/near_name.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string PathText(const std::vector<const Command*>& path) {
  std::string text;
  for (const Command* command : path) {
    if (!text.empty()) text.push_back(' ');
    text.append(command->name);
  }
  return text;
}

const Command* FindCommand(const Command& parent, std::string_view name) {
  for (const Command& command : parent.commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

// The hint that `command` has for this word or flag; empty where it has none.
std::string_view InsteadHint(const Command& command, std::string_view typed) {
  for (const Instead& instead : command.instead) {
    if (instead.typed == typed) return instead.hint;
  }
  return {};
}

}  // namespace

class ArgumentParser {
 public:
  ArgumentParser(const Command& root, const std::vector<std::string>& words) : words_(words) {
    parsed_.path.push_back(&root);
  }

  absl::StatusOr<Parsed> Run() {
    while (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      if (!flags_ended_ && word == "--") {
        flags_ended_ = true;
      } else if (!flags_ended_ && word.starts_with("--")) {
        RETURN_IF_ERROR(TakeLongFlag(std::string_view(word).substr(2)));
      } else if (!flags_ended_ && word.size() > 1 && word.starts_with('-')) {
        RETURN_IF_ERROR(TakeLetters(std::string_view(word).substr(1)));
      } else {
        RETURN_IF_ERROR(TakeWord(word));
      }
    }
    if (!parsed_.help) RETURN_IF_ERROR(CheckComplete());
    return std::move(parsed_);
  }

 private:
  const Command& current() const { return *parsed_.path.back(); }

  std::string HelpHint() const { return StrCat("see `", PathText(parsed_.path), " --help`"); }

  std::string SurplusHint() const {
    return current().surplus_hint.empty() ? HelpHint() : current().surplus_hint;
  }

  // A flag of any command on the way here, so that those of the root may stand anywhere.
  template <typename Predicate>
  const Flag* FindFlag(Predicate matches) const {
    for (auto command = parsed_.path.rbegin(); command != parsed_.path.rend(); ++command) {
      for (const Flag& flag : (*command)->flags) {
        if (matches(flag)) return &flag;
      }
    }
    return nullptr;
  }

  absl::Status TakeLongFlag(std::string_view text) {
    const size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = std::string(text.substr(equals + 1));
    if (name == "help" && !value.has_value()) {
      parsed_.help = true;
      return absl::OkStatus();
    }
    const Flag* flag = FindFlag([name](const Flag& f) { return f.name == name; });
    if (flag == nullptr) return UnknownFlag(name);
    return TakeFlag(*flag, std::move(value));
  }

  // "-o json", "-ojson", "-h".
  absl::Status TakeLetters(std::string_view text) {
    const char letter = text.front();
    if (text == "h") {
      parsed_.help = true;
      return absl::OkStatus();
    }
    const Flag* flag = FindFlag([letter](const Flag& f) { return f.letter == letter; });
    if (flag == nullptr && current().surplus_is_secret) {
      return UsageError(StrCat("`", PathText(parsed_.path), "` has no such flag"), SurplusHint());
    }
    if (flag == nullptr) {
      return UsageError(StrCat("`", PathText(parsed_.path), "` has no flag '-", letter, "'"),
                        HelpHint());
    }
    if (text.size() == 1) return TakeFlag(*flag, std::nullopt);
    if (flag->value.empty()) {
      return UsageError(StrCat("'-", text, "' is not understood"), "write short flags apart");
    }
    const std::string_view rest = text.substr(1);
    return TakeFlag(*flag, std::string(rest.substr(rest.front() == '=' ? 1 : 0)));
  }

  absl::Status TakeFlag(const Flag& flag, std::optional<std::string> value) {
    std::vector<std::string>& values = parsed_.arguments.flags_[flag.name];
    if (flag.value.empty()) {
      if (value.has_value()) {
        return UsageError(StrCat("--", flag.name, " takes no value"), HelpHint());
      }
      values.assign(1, "");
      return absl::OkStatus();
    }
    if (!value.has_value()) {
      if (next_ == words_.size()) {
        return UsageError(StrCat("--", flag.name, " needs a value"),
                          StrCat("--", flag.name, " ", flag.value, ": ", flag.help));
      }
      value = words_[next_++];
    }
    if (!flag.repeats && !values.empty()) {
      return UsageError(StrCat("--", flag.name, " is given twice"),
                        "it takes one value; which one is meant?");
    }
    values.push_back(*std::move(value));
    return absl::OkStatus();
  }

  absl::Status UnknownFlag(std::string_view name) const {
    std::vector<std::string> names = {"--help"};
    for (const Command* command : parsed_.path) {
      for (const Flag& flag : command->flags) names.push_back("--" + flag.name);
    }
    const std::string typed = StrCat("--", name);
    const std::string_view instead = InsteadHint(current(), typed);
    // A value may begin with dashes too; what is nearly a flag is none.
    if (current().surplus_is_secret && instead.empty() && NearName(typed, names).empty()) {
      return UsageError(StrCat("`", PathText(parsed_.path), "` has no such flag"), SurplusHint());
    }
    return UsageError(
        StrCat("`", PathText(parsed_.path), "` has no flag '", typed, "'"),
        instead.empty() ? NearNameHint(typed, names, HelpHint()) : std::string(instead));
  }

  absl::Status TakeWord(const std::string& word) {
    if (parsed_.arguments.positionals_.empty() && !flags_ended_) {
      if (const Command* command = FindCommand(current(), word)) {
        parsed_.path.push_back(command);
        return absl::OkStatus();
      }
      if (word == "help" && parsed_.path.size() == 1) {
        parsed_.help = true;
        return absl::OkStatus();
      }
    }
    if (!current().run) return UnknownCommand(word);
    if (parsed_.arguments.positionals_.size() == PositionalsMax()) {
      const std::string what =
          current().surplus_is_secret ? "one of the arguments" : StrCat("'", word, "'");
      return UsageError(
          StrCat("`", PathText(parsed_.path), "` does not know what ", what, " is for"),
          SurplusHint());
    }
    parsed_.arguments.positionals_.push_back(word);
    return absl::OkStatus();
  }

  absl::Status UnknownCommand(std::string_view word) const {
    std::vector<std::string> names;
    for (const Command& command : current().commands) names.push_back(command.name);
    const std::string_view instead = InsteadHint(current(), word);
    return UsageError(
        StrCat("`", PathText(parsed_.path), "` has no command '", word, "'"),
        instead.empty() ? NearNameHint(word, names, HelpHint()) : std::string(instead));
  }

  size_t PositionalsMax() const {
    size_t max = 0;
    for (const Positional& positional : current().positionals) {
      if (positional.count == Positional::Count::kAny ||
          positional.count == Positional::Count::kAtLeastOne) {
        return SIZE_MAX;
      }
      ++max;
    }
    return max;
  }

  absl::Status CheckComplete() const {
    if (!current().run) {
      return UsageError(StrCat("`", PathText(parsed_.path), "` needs a command"), HelpHint());
    }
    size_t needed = 0;
    for (const Positional& positional : current().positionals) {
      const bool wanted = positional.count == Positional::Count::kOne ||
                          positional.count == Positional::Count::kAtLeastOne;
      if (wanted && ++needed > parsed_.arguments.positionals_.size()) {
        return UsageError(StrCat("`", PathText(parsed_.path), "` needs ", positional.name),
                          HelpHint());
      }
    }
    for (const Flag& flag : current().flags) {
      if (flag.required && !parsed_.arguments.Has(flag.name)) {
        return UsageError(StrCat("`", PathText(parsed_.path), "` needs --", flag.name),
                          StrCat("--", flag.name, " ", flag.value, ": ", flag.help));
      }
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>& words_;
  size_t next_ = 0;
  bool flags_ended_ = false;
  Parsed parsed_;
};

bool Arguments::Has(std::string_view flag) const { return flags_.contains(std::string(flag)); }

std::optional<std::string> Arguments::Get(std::string_view flag) const {
  const std::vector<std::string>& values = All(flag);
  if (values.empty()) return std::nullopt;
  return values.back();
}

const std::vector<std::string>& Arguments::All(std::string_view flag) const {
  static const auto* const kNone = new std::vector<std::string>();
  const auto found = flags_.find(std::string(flag));
  return found == flags_.end() ? *kNone : found->second;
}

absl::StatusOr<Parsed> Parse(const Command& root, const std::vector<std::string>& arguments) {
  return ArgumentParser(root, arguments).Run();
}

}  // namespace leasehold
