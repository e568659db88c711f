#include "client/files/policy_sections_file.h"

#include <cstdint>
#include <limits>
#include <string>

#include "absl/time/time.h"
#include "client/files/policy_words.h"
#include "client/files/yaml_message.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr uint64_t kCountMax = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kUsesMax = std::numeric_limits<int64_t>::max();

absl::Status ReadWindow(const YamlNode& node, v1::TimeWindow* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "an item of when"));
  RETURN_IF_ERROR(ReadTexts(&fields, "days", out->mutable_days()));
  RETURN_IF_ERROR(ReadText(&fields, "start", out->mutable_start()));
  RETURN_IF_ERROR(ReadText(&fields, "end", out->mutable_end()));
  ASSIGN_OR_RETURN(const YamlNode* zone, fields.Require("zone"));
  ASSIGN_OR_RETURN(*out->mutable_zone(), YamlText(*zone, "zone"));
  return fields.Finish();
}

absl::Status ReadLimit(const YamlNode& node, v1::Limit* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "an item of limits"));
  for (const std::string_view key : {"by", "max", "per"}) {
    RETURN_IF_ERROR(fields.Require(key).status());
  }
  v1::Limit::By by = v1::Limit::BY_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(&fields, "by", kLimitByWords, &by));
  out->set_by(by);
  uint64_t max = 0;
  RETURN_IF_ERROR(ReadCount(&fields, "max", kUsesMax, &max));
  out->set_max(max);
  RETURN_IF_ERROR(ReadDuration(&fields, "per", [out] { return out->mutable_per(); }));
  return fields.Finish();
}

absl::Status ReadArgument(const YamlNode& node, v1::ArgumentRule* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "a condition of args"));
  RETURN_IF_ERROR(ReadText(&fields, "equals", out->mutable_equals()));
  RETURN_IF_ERROR(ReadTexts(&fields, "one_of", out->mutable_one_of()));
  RETURN_IF_ERROR(ReadText(&fields, "prefix", out->mutable_prefix()));
  RETURN_IF_ERROR(ReadText(&fields, "matches", out->mutable_matches()));
  return fields.Finish();
}

absl::Status ReadTool(const YamlNode& node, v1::ToolRule* out) {
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(node, "an item of tools"));
  ASSIGN_OR_RETURN(const YamlNode* name, fields.Require("name"));
  ASSIGN_OR_RETURN(*out->mutable_name(), YamlText(*name, "name"));
  const YamlNode* args = fields.Find("args");
  RETURN_IF_ERROR(fields.Finish());
  if (args == nullptr) return absl::OkStatus();
  if (args->kind != YamlNode::Kind::kMap) {
    return YamlErrorAt(*args, "args is not a map; write for example {/owner: {equals: acme}}");
  }
  for (const YamlEntry& entry : args->entries) {
    RETURN_IF_ERROR(ReadArgument(entry.value, &(*out->mutable_args())[entry.key.text]));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadMode(YamlFields* fields, v1::Policy* out) {
  v1::Mode mode = v1::MODE_UNSPECIFIED;
  RETURN_IF_ERROR(ReadWord(fields, "mode", kModeWords, &mode));
  out->set_mode(mode);
  const YamlNode* node = fields->Find("observe_until");
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, YamlText(*node, "observe_until"));
  absl::Time until;
  std::string ignored;
  // Years beyond are no Timestamp.
  if (!absl::ParseTime(absl::RFC3339_full, text, &until, &ignored) || until < absl::UnixEpoch() ||
      until >= absl::FromUnixSeconds(253'402'300'800)) {
    return YamlErrorAt(*node, StrCat("observe_until is ", YamlQuoted(text),
                                     "; write a time such as 2030-12-31T23:59:59Z"));
  }
  const int64_t seconds = absl::ToUnixSeconds(until);
  out->mutable_observe_until()->set_seconds(seconds);
  out->mutable_observe_until()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(until - absl::FromUnixSeconds(seconds))));
  return absl::OkStatus();
}

absl::Status ReadWhen(YamlFields* fields, v1::Policy* out) {
  return ReadItems(fields, "when", "write one window an item",
                   [out](const YamlNode& item) { return ReadWindow(item, out->add_when()); });
}

absl::Status ReadApproval(YamlFields* policy, v1::Policy* out) {
  const YamlNode* node = policy->Find("approval");
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(*node, "approval"));
  v1::ApprovalTerms* terms = out->mutable_approval();
  uint64_t count = 0;
  RETURN_IF_ERROR(ReadCount(&fields, "approvers", kCountMax, &count));
  terms->set_approvers(static_cast<uint32_t>(count));
  ASSIGN_OR_RETURN(const YamlNode* group, fields.Require("group"));
  ASSIGN_OR_RETURN(*terms->mutable_group(), YamlText(*group, "group"));
  RETURN_IF_ERROR(
      ReadDuration(&fields, "valid_for", [terms] { return terms->mutable_valid_for(); }));
  count = 0;
  RETURN_IF_ERROR(ReadCount(&fields, "uses", kCountMax, &count));
  terms->set_uses(static_cast<uint32_t>(count));
  RETURN_IF_ERROR(ReadDuration(&fields, "expires", [terms] { return terms->mutable_expires(); }));
  return fields.Finish();
}

absl::Status ReadLimits(YamlFields* fields, v1::Policy* out) {
  return ReadItems(fields, "limits", "write one limit an item",
                   [out](const YamlNode& item) { return ReadLimit(item, out->add_limits()); });
}

absl::Status ReadOnBehalfOf(YamlFields* subjects, v1::Subjects* out) {
  const YamlNode* node = subjects->Find("on_behalf_of");
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(YamlFields fields, YamlFields::Open(*node, "on_behalf_of"));
  v1::OnBehalfOf* users = out->mutable_on_behalf_of();
  RETURN_IF_ERROR(ReadTexts(&fields, "users", users->mutable_users()));
  RETURN_IF_ERROR(ReadTexts(&fields, "groups", users->mutable_groups()));
  return fields.Finish();
}

absl::Status ReadTools(YamlFields* fields, v1::AllowRule* out) {
  return ReadItems(fields, "tools", "write one tool an item",
                   [out](const YamlNode& item) { return ReadTool(item, out->add_tools()); });
}

}  // namespace leasehold
