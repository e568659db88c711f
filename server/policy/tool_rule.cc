#include "server/policy/tool_rule.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "leasehold/v1/policy.pb.h"
#include "server/base/glob.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/json_number.h"
#include "server/policy/policy_limits.h"

namespace leasehold {
namespace {

absl::Status Refuse(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
}

absl::StatusOr<std::shared_ptr<const re2::RE2>> CompileExpression(const std::string& text,
                                                                  std::string_view what) {
  if (text.size() > kExpressionBytesMax) {
    return Refuse(
        what, StrCat("has ", text.size(), " bytes; at most ", kExpressionBytesMax, " are allowed"));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionMemoryBytes);
  auto expression = std::make_shared<const re2::RE2>(text, options);
  if (!expression->ok()) {
    return Refuse(what, StrCat("is no RE2 expression: ", expression->error()));
  }
  if (expression->ProgramSize() > kExpressionProgramMax) {
    return Refuse(what, "makes too large a program; count less, for example with a{1,100}");
  }
  return expression;
}

// The text that stands for a value in a comparison, or nullptr where none does. `buffer` may hold
// it.
const std::string* ComparedText(const JsonValue& value, std::string* buffer) {
  switch (value.kind()) {
    case JsonValue::Kind::kString:
      return &value.text();
    case JsonValue::Kind::kNumber:
      *buffer = ShortestNumber(value.text());
      return buffer;
    case JsonValue::Kind::kBool:
      *buffer = value.boolean() ? "true" : "false";
      return buffer;
    default:
      return nullptr;
  }
}

}  // namespace

absl::StatusOr<ArgumentCondition> ArgumentCondition::Compile(std::string_view pointer,
                                                             const v1::ArgumentRule& rule,
                                                             std::string_view what,
                                                             size_t* expressions) {
  ASSIGN_OR_RETURN(JsonPointer parsed, JsonPointer::Parse(pointer, what));
  if (pointer.empty()) return Refuse(what, "is empty; write for example /owner");
  ArgumentCondition condition(std::move(parsed));
  const int set = (rule.equals().empty() ? 0 : 1) + (rule.one_of().empty() ? 0 : 1) +
                  (rule.prefix().empty() ? 0 : 1) + (rule.matches().empty() ? 0 : 1);
  if (set != 1) {
    return Refuse(what, "has not exactly one of equals, one_of, prefix and matches");
  }
  if (static_cast<size_t>(rule.one_of_size()) > kListEntriesMax) {
    return Refuse(what, StrCat("has more than ", kListEntriesMax, " entries in one_of"));
  }
  condition.one_of_.assign(rule.one_of().begin(), rule.one_of().end());
  if (!rule.equals().empty()) condition.one_of_.push_back(rule.equals());
  condition.prefix_ = rule.prefix();
  for (const std::string& text : condition.one_of_) {
    if (text.size() > Text::kBytesMax) return Refuse(what, "has a text of more than 1024 bytes");
  }
  if (condition.prefix_.size() > Text::kBytesMax) {
    return Refuse(what, "has a prefix of more than 1024 bytes");
  }
  if (!rule.matches().empty()) {
    ASSIGN_OR_RETURN(condition.matches_,
                     CompileExpression(rule.matches(), StrCat(what, ".matches")));
    ++*expressions;
  }
  return condition;
}

bool ArgumentCondition::Holds(const ToolArguments& arguments) const {
  const JsonValue* value = pointer_.FindIn(arguments.root());
  if (value == nullptr) return false;
  if (one_of_.empty()) {
    if (!value->is_string()) return false;
    const std::string& text = value->text();
    return matches_ == nullptr ? text.starts_with(prefix_)
                               : re2::RE2::FullMatch({text.data(), text.size()}, *matches_);
  }
  std::string buffer;
  const std::string* text = ComparedText(*value, &buffer);
  return text != nullptr && std::find(one_of_.begin(), one_of_.end(), *text) != one_of_.end();
}

absl::StatusOr<CompiledTool> CompiledTool::Compile(const v1::ToolRule& rule, std::string_view what,
                                                   size_t* expressions) {
  CompiledTool tool;
  ASSIGN_OR_RETURN(const Text name, Text::Parse(rule.name(), StrCat(what, ".name")));
  if (name.value().size() > kToolNameBytesMax) {
    return Refuse(StrCat(what, ".name"), StrCat("has more than ", kToolNameBytesMax, " bytes"));
  }
  tool.name = name.value();
  if (static_cast<size_t>(rule.args_size()) > kToolArgsMax) {
    return Refuse(StrCat(what, ".args"), StrCat("has ", rule.args_size(), " conditions; at most ",
                                                kToolArgsMax, " are allowed"));
  }
  // A map comes in any order; the sentence about the first mistake should not.
  std::vector<std::string_view> pointers;
  for (const auto& [pointer, condition] : rule.args()) pointers.push_back(pointer);
  std::sort(pointers.begin(), pointers.end());
  for (const std::string_view pointer : pointers) {
    // Longer ones are refused, without being shown.
    const std::string key = StrCat(what, ".args[", pointer.substr(0, 64), "]");
    ASSIGN_OR_RETURN(ArgumentCondition condition,
                     ArgumentCondition::Compile(pointer, rule.args().at(std::string(pointer)), key,
                                                expressions));
    tool.args.push_back(std::move(condition));
  }
  return tool;
}

bool CompiledTool::NameMatches(std::string_view tool) const { return GlobMatches(name, tool); }

bool CompiledTool::ArgumentsHold(const ToolArguments* arguments) const {
  if (args.empty()) return true;
  return arguments != nullptr &&
         std::all_of(args.begin(), args.end(), [arguments](const ArgumentCondition& condition) {
           return condition.Holds(*arguments);
         });
}

}  // namespace leasehold
